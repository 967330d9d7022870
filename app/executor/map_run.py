"""A Map: a body once for every element of a source that is read lazily, W at a time, results in the source's order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from app.costs.cost import Cost
from app.document.workflow import Json, JsonObject
from app.events.run_events import Failure, RowSettled, Scope
from app.executor.digests import digest_of
from app.executor.failures import bug_args, failure_of
from app.executor.item_list import Failed, ItemList, ItemsDigest, values_of_item
from app.executor.journal import ItemRecord, ItemStatus
from app.executor.row_turns import CAME_TO_NOTHING, Came
from app.executor.run import Run
from app.executor.scope_failed import ScopeFailed
from app.executor.seen import Seen
from app.executor.tally import Tally
from app.executor.values import Token
from app.executor.where import Where
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.node_type import MapRule

Rows: TypeAlias = AsyncIterator[Sequence[Mapping[str, Json]]]  # in batches
RunBody: TypeAlias = Callable[[Where, Mapping[str, Json], Tally], Any]  # awaitable of results by name

_IN_MEMORY = 1000  # results of so many elements are a plain list
_LOOKED_AT = 10  # elements before a share of failures means anything


class TooManyFailures(Exception):
    """The Map stops: as many elements failed as it was told to bear."""


class Element(msgspec.Struct, frozen=True, gc=False):
    """`item` is what its place and its results are known by, `values` what the body is given."""

    item: Json
    values: Mapping[str, Json]


class MapRun:
    """W workers over one iterator, not a task an element: the source is read only when a slot is free, and then as many
    elements as it has at hand.

    Of all that is at work in the run its workers count: the first takes the place of who executes it, and the last
    gives it back.
    """

    def __init__(
        self,
        run: Run,
        where: Where,
        node: str,
        around: Scope,
        source: AsyncIterator[Sequence[Element]],
        rule: MapRule,
        body: RunBody,
        tally: Tally | None = None,
    ) -> None:
        """`where` is the frame's own place, `node` its step ("" for a run over rows), `around` that one's scope.
        `body` runs one element. What they take is added to `tally`, too.
        """
        self._run = run
        self._where = where
        self._node = node
        self._around = around
        self._source = source
        self._rule = rule
        self._body = body
        self._tally = tally
        self._reading = asyncio.Lock()
        self._at_hand: Iterator[Element] = iter(())
        self._workers = 0
        self._came: Came = {}
        self._seen = Seen()
        self._names: dict[str, None] = {}
        self._through: dict[int, ItemRecord] = {}  # as long as there are few; of more there are digests
        self._digest = ItemsDigest()
        is_outermost = not node and not run.journal.is_fresh
        self._under_way = run.root.rows if is_outermost and run.root else None
        self.count = 0
        self.done = 0
        self.failed = 0
        self.first_failure: tuple[str, Failure] | None = None  # and the step at which it came about

    @property
    def names(self) -> tuple[str, ...]:
        """The results that came."""
        return tuple(self._names)

    async def execute(self) -> None:
        """Runs every element. Raises TooManyFailures, and whatever the source raises."""
        journal = self._run.journal
        if not journal.is_fresh:  # an earlier life may have read others, or the same at other numbers
            journal.begin_items(self._where.place)
        workers = self._rule.at_a_time or self._run.limits.rows_at_a_time
        try:
            with self._run.row_turns.over(self._where.scope, self._came):
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._work(group, workers - 1))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from several

    async def results(self, name: str, failed: Failed) -> Sequence[Value]:
        """The list of one result, in the order of the elements; long ones are read while they are gone through."""
        count = self.count
        if failed == "left_out":
            count = self.done
        elif failed == "only":
            count = self.failed
        if self.count > _IN_MEMORY:
            self._forget()
            digest = self._digest.of(name, failed, self.count)
            return ItemList(self._run.journal, self._where.place, name, failed, count, self.count, digest)
        items = await self._items()
        return [value for item in items for value in values_of_item(item, name, failed)]

    async def _items(self) -> Sequence[ItemRecord]:
        """What is through, and on the disk: in a run that went on, what an earlier life had done, too."""
        journal = self._run.journal
        if not journal.is_fresh:
            return await journal.items(self._where.place, 0, self.count)
        await journal.flush()
        return [self._through[number] for number in sorted(self._through)]

    async def _work(self, group: asyncio.TaskGroup, others: int) -> None:
        """So many `others` may work along; the next one begins where this one has found something to do."""
        if self._workers:
            self._run.begin()
        self._workers += 1
        try:
            while not self._run.stopping:
                element = next(self._at_hand, None) or await self._read()
                if element is None:
                    break
                if others > 0:
                    group.create_task(self._work(group, others - 1))
                    others = 0
                before = self._run.branches
                await self._element(element)
                # A body of pure steps never waits: let Stop and events through.
                if self._run.branches == before:
                    await asyncio.sleep(0)
        finally:
            self._workers -= 1
            if self._workers:
                self._run.end()

    async def _read(self) -> Element | None:
        """The next element once there are some again: mostly one of the workers reads, and the others wait for it."""
        async with self._reading:
            while (element := next(self._at_hand, None)) is None:
                try:
                    batch = await anext(self._source)
                except StopAsyncIteration:
                    return None
                if self.count:  # the disk may catch up
                    await self._run.journal.flush()
                self._at_hand = iter(batch)
            return element

    async def _element(self, element: Element) -> None:
        run, tally, begun, number = self._run, Tally(self._tally), self._run.now, self.count
        self.count += 1
        key, under_way = self._key(element.item), self._under_way
        if under_way is not None:
            under_way[number] = element.values
        where = self._where.element(number, key)
        self._came[number] = CAME_TO_NOTHING
        results: Mapping[str, Token] = {}
        status: ItemStatus = "failed"
        failure: Failure | None = None
        node = ""
        try:
            results = await self._body(where, element.values, tally)
            status = "done"
        except ScopeFailed as failed:
            failure, node = failed.failure, failed.node
        except NodeError as error:  # what the element holds isn't what the body wants
            failure = failure_of(error)
        except asyncio.CancelledError:
            self._settled(run.now, number, "cancelled", None, "", tally.cost)
            raise
        except Exception as bug:
            self._settled(run.now, number, "failed", Failure("engine.bug", bug_args(bug)), "", tally.cost)
            raise
        finally:
            del self._came[number]
            run.row_turns.look()
            if under_way is not None:
                del under_way[number]
        now, outputs = run.now, {name: token.value for name, token in results.items()}
        record = ItemRecord(
            self._where.place,
            key,
            number,
            status,
            outputs,
            failure,
            node,
            tally.usage,
            tally.cost,
            round(now - begun, 4),
            _row(element.item),
        )
        self._count_in(record)
        run.journal.note_item(record)
        self._settled(now, number, status, failure, node, tally.cost)
        if self.failed and self._is_enough():
            raise TooManyFailures

    def _count_in(self, record: ItemRecord) -> None:
        if record.status == "done":
            self.done += 1
            self._names.update(dict.fromkeys(record.outputs))
        else:
            self.failed += 1
            if record.failure is not None:
                self.first_failure = self.first_failure or (record.node, record.failure)
        self._through[record.number] = record
        if self.count > _IN_MEMORY:
            self._forget()

    def _forget(self) -> None:
        """Of what is through so far, its digests stay."""
        for record in self._through.values():
            self._digest.add(record)
        self._through.clear()

    def _is_enough(self) -> bool:
        rule, failed = self._rule, self.failed
        if rule.stop_after is not None and failed >= rule.stop_after:
            return True
        through = self.done + failed
        return rule.stop_share is not None and through >= _LOOKED_AT and failed > rule.stop_share * through

    def _settled(
        self, at: float, number: int, status: ItemStatus, failure: Failure | None, node: str, cost: Cost
    ) -> None:
        self._run.emit(RowSettled(at, number, status, failure, node, self._node, self._around, cost))

    def _key(self, item: Json) -> str:
        """The element by content; one that was there before is numbered, so that each has a place of its own."""
        digest = digest_of(item)[:16]
        times = self._seen.times(int(digest, 16))
        return digest if times == 1 else f"{digest}.{times}"


def _row(item: Json) -> JsonObject:
    return item if isinstance(item, (dict, Mapping)) else {"item": item}
