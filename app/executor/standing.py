"""Step records of a run over rows as they stand in its rows now: between two lives a row may have been changed, moved
or taken away, and what was recorded of it still says the number that it had.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from app.events.run_events import Scope
from app.executor.journal import CallRecord, Journal, Place, StepRecord


class Standing:
    """Of one journal that is read page by page."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._begun: int | None = None

    async def of(self, page: Sequence[tuple[int, StepRecord]]) -> Sequence[StepRecord | None]:
        """Each of a page of `Journal.each`, under the number that its row has now; None where the rows were read anew
        since it was recorded, and its row has not come out there: nobody knows of it. Raises JournalError.
        """
        if self._begun is None:
            self._begun = await self._journal.begun_items("")
        earlier = {_row_of(record.place) for number, record in page if number <= self._begun} - {""}
        if not earlier:
            return [record for _, record in page]
        numbers = await self._journal.numbers("", earlier)
        return [
            record
            if number > self._begun or not (row := _row_of(record.place))
            else _at(record, numbers.get(row))
            for number, record in page
        ]

    async def calls(self) -> Sequence[CallRecord]:
        """The calls of `Journal.loose_calls`; those of which nobody knows any more which row they were for are outside
        of all rows. Raises JournalError.
        """
        calls = await self._journal.loose_calls()
        if not calls or not await self._journal.begun_items(""):
            return calls
        numbers = await self._journal.numbers("", {_row_of(call.place) for call in calls} - {""})
        return [
            replace(call, scope=_scope(call.scope, numbers.get(row)))
            if (row := _row_of(call.place))
            else call
            for call in calls
        ]


async def scopes_now(journal: Journal, at: Sequence[tuple[Place, Scope]]) -> Sequence[Scope | None]:
    """The scopes of places under the numbers that their rows have now; None where a row isn't through since the rows
    were read. Raises JournalError.
    """
    rows = {_row_of(place) for place, _ in at} - {""}
    if not rows:
        return [scope for _, scope in at]
    numbers = await journal.numbers("", rows)
    found = list[Scope | None]()
    for place, scope in at:
        row = _row_of(place)
        number = numbers.get(row)
        found.append(scope if not row else None if number is None else _scope(scope, number))
    return found


def _row_of(place: Place) -> str:
    """The key of the row that a place lies in; empty outside of rows."""
    return place[1:].partition("/")[0] if place.startswith("#") else ""


def _at(record: StepRecord, row: int | None) -> StepRecord | None:
    return None if row is None else replace(record, scope=_scope(record.scope, row))


def _scope(scope: Scope, row: int | None) -> Scope:
    _, inner, rest = scope.partition("/")
    return "" if row is None else f"#{row}{inner}{rest}"
