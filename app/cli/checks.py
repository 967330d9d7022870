"""`baton checks`: the report card of every verifier of a workflow, by what people said of what it judged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from app import figures
from app.cli import opening
from app.cli.terminal import plain, table
from app.document.frames import graphs
from app.document.problem import ProblemError
from app.document.workflow import Workflow
from app.engine import Engine
from app.executor.journal import JournalError
from app.hindsight.report_card import ReportCard, Share
from app.texts import text


def checks(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    as_json: opening.AsJson = False,
) -> None:
    """How far the checks of a workflow agree with people."""
    workflow = opening.read_workflow(file, as_json=as_json)

    async def main(engine: Engine) -> int:
        try:
            cards = await engine.labelling.cards(workflow)
        except JournalError as error:
            raise ProblemError(error.problem) from error
        if as_json:
            opening.print_json([_object(card) for card in cards.values()])
        else:
            _print(engine, workflow, cards)
        return opening.OK

    raise typer.Exit(opening.run_async(main))


def _print(engine: Engine, workflow: Workflow, cards: Mapping[str, ReportCard]) -> None:
    if not cards:
        typer.echo(text("report_card.empty"))
        return
    nodes = {node.id: node for _, graph in graphs(workflow) for node in graph.nodes.values()}
    title = opening.title_of(engine.registry)
    names = ("step", "agrees", "false_passes", "false_alarms", "not_checked")
    rows = [
        [
            plain(title(nodes[card.node])),
            _share(card.agreed),
            _share(card.false_passes),
            _share(card.false_alarms),
            figures.count(card.not_checked),
        ]
        for card in cards.values()
    ]
    typer.echo(table([text(f"cli.column.{name}") for name in names], rows, right=(4,)))
    earlier = sum(card.earlier for card in cards.values())
    if earlier:
        typer.echo(text("report_card.earlier", n=earlier))
    typer.echo(text("report_card.interval"))


def _share(share: Share) -> str:
    if share.rate is None:
        return "–"
    low, high = figures.percent(share.low), figures.percent(share.high)
    return text("report_card.share", n=share.n, of=share.of, low=low, high=high)


def _object(card: ReportCard) -> dict[str, object]:
    return {
        "step": card.node,
        **{name: _share_object(getattr(card, name)) for name in ("agreed", "false_passes", "false_alarms")},
        "not_checked": card.not_checked,
        "with_earlier_settings": card.earlier,
        "reviews": card.reviews,
        "ratings": card.ratings,
    }


def _share_object(share: Share) -> dict[str, object]:
    return {"n": share.n, "of": share.of, "rate": share.rate, "low": share.low, "high": share.high}
