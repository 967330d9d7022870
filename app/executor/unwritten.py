"""A journal that is read and never written: for who goes through a run again without touching it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from app.costs.ledger import Entry
from app.executor.journal import CallRecord, ComputedSteps, ItemRecord, Journal, Place, StepRecord


class Unwritten(Journal):
    """The records of another journal; what is handed in goes nowhere."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    @property
    def is_fresh(self) -> bool:
        return False

    @property
    def has_calls(self) -> bool:
        return self._journal.has_calls

    async def steps(self, place: Place) -> Mapping[str, StepRecord]:
        return await self._journal.steps(place)

    def within(self, frame: Place) -> AsyncIterator[StepRecord]:
        return self._journal.within(frame)

    async def each(self, after: int, count: int) -> Sequence[tuple[int, StepRecord]]:
        return await self._journal.each(after, count)

    async def begun_items(self, frame: Place) -> int:
        return await self._journal.begun_items(frame)

    async def numbers(self, frame: Place, keys: Collection[str]) -> Mapping[str, int]:
        return await self._journal.numbers(frame, keys)

    async def items(self, frame: Place, first: int, count: int) -> Sequence[ItemRecord]:
        return await self._journal.items(frame, first, count)

    def page(self, frame: Place, first: int, count: int) -> Sequence[ItemRecord]:
        return self._journal.page(frame, first, count)

    async def calls(self, place: Place, node: str) -> Sequence[CallRecord]:
        return await self._journal.calls(place, node)

    async def loose_calls(self) -> Sequence[CallRecord]:
        return await self._journal.loose_calls()

    async def commit(self, record: StepRecord) -> None:
        pass

    async def commit_call(self, record: CallRecord) -> None:
        pass

    def book(self, entry: Entry) -> None:
        pass

    def note(self, record: StepRecord) -> None:
        pass

    def note_all(self, computed: ComputedSteps) -> None:
        pass

    def note_item(self, record: ItemRecord) -> None:
        pass

    def begin_items(self, frame: Place) -> None:
        pass

    async def flush(self) -> None:
        pass
