"""A replay: rows of a past run once more with the strong model alone, so that a saving is measured and not claimed."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.costs.break_even import BreakEven, ReplayedRow
from app.costs.cost import FREE, Cost
from app.costs.ledger import Filter, Ledger, Part, Sum
from app.document import json_codec
from app.document.problem import Problem, ProblemError
from app.document.workflow import Edge, Graph, Json, Node, PortRef, Workflow
from app.events.run_events import NodeSettled, NodeStarted, Preview, Scope
from app.executor.journal import Journal, RunHead, RunStore, StepRecord
from app.executor.revisit import Revisited, RevisitFailed
from app.executor.standing import Standing
from app.executor.values import as_text
from app.hindsight.wiring import FAILED, VALUE, FindSpec, Wiring, model_of, wiring_of, wirings_in
from app.sdk.fields import ModelChoice
from app.sdk.spec import NodeSpec, encode_value

ALONE, ASK, RESULT = "model.fallback", "intent.ask", "output.output"
ANSWER = "answer"
REPLAY = "replay"  # the id of the workflows that ask
SAMPLE = 40  # rows, where nobody says how many
_PAGE = 500
_READ_AS = ("text", "number", "yesno", "date", "list", "table")  # what an Ask step takes as it is


@dataclass(frozen=True, slots=True)
class SampledRow:
    """One row as it was: what the strong model would have been given, and what came of the row."""

    number: int
    given: Mapping[str, Json]
    types: Mapping[str, str]
    answer: str
    tier: int


@dataclass(frozen=True, slots=True)
class Replay:
    """What is to be asked. `flow` asks the strong model alone for every row, which are its samples; `escalated` is the
    share of all rows that went on, and `first` and `whole` what the first model with its check and everything together
    took a row, by the ledger; an answer that the cache gave is counted at what it cost when it was asked for.
    """

    run: str
    node: str
    workflow_id: str
    workflow: str
    title: str
    rows: tuple[SampledRow, ...]
    flow: Workflow
    model: ModelChoice
    escalated: float
    first: Cost
    whole: Cost


@dataclass(frozen=True, slots=True)
class Replayed:
    """How it came out: row by row, and whether the cascade pays. `cost` is what is known of what the replay itself has
    cost; nobody can say all of it where a price isn't `known`.
    """

    run: str
    node: str
    workflow_id: str
    workflow: str
    title: str
    model: str
    at: float
    told: BreakEven
    cost: Decimal
    rows: tuple[ReplayedRow, ...] = ()
    replay: str = ""  # the run that asked
    known: bool = True  # whether the strong model's price is


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run and a step in it that could be replayed."""

    run: str
    node: str


@dataclass(slots=True)
class _Past:
    head: RunHead
    journal: Journal
    records: list[StepRecord] = field(default_factory=list[StepRecord])


class Replays:
    """Prepares replays and says what came of them. Everything raises JournalError."""

    def __init__(
        self,
        runs: RunStore,
        revisit: Callable[[str, Scope], Awaitable[Revisited]],
        spec_of: FindSpec,
    ) -> None:
        self._runs = runs
        self._revisit = revisit
        self._spec_of = spec_of

    async def latest(self, workflow_id: str, node: str = "") -> Candidate | None:
        """The latest run of a workflow in which a step (any, where none is named) can be replayed."""
        for line in await self._runs.lines(50, workflow_id):
            if line.alive or line.summary.status == "running":
                continue
            head = (await self._runs.look(line.run))[0]
            workflow = json_codec.read(head.workflow.encode()).workflow
            if node:
                found = [wiring_of(workflow, node, self._spec_of)]
            else:
                found = list(wirings_in(workflow.graph, self._spec_of))
            for wiring in found:
                if wiring is not None and await self._answered(line.run, wiring):
                    return Candidate(line.run, node or wiring.check.id)
        return None

    async def prepare(self, run: str, node: str, most: int, name: str) -> Replay:
        """`name` is what the workflow is called. Raises ProblemError `replay.*`, KeyError."""
        head, _, journal = await self._runs.look(run)
        workflow = json_codec.read(head.workflow.encode()).workflow
        wiring = wiring_of(workflow, node, self._spec_of)
        if wiring is None:
            raise ProblemError(Problem("replay.no_cascade", args={"step": node}))
        past = _Past(head, journal)
        went_on = await self._read(past, wiring)
        rows = await self._sampled(past, wiring, most)
        title = wiring.check.title or wiring.check.type
        if not rows:
            raise ProblemError(Problem("replay.no_rows", args={"step": title}))
        flow, model = self._alone(wiring, rows, name)
        first, whole = await _costs(self._runs.ledger, run, wiring)
        return Replay(
            run,
            node,
            head.workflow_id,
            head.name,
            wiring.check.title,
            tuple(rows),
            flow,
            model,
            went_on / len(past.records),
            first,
            whole,
        )

    async def outcome(self, replay: Replay, run: str, model: str, at: float, *, known: bool) -> Replayed:
        """What came of the run that asked. Its cost and answers are read from the records."""
        _, summary, journal = await self._runs.look(run)
        answers: dict[int, str] = {}
        for item in await journal.items("", 0, len(replay.rows)):
            if item.status == "done" and ANSWER in item.outputs:
                answers[item.number] = as_text(item.outputs[ANSWER])
        rows = tuple(
            ReplayedRow(row.number, row.answer, answers.get(number), row.tier)
            for number, row in enumerate(replay.rows)
        )
        cost, known = summary.cost.known, known and summary.cost.usd is not None
        strong = cost / len(answers) if known and answers else None
        told = BreakEven(len(rows), replay.first.usd, strong, replay.whole.usd, replay.escalated)
        return Replayed(
            replay.run,
            replay.node,
            replay.workflow_id,
            replay.workflow,
            replay.title,
            model,
            at,
            told,
            cost,
            rows,
            run,
            known,
        )

    async def _answered(self, run: str, wiring: Wiring) -> bool:
        head, _, journal = await self._runs.look(run)
        past = _Past(head, journal)
        await self._read(past, wiring)
        return bool(past.records)

    async def _read(self, past: _Past, wiring: Wiring) -> int:
        """Fills in where the cheap model answered. Gives how many of those went on to the strong one."""
        after = went_on = 0
        standing = Standing(past.journal)
        while page := await past.journal.each(after, _PAGE):
            after = page[-1][0]
            for record in filter(None, await standing.of(page)):
                if record.status != "ok":
                    continue
                if record.node == wiring.cheap.id:
                    past.records.append(record)
                    went_on += wiring.is_cascade and _tier(record) > 1
                elif record.node == wiring.strong.id:
                    went_on += 1
        past.records.sort(key=_number)
        return went_on

    async def _sampled(self, past: _Past, wiring: Wiring, most: int) -> list[SampledRow]:
        """A sample of the rows in which the cheap model answered, the same each time."""
        records = past.records
        chosen = records if len(records) <= most else random.Random(0).sample(records, most)  # noqa: S311
        found: list[SampledRow] = []
        for record in sorted(chosen, key=_number):
            with contextlib.suppress(RevisitFailed, KeyError):  # a row of which no one knows what it was
                seen = await self._revisit(past.head.run, record.scope)
                row = _row(record, seen, wiring, self._spec_of)
                found += [row] if row is not None else []
        return found

    def _alone(self, wiring: Wiring, rows: Sequence[SampledRow], name: str) -> tuple[Workflow, ModelChoice]:
        """The same question to the strong model only, as a workflow over samples."""
        spec = self._spec_of(ALONE if wiring.is_cascade else wiring.strong.type)
        if spec is None:
            raise ProblemError(Problem("node.unknown_type", args={"type": ALONE}))
        model, fields = self._question(wiring, spec)
        ports = spec.ports(spec.decode(fields))
        wanted = [port.name for port in ports.inputs if any(port.name in row.given for row in rows)]
        asked: list[Json] = [
            {"name": port, "type": _type_of(rows, port), "required": False} for port in wanted
        ]
        answer = next((port.name for port in ports.outputs if port.main), ports.outputs[0].name)
        samples: list[Json] = [{port: row.given.get(port) for port in wanted} for row in rows]
        nodes = {
            "ask": Node("ask", ASK, fields={"asked": asked, "samples": samples}),
            "alone": Node("alone", spec.id, title=wiring.strong.title, fields=fields),
            "out": Node("out", RESULT, fields={"name": ANSWER}),
        }
        edges = [Edge(PortRef("ask", port), PortRef("alone", port)) for port in wanted]
        edges.append(Edge(PortRef("alone", answer), PortRef("out", VALUE)))
        return Workflow(REPLAY, name, graph=Graph(nodes, tuple(sorted(edges)))), model

    def _question(self, wiring: Wiring, spec: NodeSpec) -> tuple[ModelChoice, dict[str, Json]]:
        """The strong model and the settings of the step that asks it alone."""
        if not wiring.is_cascade:
            model = model_of(wiring.strong, self._spec_of)
            return model or ModelChoice(), dict(wiring.strong.fields)
        cascade = self._spec_of(wiring.strong.type)
        if cascade is None:
            raise ProblemError(Problem("node.unknown_type", args={"type": wiring.strong.type}))
        fields: Any = cascade.decode(wiring.strong.fields)
        names = {one.name for one in spec.fields}
        kept: dict[str, Json] = {name: value for name, value in wiring.strong.fields.items() if name in names}
        row = encode_value(fields.models[-1])
        # A step with several models wants two; the same one is never asked twice.
        return fields.models[-1].model, {**kept, "models": [row, row], "tries": 1}


def _row(record: StepRecord, seen: Revisited, wiring: Wiring, spec_of: FindSpec) -> SampledRow | None:
    return _cascaded(record, seen) if wiring.is_cascade else _wired(record, seen, wiring, spec_of)


def _cascaded(record: StepRecord, seen: Revisited) -> SampledRow | None:
    started = _started(seen, record.node)
    if started is None:
        return None
    answer = as_text(record.outputs.get("answer", record.outputs.get("failed")))
    given = {port: _value(seen, shown) for port, shown in started.inputs.items()}
    types = {port: shown.type for port, shown in started.inputs.items()}
    return SampledRow(_number(record), given, types, answer, _tier(record))


def _wired(record: StepRecord, seen: Revisited, wiring: Wiring, spec_of: FindSpec) -> SampledRow | None:
    """The strong model is given what its links bring; what the check would have handed on, it hands on here."""
    check = _started(seen, wiring.check.id)
    if check is None or VALUE not in check.inputs:
        return None
    outputs = {event.node: event.outputs for event in seen.events if isinstance(event, NodeSettled)}
    handed_on = check.inputs.get("instead", check.inputs[VALUE])
    shown: dict[str, Preview] = {}
    for edge in wiring.graph.edges:
        if edge.target.node != wiring.strong.id:
            continue
        if edge.source == PortRef(wiring.check.id, FAILED):
            shown[edge.target.port] = handed_on
        elif edge.source.port in outputs.get(edge.source.node, {}):
            shown[edge.target.port] = outputs[edge.source.node][edge.source.port]
    given = {port: _value(seen, one) for port, one in shown.items()}
    answer, tier = check.inputs[VALUE], 1
    strong = outputs.get(wiring.strong.id)
    if strong:
        spec = spec_of(wiring.strong.type)
        main = _main_port(spec, wiring.strong) if spec else ""
        answer, tier = strong.get(main, next(iter(strong.values()))), 2
    types = {port: one.type for port, one in shown.items()}
    return SampledRow(_number(record), given, types, as_text(_value(seen, answer)), tier)


def _main_port(spec: NodeSpec, node: Node) -> str:
    outputs = spec.ports(spec.decode(node.fields)).outputs
    return next((port.name for port in outputs if port.main), outputs[0].name if outputs else "")


def _started(seen: Revisited, node: str) -> NodeStarted | None:
    return next((e for e in seen.events if isinstance(e, NodeStarted) and e.node == node), None)


def _value(seen: Revisited, shown: Preview) -> Json:
    if shown.ref:
        return seen.value(shown.ref)
    if shown.type in ("text", "any", "date"):
        return shown.text
    try:
        return json.loads(shown.text)
    except ValueError:
        return shown.text


def _type_of(rows: Sequence[SampledRow], port: str) -> str:
    types = {row.types[port] for row in rows if port in row.types}
    only = types.pop() if len(types) == 1 else "text"
    return only if only in _READ_AS else "text"


async def _costs(ledger: Ledger, run: str, wiring: Wiring) -> tuple[Cost, Cost]:
    """What the first model with its check took a row, and what everything together took; as if the cache had had no
    answer.
    """
    by: tuple[Part, ...] = ("tier",) if wiring.is_cascade else ("node",)
    sums: list[Sum] = []
    for node in sorted(wiring.nodes):
        sums += await ledger.sums(by, only=Filter(run=run, node=node))
    first_keys = {"1"} if wiring.is_cascade else {wiring.cheap.id, wiring.check.id}
    rows = max((one.places for one in sums), default=0) or 1
    first = sum((one.cost + one.cache_saved for one in sums if one.key[0] in first_keys), FREE)
    whole = sum((one.cost + one.cache_saved for one in sums), FREE)
    return Cost(first.known / rows, first.state), Cost(whole.known / rows, whole.state)


def _number(record: StepRecord) -> int:
    _, mark, number = record.scope.rpartition("#")
    return int(number) if mark and number.isdigit() else 0


def _tier(record: StepRecord) -> int:
    found = record.outputs.get("tier")
    return found if isinstance(found, int) else 1
