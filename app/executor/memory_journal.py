"""The journal in plain memory: for runs without a profile, and gone with their process."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from itertools import islice

from msgspec.structs import replace

from app.costs.ledger import Entry
from app.costs.memory_ledger import MemoryLedger
from app.executor.journal import (
    NOTES_A_RUN,
    CallRecord,
    ComputedSteps,
    ItemRecord,
    Journal,
    JournalError,
    Place,
    RunHead,
    RunLine,
    RunStore,
    RunSummary,
    StepRecord,
)

_NOWHERE = "memory"


class MemoryJournal(Journal):
    """See `app.executor.journal.Journal`. `page` may be called from any thread."""

    def __init__(self, kept: _Kept, *, is_held: bool) -> None:
        self._kept = kept
        self._has_calls = bool(kept.calls)
        self._is_fresh = not (kept.steps or kept.unread or kept.of_all or kept.calls)
        self.is_held = is_held

    @property
    def is_fresh(self) -> bool:
        return self._is_fresh

    async def steps(self, place: Place) -> Mapping[str, StepRecord]:
        self._kept.read(place)
        return dict(self._kept.steps.get(place, {}))

    async def within(self, frame: Place) -> AsyncIterator[StepRecord]:
        for place in [*self._kept.unread]:
            self._kept.read(place)
        for place in sorted(self._kept.steps):
            if place.startswith(f"{frame}#"):
                for record in [*self._kept.steps[place].values()]:
                    yield record

    async def each(self, after: int, count: int) -> Sequence[tuple[int, StepRecord]]:
        for place in [*self._kept.unread]:
            self._kept.read(place)
        steps, numbers = self._kept.steps, self._kept.numbers
        behind = sorted((number, instance) for instance, number in numbers.items() if number > after)
        return [(number, steps[place][node]) for number, (place, node) in behind[:count]]

    async def commit(self, record: StepRecord) -> None:
        self._keep(record)

    def book(self, entry: Entry) -> None:
        self._check()
        if self._kept.ledger is not None:
            self._kept.ledger.book(entry)

    def note(self, record: StepRecord) -> None:
        self._check()
        if self._kept.notes < NOTES_A_RUN:
            self._kept.notes += 1
            self._keep(record)

    def note_all(self, computed: ComputedSteps) -> None:
        self._check()
        if self._kept.notes < NOTES_A_RUN:
            self._kept.notes += len(computed.steps)
            self._kept.unread.setdefault(computed.place, []).append(computed)

    @property
    def has_calls(self) -> bool:
        return self._has_calls

    async def commit_call(self, record: CallRecord) -> None:
        self._check()
        calls = self._kept.calls.setdefault((record.place, record.node), {})
        calls[record.digest, record.ordinal] = record

    async def calls(self, place: Place, node: str) -> Sequence[CallRecord]:
        return list(self._kept.calls.get((place, node), {}).values())

    async def loose_calls(self) -> Sequence[CallRecord]:
        return [one for calls in self._kept.calls.values() for one in calls.values() if not one.counted]

    def note_item(self, record: ItemRecord) -> None:
        self._check()
        for items in (self._kept.items, self._kept.of_all):
            items.setdefault(record.frame, _Items()).keep(record)

    def begin_items(self, frame: Place) -> None:
        self._check()
        for place in [*self._kept.unread]:
            self._kept.read(place)
        self._kept.items[frame] = _Items()
        self._kept.begun[frame] = self._kept.last

    async def begun_items(self, frame: Place) -> int:
        return self._kept.begun.get(frame, 0)

    async def numbers(self, frame: Place, keys: Collection[str]) -> Mapping[str, int]:
        by_key = self._kept.items.get(frame, _Items()).by_key
        return {key: by_key[key].number for key in keys if key in by_key}

    async def items(self, frame: Place, first: int, count: int) -> Sequence[ItemRecord]:
        return self._kept.items.get(frame, _Items()).page(first, count)

    def page(self, frame: Place, first: int, count: int) -> Sequence[ItemRecord]:
        return self._kept.of_all.get(frame, _Items()).page(first, count)

    async def flush(self) -> None:
        pass

    def _keep(self, record: StepRecord) -> None:
        self._check()
        self._kept.read(record.place)
        self._kept.keep(record)
        calls = self._kept.calls.pop((record.place, record.node), {}) if record.status != "sent" else {}
        if calls and not record.lets_calls_go:
            counted = {key: replace(call, counted=True) for key, call in calls.items()}
            self._kept.calls[record.place, record.node] = counted

    def _check(self) -> None:
        if not self.is_held:
            raise JournalError("journal.held", _NOWHERE, "opened only to read")


def journal_of_nothing(run: str = "") -> MemoryJournal:
    """For a run that nobody will want to find again."""
    return _Kept(RunHead(run, "", "", "", "", "")).hold()


class _Items:
    """The elements of one frame that are through."""

    def __init__(self) -> None:
        self.by_key: dict[str, ItemRecord] = {}
        self._by_number: dict[int, ItemRecord] = {}

    def keep(self, record: ItemRecord) -> None:
        earlier = self.by_key.get(record.key)
        if earlier is not None and self._by_number.get(earlier.number) is earlier:
            del self._by_number[earlier.number]
        self.by_key[record.key] = self._by_number[record.number] = record

    def page(self, first: int, count: int) -> Sequence[ItemRecord]:
        found = self._by_number
        return [found[number] for number in range(first, first + count) if number in found]


class _Kept:
    """All of one run."""

    def __init__(self, head: RunHead, ledger: MemoryLedger | None = None) -> None:
        self.head = head
        self.ledger = ledger
        self.summary = RunSummary("running")
        self.pinned = False
        self.holder: MemoryJournal | None = None
        self.notes = 0
        self.steps: dict[Place, dict[str, StepRecord]] = {}
        self.unread: dict[Place, list[ComputedSteps]] = {}  # as they were noted
        self.calls: dict[tuple[Place, str], dict[tuple[str, int], CallRecord]] = {}
        self.items: dict[Place, _Items] = {}  # since the elements of a frame were last read anew
        self.of_all: dict[Place, _Items] = {}  # whenever that was
        self.numbers: dict[tuple[Place, str], int] = {}  # of steps, in the order of time
        self.last = 0  # of these
        self.begun: dict[Place, int] = {}  # what it was when the items of a frame were begun anew

    def read(self, place: Place) -> None:
        """Brings what was noted together at a place among its steps."""
        for computed in self.unread.pop(place, ()):
            for record in computed.records():
                self.keep(record)

    def keep(self, record: StepRecord) -> None:
        self.steps.setdefault(record.place, {})[record.node] = record
        self.last += 1
        self.numbers[record.place, record.node] = self.last

    def hold(self) -> MemoryJournal:
        self.holder = MemoryJournal(self, is_held=True)
        return self.holder

    def head_now(self) -> RunHead:
        return dataclasses.replace(self.head, rows=self.summary.rows_of(self.head.rows))

    def line(self) -> RunLine:
        head = self.head_now()
        return RunLine(
            run=head.run,
            workflow_id=head.workflow_id,
            name=head.name,
            digest=head.digest,
            at=head.at,
            summary=self.summary,
            rows=head.rows,
            pinned=self.pinned,
            alive=self.holder is not None,
            base="" if self.summary.status == "done" else str(head.request.get("base", "")),
        )


class MemoryRuns(RunStore):
    """See `app.executor.journal.RunStore`. Sizes aren't known and bound nothing."""

    def __init__(self) -> None:
        self._runs: dict[str, _Kept] = {}
        self._ledger = MemoryLedger()

    @property
    def ledger(self) -> MemoryLedger:
        return self._ledger

    async def begin(self, head: RunHead) -> MemoryJournal:
        if head.run in self._runs:
            raise JournalError("journal.broken", _NOWHERE, f"{head.run} is there already")
        kept = self._runs[head.run] = _Kept(head, self._ledger)
        return kept.hold()

    async def reopen(self, run: str) -> tuple[RunHead, RunSummary, MemoryJournal]:
        kept = self._free(run)
        return kept.head_now(), kept.summary, kept.hold()

    async def look(self, run: str) -> tuple[RunHead, RunSummary, MemoryJournal]:
        kept = self._runs[run]
        return kept.head_now(), kept.summary, MemoryJournal(kept, is_held=False)

    async def summarise(self, run: str, summary: RunSummary) -> None:
        self._runs[run].summary = summary

    async def leave(self, run: str) -> None:
        kept = self._runs.get(run)
        if kept is not None and kept.holder is not None:
            kept.holder.is_held = False
            kept.holder = None

    async def lines(self, most: int = 200, workflow_id: str = "") -> Sequence[RunLine]:
        latest = (kept.line() for kept in reversed(self._runs.values()))
        return list(islice((line for line in latest if workflow_id in ("", line.workflow_id)), most))

    async def pin(self, run: str, pinned: bool) -> None:
        self._runs[run].pinned = pinned

    async def forget(self, run: str) -> None:
        self._free(run)
        del self._runs[run]

    async def keep(self, runs: int, size: int) -> int:
        lines = [*map(_Kept.line, self._runs.values())]
        needed = {line.base for line in lines}
        free = [line for line in lines if not (line.pinned or line.alive or line.run in needed)]
        going = sorted(free, key=lambda line: line.is_unfinished)[: max(0, len(self._runs) - runs)]
        for line in going:
            del self._runs[line.run]
        return len(going)

    def _free(self, run: str) -> _Kept:
        kept = self._runs[run]
        if kept.holder is not None:
            raise JournalError("journal.held", _NOWHERE, run)
        return kept
