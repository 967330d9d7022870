"""`baton replay`: rows of a past run once more with the strong model alone, to see what the cheap one saves."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Annotated

import typer

from app import figures
from app.adapters.replaying import Prepared
from app.cli import opening
from app.cli.naming import replayable_run, step_of
from app.cli.recalling import look
from app.cli.terminal import is_person, plain, table
from app.costs.break_even import agreed
from app.document.problem import Problem, ProblemError
from app.engine import Engine
from app.events.run_events import RunPaused
from app.events.run_state import RunState
from app.executor.journal import JournalError
from app.executor.recalled import steps_of
from app.executor.run_request import RunRequest
from app.hindsight.replay import SAMPLE, Replayed
from app.texts import text


def replay(
    run: Annotated[str, typer.Argument(metavar="RUN|last")],
    node: Annotated[str, typer.Argument(metavar="NODE")],
    sample: Annotated[int, typer.Option(min=1, max=1000, metavar="N")] = SAMPLE,
    go: Annotated[bool, typer.Option("--yes")] = False,
    as_json: opening.AsJson = False,
) -> None:
    """Rows once more with the strong model alone."""

    async def main(engine: Engine) -> int:
        try:
            return await _replay(
                engine, await replayable_run(engine, run), node, sample, go=go, as_json=as_json
            )
        except JournalError as error:
            raise ProblemError(error.problem) from error

    raise typer.Exit(opening.run_async(main))


async def _replay(engine: Engine, run: str, node: str, sample: int, *, go: bool, as_json: bool) -> int:
    head, _, _ = await look(engine, run)
    title, steps = opening.title_of(engine.registry), steps_of(head)
    step = steps[step_of(steps, node, title)]
    name = text("cli.replay.workflow", step=title(step))
    prepared = await engine.replays.prepare(run, step.id, sample, name)
    words = text(
        "cli.replay.most",
        n=len(prepared.replay.rows),
        model=plain(prepared.model),
        most=figures.money(prepared.at_most),
    )
    typer.echo(words, err=True)
    if not go and not _agreed_to():
        return opening.OK
    state, replayed = await _asked(engine, prepared)
    _show(replayed, state, as_json=as_json)
    return {"done": opening.OK, "paused": opening.PAUSED}.get(state.status, opening.FAILED)


def _agreed_to() -> bool:
    if not is_person(sys.stdin):
        typer.echo(text("cli.replay.yes"), err=True)
        return False
    return typer.prompt(text("cli.replay.ask"), default="n", err=True).strip().lower()[:1] in ("y", "是")


async def _asked(engine: Engine, prepared: Prepared) -> tuple[RunState, Replayed]:
    """Runs like any other run: within its limit, and booked. Raises ProblemError."""
    state = RunState()
    flow, most = prepared.replay.flow, prepared.at_most
    handle = await engine.start(RunRequest(flow, rows="samples", budget=most, own=True, fresh=True))
    async for batch in handle.batches():
        state.apply_all(batch)
        if any(isinstance(event, RunPaused) for event in batch):
            handle.stop("paused")
    if not handle.is_kept:
        raise ProblemError(Problem("run.unknown", args={"run": handle.id}))
    return state, await engine.replays.outcome(prepared, handle.id)


def _show(replayed: Replayed, state: RunState, *, as_json: bool) -> None:
    rows, told = replayed.rows, replayed.told
    same = agreed(rows)
    if as_json:
        opening.print_json(
            {
                "rows": len(rows),
                "agreed": same,
                "cost_usd": f"{state.cost.known:f}",
                "cost_state": state.cost.state,
                "usd_a_row": {
                    "first_with_check": _usd(told.first),
                    "strong_alone": _usd(told.strong),
                    "cascade": _usd(told.cascade),
                    "saved": _usd(told.saved),
                },
                "escalated": told.escalated,
                "break_even": told.most_escalated,
                "is_met": told.is_met,
                "answers": [
                    {"row": row.number + 1, "tier": row.tier, "cascade": row.cascade, "strong": row.strong}
                    for row in rows
                ],
            }
        )
        return
    columns = [text(f"cli.column.{name}") for name in ("row", "tier", "cascade", "strong")]
    cells = [
        [str(row.number + 1), str(row.tier), plain(row.cascade), plain(row.strong or "–")] for row in rows
    ]
    typer.echo(table(columns, cells, right=(0, 1), widest=44))
    typer.echo(text("cli.replay.agreed", same=same, n=len(rows)))
    for name, amount in (("cascade", told.cascade), ("strong", told.strong)):
        typer.echo(text(f"cli.replay.{name}", amount=figures.known_money(amount)))
    typer.echo(figures.break_even_words(told))


def _usd(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"
