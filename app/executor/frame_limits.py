"""A frame's own limits of time and money, over all lives of its run.

What is recorded says when it was made and what it took; a step under way says neither. So a frame that has such limits
writes down now and then what they have counted, and when it is broken off.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Literal, TypeAlias

from app.costs.price import counted_for
from app.costs.usage import NO_USAGE
from app.executor.journal import JournalError, Place, StepRecord
from app.executor.run import Run
from app.executor.tally import Tally
from app.executor.time_at_work import time_at_work

Reached: TypeAlias = Literal["", "money", "time"]

EVERY = 15.0  # seconds: so much is lost at most
_SO_FAR = "#so_far"  # the record of what was counted


class FrameLimits:
    """Of one instance. `node` is that of the calls which it makes itself, as an agent does; `tally` has what this life
    took, and what it found recorded.
    """

    def __init__(
        self,
        run: Run,
        place: Place,
        tally: Tally,
        max_usd: Decimal | None,
        max_seconds: float | None,
        node: str = "",
    ) -> None:
        self._run = run
        self._place = place
        self._tally = tally
        self._max_usd = max_usd
        self._max_seconds = max_seconds
        self._node = node
        self._inputs = ""
        self._begun = run.now
        self._lost = Decimal(0)  # what no record tells any more

    async def recall(self, inputs: str, since: float = 0.0) -> None:
        """What earlier lives have used of them, given these inputs: hours in which the run lay still or was at
        something else are none of it, nor is what was through before `since`. Raises JournalError.
        """
        journal, place = self._run.journal, self._place
        self._inputs = inputs
        self._begun = self._run.now
        if journal.is_fresh or not self._are_set:
            return
        records = await journal.steps(place)
        own = await journal.calls(place, self._node) if self._node and journal.has_calls else ()
        used = await time_at_work(journal.within(place), own, since)
        so_far = records.get(_SO_FAR)
        if so_far is not None and so_far.inputs == inputs:
            used = max(used, float(str(so_far.outputs["seconds"])))
            told = await self._told(records.get(self._node))
            self._lost = max(Decimal(0), Decimal(str(so_far.outputs["usd"])) - told)
        self._begun = self._run.now - used

    async def _told(self, own: StepRecord | None) -> Decimal:
        """What the records say that it took; `own` is the one of its calls."""
        journal, place = self._run.journal, self._place
        took = [(record.usage, record.cost) async for record in journal.within(place)]
        if own is not None:
            took.append((own.usage, own.cost))
        loose = await journal.loose_calls() if journal.has_calls else ()
        inside = [call for call in loose if call.place == place or call.place.startswith(f"{place}#")]
        took += [(call.usage or NO_USAGE, call.cost) for call in inside]
        return sum((counted_for(usage, cost) for usage, cost in took), Decimal(0))

    def reached(self) -> Reached:
        if self._max_usd is not None and self._counted >= self._max_usd:
            return "money"
        if self._max_seconds is not None and self._run.now - self._begun >= self._max_seconds:
            return "time"
        return ""

    @asynccontextmanager
    async def written(self) -> AsyncGenerator[None]:
        """The frame is at work; what it has used is known afterwards, however that ends."""
        if not self._are_set:
            yield
            return
        writing = asyncio.create_task(self._now_and_then())
        try:
            yield
        except BaseException:
            await self._write()
            raise
        finally:
            writing.cancel()

    async def _now_and_then(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            if not self._run.is_at_rest:
                await self._write()

    async def _write(self) -> None:
        outputs = {"seconds": round(self._run.now - self._begun, 4), "usd": str(self._counted)}
        with contextlib.suppress(JournalError):  # who waits for the disk says so
            await self._run.journal.commit(
                StepRecord(self._place, _SO_FAR, "ok", "", 0, self._inputs, outputs)
            )

    @property
    def _are_set(self) -> bool:
        return self._max_usd is not None or self._max_seconds is not None

    @property
    def _counted(self) -> Decimal:
        return self._tally.counted + self._lost
