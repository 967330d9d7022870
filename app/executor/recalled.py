"""A run that is over, or was cut off, as the events that views fold: read from its records page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

from msgspec import structs

from app.costs.cost import FREE
from app.costs.usage import NO_USAGE
from app.document import json_codec
from app.document.part_steps import steps_with_parts
from app.document.workflow import Node
from app.events.run_events import (
    FrameStarted,
    ModelCalled,
    NodeSettled,
    NodeStarted,
    Preview,
    RowSettled,
    RunEvent,
    RunFinished,
    RunPaused,
    RunStarted,
    Scope,
)
from app.executor.carried_calls import carried_calls
from app.executor.journal import CallRecord, ItemRecord, Journal, Place, RunHead, RunSummary, StepRecord
from app.executor.outermost_level import OutermostLevel
from app.executor.standing import Standing
from app.executor.values import PREVIEW_BYTES, as_text, cut
from app.sdk.data_types import LazyList, Value

_PAGE = 500
_GAP = (
    2_000  # numbers without an item after which no more come; more rows than that are never under way at once
)
_FRAMES = 1_000  # frames whose elements are told


def steps_of(head: RunHead) -> dict[str, Node]:
    """Every step of a run by its id, as events call it: those inside frames and Sub-workflows too."""
    return steps_with_parts(json_codec.read(head.workflow.encode()).workflow, head.parts)


async def past_events(
    head: RunHead, summary: RunSummary, journal: Journal, outermost: Sequence[RunEvent] = ()
) -> AsyncIterator[list[RunEvent]]:
    """RunStarted; what began and settled by the records of its steps; the rows; the end. Raises JournalError.

    What was not recorded isn't made up: of long runs, steps that cost nothing are missing. `outermost` is what a
    revisit of the outermost scope gives: inputs, skipped steps, what frames came to.
    """
    steps, level, standing = steps_of(head), OutermostLevel(outermost), Standing(journal)
    yield [
        RunStarted(
            head.run,
            head.workflow_id,
            head.name,
            head.digest,
            head.at,
            tuple(steps),
            head.rows,
            prices_of=head.prices_of,
        )
    ]
    inner = {name for name, node in steps.items() if node.body or node.fields.get("digest") in head.parts}
    frames: dict[Place, tuple[str, Scope]] = {
        node: (node, "") for node, placed in steps.items() if placed.body is not None and head.rows is None
    }
    after = 0
    while page := await journal.each(after, _PAGE):
        after = page[-1][0]
        now = list(zip(page, await standing.of(page), strict=True))
        gone = [one for (_, one), left in now if left is None and one.node in steps]
        records = sorted(
            (one for _, one in now if one is not None and one.node in steps), key=lambda one: one.at
        )
        for record in records:
            level.note(record)
            if len(frames) < _FRAMES:
                frames |= _frames_around(record)
        yield [
            event
            for record in records
            for event in (
                carried_calls(record.at + record.seconds, record, ())  # an agent's own
                if record.node in inner
                else _of_step(record, level.inputs(record))
            )
        ]
        yield [event for record in gone for event in _of_no_row(record)]
    yield level.rest()
    yield [_of_call(call) for call in await standing.calls() if call.node in steps]
    async for rows in _rows(journal, "", "", "", summary.elapsed):
        yield rows
    for place, (node, scope) in frames.items():
        total = 0
        async for rows in _rows(journal, place, node, scope, summary.elapsed):
            total += len(rows)
            yield rows
        if total:
            yield [FrameStarted(summary.elapsed, node, scope, total)]
    yield [_end(summary)]


async def recorded_value(journal: Journal, ref: str) -> Value:
    """A whole value by the reference of its preview. Raises KeyError where it wasn't recorded, JournalError."""
    scope, node, port = ref.split("|", 2)
    record = (await journal.steps(await place_of(journal, scope))).get(node)
    if record is None:
        raise KeyError(ref)
    return record.outputs[port]


async def place_of(journal: Journal, scope: Scope) -> Place:
    """Where the journal keeps what happened in a scope: elements by content. Raises KeyError, JournalError."""
    place = ""
    for part in scope.split("/") if scope else ():
        name, mark, number = part.partition("#")
        place = f"{place}/{name}" if place and name else place or name
        if mark:
            found = await journal.items(place, int(number), 1)
            # A turn of a Loop is known by its number, and has no item.
            place = f"{place}#{found[0].key if found else number}"
    return place


def _frames_around(record: StepRecord) -> dict[Place, tuple[str, Scope]]:
    """The frames that a step lies in: where the journal keeps their elements, and how events call them."""
    places, scopes = record.place.split("/"), record.scope.split("/")
    found: dict[Place, tuple[str, Scope]] = {}
    around = ""
    for depth, (place, scope) in enumerate(zip(places, scopes, strict=False)):
        name, mark, _ = scope.partition("#")
        if not name:
            continue
        if mark:
            inner = "/".join([*places[:depth], place.partition("#")[0]])
            found[inner] = (f"{around}{name}", "/".join(scopes[:depth]))
        else:
            around = f"{around}{name}/"
    return found


def _of_step(record: StepRecord, inputs: Mapping[str, Preview]) -> list[RunEvent]:
    node, scope, end = record.node, record.scope, round(record.at + record.seconds, 4)
    events: list[RunEvent] = [NodeStarted(record.at, node, scope, inputs)]
    if record.status == "sent" and not record.failure:  # nobody knows how it ended
        return [*events, NodeSettled(end, node, scope, "cancelled", record.seconds, record.attempts)]
    for number in range(record.calls):
        usage, cost = (record.usage, record.cost) if number == 0 else (NO_USAGE, FREE)
        events.append(ModelCalled(end, node, scope, record.model, "", usage, cost, record.seconds))
    return [
        *events,
        NodeSettled(
            end,
            node,
            scope,
            "failed" if record.failure else "ok",
            record.seconds,
            record.attempts,
            record.calls,
            record.usage,
            record.cost,
            record.model,
            tuple(record.outputs),
            {port: _preview(record, port, value) for port, value in record.outputs.items()},
            record.verdict,
            record.failure,
            source="" if record.saved is None or record.calls else "cache",
            saved=record.saved,
            path=record.path,
            instead=record.instead,
        ),
    ]


def _of_no_row(record: StepRecord) -> Iterator[RunEvent]:
    """The row is no longer there, or not through again; what was asked of models was paid for all the same."""
    return carried_calls(round(record.at + record.seconds, 4), structs.replace(record, scope=""), ())


def _of_call(call: CallRecord) -> ModelCalled:
    """A call of a step that had not settled when the run was cut off."""
    return ModelCalled(
        call.at, call.node, call.scope, call.model, call.connection, call.usage, call.cost, call.seconds
    )


def _preview(record: StepRecord, port: str, value: Value) -> Preview:
    text = as_text(value)
    short = cut(text, PREVIEW_BYTES)
    is_whole = len(short) == len(text) and not isinstance(value, LazyList)
    size = len(value) if isinstance(value, (list, dict, LazyList)) else len(text)
    return Preview(short, "any", size, "" if is_whole else f"{record.scope}|{record.node}|{port}")


async def _rows(
    journal: Journal, frame: Place, node: str, scope: Scope, at: float
) -> AsyncIterator[list[RunEvent]]:
    first, empty = 0, 0
    while empty < _GAP:
        items = await journal.items(frame, first, _PAGE)
        if items:
            yield [_row(item, node, scope, at) for item in items]
        elif not first:
            return
        first, empty = first + _PAGE, 0 if items else empty + _PAGE


def _row(item: ItemRecord, node: str, scope: Scope, at: float) -> RowSettled:
    return RowSettled(at, item.number, item.status, item.failure, item.node, node, scope, item.cost)


def _end(summary: RunSummary) -> RunEvent:
    """A run that was cut off has stopped; what it waits for stands in its summary."""
    if summary.status in ("paused", "waiting"):
        return RunPaused(summary.elapsed, summary.status, summary.waits, summary.skipped)
    status = "cancelled" if summary.status == "running" else summary.status
    outputs = {name: Preview(text, "any", len(text)) for name, text in summary.outputs.items()}
    return RunFinished(summary.elapsed, status, outputs, summary.problems, summary.skipped)
