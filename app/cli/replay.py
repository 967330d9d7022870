"""`baton replay`: rows of a past run once more with a cascade's last model alone, to see what the cascade saves."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, cast

import typer

from app import figures
from app.cli import opening
from app.cli.naming import step_of
from app.cli.recalling import Recalled, recall
from app.cli.terminal import is_person, plain, table
from app.costs.break_even import BreakEven, ReplayedRow, agreed
from app.costs.ledger import Filter
from app.costs.price import ASSUMED
from app.costs.usage import Usage
from app.document.problem import Problem, ProblemError
from app.document.workflow import Edge, Graph, Json, Node, PortRef, Workflow
from app.engine import Engine
from app.events.run_events import NodeStarted, RunPaused
from app.events.run_state import RunState
from app.executor.journal import JournalError, StepRecord
from app.executor.revisit import RevisitFailed
from app.executor.run_request import RunRequest
from app.executor.values import as_text
from app.sdk.fields import ModelChoice
from app.sdk.spec import encode_value
from app.texts import text

CASCADE, ALONE = "model.cascade", "model.fallback"
_PAGE = 500
_BYTES_A_TOKEN = 2  # as the gate before a call reserves
_OUTPUT_UNSAID = 4096


def replay(
    run: Annotated[str, typer.Argument(metavar="RUN")],
    node: Annotated[str, typer.Argument(metavar="NODE")],
    sample: Annotated[int, typer.Option(min=1, max=1000, metavar="N")] = 40,
    go: Annotated[bool, typer.Option("--yes")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Rows once more with the strong model alone."""

    async def main(engine: Engine) -> int:
        try:
            return await _replay(engine, run, node, sample, go=go, as_json=as_json)
        except JournalError as error:
            raise ProblemError(error.problem) from error

    raise typer.Exit(opening.run_async(main))


@dataclass(frozen=True, slots=True)
class _Sample:
    """Rows of a past run: what the cascade gave, and what it was given."""

    records: tuple[StepRecord, ...]
    inputs: tuple[Mapping[str, str], ...]
    escalated: float  # of all rows


async def _replay(engine: Engine, run: str, node: str, sample: int, *, go: bool, as_json: bool) -> int:
    recalled = await recall(engine, run)
    title = opening.title_of(engine.registry)
    step = recalled.workflow.graph.nodes[step_of(recalled.workflow.graph.nodes, node, title)]
    if step.type != CASCADE:
        raise ProblemError(Problem("replay.no_cascade", args={"step": title(step)}))
    found = await _sampled(engine, recalled, step.id, sample)
    if not found.records:
        raise ProblemError(Problem("replay.no_rows", args={"step": title(step)}))
    flow, choice = _alone(engine, step, found.inputs)
    most = _at_most(engine, step, choice, found.inputs)
    words = text(
        "cli.replay.most",
        n=len(found.records),
        model=plain(_model_name(engine, choice)),
        most=figures.money(most),
    )
    typer.echo(words, err=True)
    if not go and not _agreed_to():
        return opening.OK
    state, answers = await _run(engine, flow, found.inputs, most)
    rows = [
        ReplayedRow(
            _number(record), _answer(record), answers[at] if at < len(answers) else None, _tier(record)
        )
        for at, record in enumerate(found.records)
    ]
    told = await _break_even(engine, recalled.head.run, step.id, found, state)
    _show(rows, told, state, as_json=as_json)
    return (
        opening.OK
        if state.status == "done"
        else opening.PAUSED
        if state.status == "paused"
        else opening.FAILED
    )


async def _sampled(engine: Engine, recalled: Recalled, node: str, most: int) -> _Sample:
    """A sample of the rows in which the cascade answered, the same each time."""
    records: list[StepRecord] = []
    after = 0
    while page := await recalled.journal.each(after, _PAGE):
        after = page[-1][0]
        records += [one for _, one in page if one.node == node and one.status == "ok"]
    records.sort(key=_number)
    escalated = sum(_tier(one) > 1 for one in records) / len(records) if records else 0.0
    chosen = records if len(records) <= most else random.Random(0).sample(records, most)  # noqa: S311
    kept: list[StepRecord] = []
    inputs: list[Mapping[str, str]] = []
    for record in sorted(chosen, key=_number):
        try:
            seen = await engine.revisit(recalled.head.run, record.scope)
        except (RevisitFailed, KeyError):
            continue
        started = next((e for e in seen.events if isinstance(e, NodeStarted) and e.node == node), None)
        if started is not None:
            given = {
                name: as_text(seen.value(shown.ref)) if shown.ref else shown.text
                for name, shown in started.inputs.items()
            }
            kept.append(record)
            inputs.append(given)
    return _Sample(tuple(kept), tuple(inputs), escalated)


def _alone(engine: Engine, step: Node, inputs: Sequence[Mapping[str, str]]) -> tuple[Workflow, ModelChoice]:
    """The same question to the last model only, as a workflow over rows."""
    cascade, alone = engine.registry.get(CASCADE), engine.registry.get(ALONE)
    if cascade is None or alone is None:
        raise ProblemError(Problem("node.unknown_type", args={"type": CASCADE}))
    fields: Any = cascade.decode(step.fields)
    names = {field.name for field in alone.fields}
    kept: dict[str, Json] = {name: value for name, value in step.fields.items() if name in names}
    last: ModelChoice = fields.models[-1].model
    row = encode_value(fields.models[-1])
    kept |= {"models": [row, row], "tries": 1}  # a step with several models wants two
    decoded = alone.decode(kept)
    wanted = [port.name for port in alone.ports(decoded).inputs if any(port.name in row for row in inputs)]
    nodes = {
        "ask": Node("ask", "intent.ask", fields={"asked": [{"name": name} for name in wanted]}),
        "alone": Node("alone", ALONE, title=step.title, fields=kept),
        "out": Node("out", "output.output", fields={"name": "answer"}),
    }
    edges = [Edge(PortRef("ask", name), PortRef("alone", name)) for name in wanted]
    edges.append(Edge(PortRef("alone", "answer"), PortRef("out", "value")))
    name = text("cli.replay.workflow", step=step.title or CASCADE)
    return Workflow("replay", name, graph=Graph(nodes, tuple(sorted(edges)))), last


def _at_most(engine: Engine, step: Node, choice: ModelChoice, inputs: Sequence[Mapping[str, str]]) -> Decimal:
    """What all rows together may cost, as the gate before each call will reserve it."""
    facts = engine.outside.resolve(choice)
    output = cast("int", step.fields.get("max_tokens") or _OUTPUT_UNSAID)
    fixed = len(json.dumps(dict(step.fields), ensure_ascii=False).encode())
    whole = Decimal(0)
    for row in inputs:
        sent = fixed + sum(len(value.encode("utf-8", "replace")) for value in row.values())
        usage = Usage(sent // _BYTES_A_TOKEN + 16, output)
        bound = engine.outside.prices.upper_bound(facts, usage)
        whole += ASSUMED.at_most(usage) if bound is None else bound
    return whole


def _model_name(engine: Engine, choice: ModelChoice) -> str:
    return engine.outside.resolve(choice).id


def _agreed_to() -> bool:
    if not is_person(sys.stdin):
        typer.echo(text("cli.replay.yes"), err=True)
        return False
    return typer.prompt(text("cli.replay.ask"), default="n", err=True).strip().lower()[:1] in ("y", "是")


async def _run(
    engine: Engine, flow: Workflow, inputs: Sequence[Mapping[str, str]], most: Decimal
) -> tuple[RunState, Sequence[str | None]]:
    """Runs like any other run: within its limit, and booked."""
    state = RunState()
    answers: list[str | None] = [None] * len(inputs)
    with TemporaryDirectory() as folder:
        rows = await asyncio.to_thread(_written, Path(folder, "rows.jsonl"), inputs)
        request = RunRequest(flow, rows=str(rows), budget=most, own=True, fresh=True, folder=Path(folder))
        handle = await engine.start(request)
        async for batch in handle.batches():
            state.apply_all(batch)
            if any(isinstance(event, RunPaused) for event in batch):
                handle.stop("paused")
        for item in await handle.items(0, len(inputs)):
            if item.status == "done" and "answer" in item.outputs:
                answers[item.number] = as_text(item.outputs["answer"])
    return state, answers


def _written(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    path.write_text("".join(json.dumps(dict(row)) + "\n" for row in rows), "utf-8")
    return path


async def _break_even(engine: Engine, run: str, node: str, found: _Sample, state: RunState) -> BreakEven:
    """Averages a row: of the cascade from the ledger of its run, of the strong model from the replay."""
    tiers = await engine.runs.ledger.sums(("tier",), only=Filter(run=run, node=node))
    first = next((one for one in tiers if one.key == ("1",)), None)
    whole = sum((one.cost.known for one in tiers), Decimal(0))
    rows = max((one.rows for one in tiers), default=0)
    done = max(len(state.rows_settled), 1)
    return BreakEven(
        len(found.records),
        first.cost.known / first.rows if first and first.rows else Decimal(0),
        state.cost.known / done,
        whole / rows if rows else Decimal(0),
        found.escalated,
    )


def _show(rows: Sequence[ReplayedRow], told: BreakEven, state: RunState, *, as_json: bool) -> None:
    same = agreed(rows)
    if as_json:
        opening.print_json(
            {
                "rows": len(rows),
                "agreed": same,
                "cost_usd": f"{state.cost.known:f}",
                "cost_state": state.cost.state,
                "usd_a_row": {
                    "first_with_check": f"{told.first:f}",
                    "strong_alone": f"{told.strong:f}",
                    "cascade": f"{told.cascade:f}",
                    "saved": f"{told.saved:f}",
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
        typer.echo(text(f"cli.replay.{name}", amount=figures.money(amount)))
    most = told.most_escalated
    if most is None:
        typer.echo(text("cli.replay.free"))
        return
    code = "cli.replay.met" if told.is_met else "cli.replay.not_met"
    typer.echo(text(code, now=figures.percent(told.escalated), most=figures.percent(max(most, 0.0))))


def _number(record: StepRecord) -> int:
    _, mark, number = record.scope.rpartition("#")
    return int(number) if mark and number.isdigit() else 0


def _tier(record: StepRecord) -> int:
    found = record.outputs.get("tier")
    return found if isinstance(found, int) else 1


def _answer(record: StepRecord) -> str:
    return as_text(record.outputs.get("answer", record.outputs.get("failed")))
