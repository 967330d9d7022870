"""The replies that one instance has had: none of them is asked for twice, not by a retry and not after a crash.

A reply is on the disk before the next call of its instance goes out, or at once where others are under way. A step that
makes one call therefore writes nothing beside its step record. A reply is found again by what was asked and of whom,
and by its number among equal requests: a step may ask in any order.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal

import msgspec
from msgspec import structs

from app.costs.cost import FREE, Cost
from app.costs.usage import Usage
from app.executor.call_requests import Reply, Request, digest_at, plain_reply, reply_of
from app.executor.instance import Instance
from app.executor.journal import CallRecord, Journal, JournalError
from app.executor.run import Run
from app.sdk.gateway import ModelFacts


class Taken(msgspec.Struct, frozen=True, gc=False):
    """What a call took. `counted` is what limits count for it, where nobody knows the cost too."""

    seconds: float
    usage: Usage | None = None
    cost: Cost = FREE
    counted: Decimal = Decimal(0)


class Asked(msgspec.Struct):
    """One call of an instance. `digest` is empty until it has to be told from another one.

    `reply` is there before the call where it was had before; `record`: in an earlier life of the run.
    """

    request: Request
    facts: ModelFacts | None
    attempt: int
    digest: str = ""
    ordinal: int = 0
    reply: Reply | None = None
    taken: Taken | None = None
    record: CallRecord | None = None
    is_kept: bool = False


class Replies(msgspec.Struct):
    """Those of one instance. `at_once`: every reply is kept before the step gets it. `base`: the journal of an earlier
    run, whose replies stand for the same requests and cost nothing any more.
    """

    run: Run
    instance: Instance
    at_once: bool
    base: Journal | None = None
    _only: Asked | None = None  # the first, as long as there is no second
    _has_several: bool = False
    _had: dict[tuple[str, int], Asked] = {}
    _equal: dict[str, int] = {}  # requests of this attempt, by digest
    _attempt: int = 0
    _earlier: dict[tuple[str, int], CallRecord] | None = None
    _order: asyncio.Lock | None = None

    def asked(self, request: Request, facts: ModelFacts | None) -> Asked:
        """The call that is about to be made."""
        if self._attempt != self.instance.attempts:
            self._attempt = self.instance.attempts
            self._equal.clear()
        return Asked(request, facts, self._attempt)

    def is_only(self, asked: Asked) -> bool:
        """Whether it is the first of all, and so none that was had before: it need not be told from another one yet."""
        if self._only is not None or self._has_several or self.run.journal.has_calls or self.base is not None:
            return False
        self._only = asked
        return True

    async def look_for(self, asked: Asked) -> None:
        """Whether it was had before; what was replied before is on the disk then. Raises JournalError."""
        if self._order is None:
            self._order = asyncio.Lock()
        async with self._order:
            self._has_several = True
            if self._only:
                only, self._only = self._only, None
                await self._number(only)
                if only.reply is not None:
                    await self._keep(only)
            await self._number(asked)

    def lost(self, asked: Asked) -> None:
        """No reply came: whoever tries again is not the second one."""
        if self._only is asked:
            self._only = None
        elif asked.attempt == self._attempt and self._equal.get(asked.digest, 0) == asked.ordinal + 1:
            self._equal[asked.digest] = asked.ordinal

    async def got(self, asked: Asked, reply: Reply, taken: Taken) -> None:
        """The call has come back. Raises JournalError."""
        asked.reply, asked.taken = reply, taken
        if not self._has_several and not self.at_once:
            return
        if not asked.digest:
            await self._number(asked)
        await self._keep(asked)

    async def _number(self, asked: Asked) -> None:
        asked.digest = digest_at(asked.request, asked.facts)
        if asked.attempt == self._attempt:
            asked.ordinal = self._equal.get(asked.digest, 0)
            self._equal[asked.digest] = asked.ordinal + 1
        key = (asked.digest, asked.ordinal)
        before = self._had.get(key)
        if before and before.reply is not None and asked.reply is None:
            asked.reply, asked.is_kept = before.reply, before.is_kept
            return
        self._had[key] = asked
        record = (await self._of_earlier_lives()).get(key)
        if record and asked.reply is None:
            asked.reply, asked.record, asked.is_kept = self._read(record), record, True

    async def _of_earlier_lives(self) -> dict[tuple[str, int], CallRecord]:
        if self._earlier is None:
            journal, instance = self.run.journal, self.instance
            records: list[CallRecord] = []
            if self.base is not None:
                of_base = await self.base.calls(instance.place, instance.node)
                records += [structs.replace(record, counted=True) for record in of_base]
            if journal.has_calls:
                records += await journal.calls(instance.place, instance.node)
            self._earlier = {(record.digest, record.ordinal): record for record in records}
        return self._earlier

    def _read(self, record: CallRecord) -> Reply:
        try:
            return reply_of(record.reply)
        except (ValueError, TypeError, KeyError) as error:
            raise JournalError("journal.damaged", record.place, str(error)) from error

    async def _keep(self, asked: Asked) -> None:
        if asked.is_kept or asked.reply is None or asked.taken is None:
            return
        asked.is_kept = True
        instance, taken, facts = self.instance, asked.taken, asked.facts
        await self.run.journal.commit_call(
            CallRecord(
                instance.place,
                instance.node,
                asked.digest,
                asked.ordinal,
                plain_reply(asked.reply),
                instance.scope,
                self.run.now,
                taken.seconds,
                asked.reply.model,
                facts.connection if facts else "",
                taken.usage,
                taken.cost,
                held=self.run.held,
            )
        )
