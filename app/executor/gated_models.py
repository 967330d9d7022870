"""The gate before every model call: stopped? granted? had before? cached? budget? then the call, then its usage, price
and event.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Generic, TypeVar, cast

from msgspec import structs

from app.costs.cost import FREE, Cost
from app.costs.ledger import EndedBy
from app.costs.price import ASSUMED
from app.costs.usage import NO_USAGE, Usage
from app.events.run_events import Failure, ModelCalled, Source
from app.executor.billable import may_be_billed
from app.executor.call_cache import CallCache
from app.executor.call_requests import Request
from app.executor.call_waits import CallWaits
from app.executor.failures import failure_of
from app.executor.instance import Instance
from app.executor.replies import Asked, Replies, Taken
from app.executor.request_size import (
    BYTES_A_TOKEN_ABOUT,
    bytes_of,
    bytes_of_labels,
    chat_at_most,
    embed_at_most,
    length,
    output_about,
    score_at_most,
)
from app.executor.run import Run
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import (
    ChatReply,
    ChatRequest,
    EmbedReply,
    EmbedRequest,
    LabelScores,
    Load,
    ModelFacts,
    ScoreRequest,
)

_QUOTED = 300  # characters of a refusal

_Reply = TypeVar("_Reply", ChatReply, LabelScores, EmbedReply)


@dataclass(frozen=True, slots=True)
class _WayOut(Generic[_Reply]):
    """One call's: `most` is what it may use at the utmost, `so_far` what it has used if it breaks off now, and
    `has_begun` whether anything of its answer has come.
    """

    most: Usage
    so_far: Callable[[], Usage]
    waits: CallWaits
    call: Callable[[], Awaitable[_Reply]]
    has_begun: Callable[[], bool] = lambda: False


class GatedModels:
    """`ctx.models` of one instance; passes calls on to the run's own door."""

    def __init__(self, run: Run, instance: Instance, replies: Replies, cache: CallCache | None) -> None:
        """`cache`: where the step's single replies are cached, and not what it gives."""
        self._run = run
        self._instance = instance
        self._replies = replies
        self._cache = cache

    def facts(self, choice: ModelChoice) -> ModelFacts | None:
        return self._run.doors.models.facts(choice)

    def load(self, choice: ModelChoice) -> Load | None:
        return self._run.doors.models.load(choice)

    async def chat(self, request: ChatRequest) -> ChatReply:
        sent = bytes_of(request)
        show, step = request.on_text, self._instance.node
        is_seen = show is not None and self._run.onlookers.begins(step)
        # None: nobody hears what the model writes before all of it is here.
        written: int | None = 0 if is_seen else None

        def on_text(piece: str) -> None:
            nonlocal written
            written = (written or 0) + len(piece.encode(errors="replace"))
            if show:
                show(piece)

        waits = CallWaits(self._run, self._instance)
        watched = structs.replace(request, on_text=on_text if is_seen else None, waits=waits)
        most = chat_at_most(request, sent)

        def so_far() -> Usage:
            output = output_about(request) if written is None else written // BYTES_A_TOKEN_ABOUT
            return Usage(sent // BYTES_A_TOKEN_ABOUT, output)

        async def call() -> ChatReply:
            nonlocal written
            reply = await self._run.doors.models.chat(watched)
            if _must_be_estimated(reply):
                calls = [text for call in reply.tool_calls for text in (call.name, call.arguments)]
                written = length(reply.text, *calls)
            return reply

        try:
            # Not the step's own request: that leads back to the step's context, and so to what is kept of its calls.
            reply = await self._gate(watched, _WayOut(most, so_far, waits, call, lambda: bool(written)))
        finally:
            if is_seen:
                self._run.onlookers.ends(step)
        if reply.doubted:
            self._run.tell(
                self._instance.node, self._instance.scope, "model.usage_doubted", model=reply.model
            )
        if reply.finish == "content_filter":  # it was paid for, but a refusal must not pass for a result
            facts = self.facts(request.model)
            connection, detail = facts.connection if facts else "", reply.text[:_QUOTED] or reply.finish
            raise NodeError("model.refused", connection=connection, model=reply.model, detail=detail)
        instance = self._instance
        instance.cut = instance.cut or reply.finish not in ("stop", "tool_calls")
        return reply

    async def score(self, request: ScoreRequest) -> LabelScores:
        sent = bytes_of_labels(request)
        waits = CallWaits(self._run, self._instance)
        score = self._run.doors.models.score
        return await self._gate(
            request,
            _WayOut(
                score_at_most(request),
                lambda: Usage(sent // BYTES_A_TOKEN_ABOUT),
                waits,
                lambda: score(replace(request, waits=waits)),
            ),
        )

    async def embed(self, request: EmbedRequest) -> EmbedReply:
        sent = length(*request.texts)
        waits = CallWaits(self._run, self._instance)
        embed = self._run.doors.models.embed
        return await self._gate(
            request,
            _WayOut(
                embed_at_most(request),
                lambda: Usage(sent // BYTES_A_TOKEN_ABOUT),
                waits,
                lambda: embed(replace(request, waits=waits)),
            ),
        )

    async def _gate(self, request: Request, way: _WayOut[_Reply]) -> _Reply:
        """As it was had before, or is in the cache, or paid for now."""
        run, choice, instance = self._run, request.model, self._instance
        run.check_going()
        if not run.doors.may_ask(choice):
            raise NodeError("model.not_granted", model=choice.target)
        run.call_begins(instance)
        try:
            asked = await self._replies.ask(request, self.facts(choice))
            if asked.reply is not None:
                self._had_before(asked)
                return cast("_Reply", asked.reply)
            if self._cache and (key := self._cache.key(asked)):
                async with self._cache.turn(key, instance):
                    found = await self._from_cache(asked, key)
                    return found or await self._pay(asked, way)
            return await self._pay(asked, way)
        finally:
            run.call_ends(instance)

    async def _pay(self, asked: Asked, way: _WayOut[_Reply]) -> _Reply:
        """Asks, and keeps what came."""
        try:
            reply, taken = await self._call(asked, way)
        except BaseException:
            self._replies.lost(asked)
            raise
        await self._replies.got(asked, reply, taken)
        if self._cache:
            self._cache.put(asked)
        return reply

    async def _call(self, asked: Asked, way: _WayOut[_Reply]) -> tuple[_Reply, Taken]:
        run, facts, most, waits = self._run, asked.facts, way.most, way.waits
        bound = run.doors.upper_bound(facts, most)
        bound = ASSUMED.at_most(most) if bound is None else bound
        connection = facts.connection if facts else ""
        held = await run.reserve(self._instance, connection, bound)
        begun = time.monotonic()
        spent = Decimal(0)
        try:
            reply = await way.call()
            guessed = _must_be_estimated(reply)
            usage = way.so_far() if guessed else reply.usage
            cost = run.doors.cost_of(facts, usage)
            charged = None if facts is not None and facts.local else _billed(reply)
            if charged is not None:
                cost = Cost(charged, "billed") if charged else FREE
            elif guessed:
                cost = cost.as_estimate
            # A cost that nobody knows is shown as unknown, but limits count what it may have been.
            spent = ASSUMED.of(usage or most) if cost.usd is None else cost.known
            taken = Taken(time.monotonic() - begun - waits.seconds, usage, cost, spent)
            self._book(asked, reply.model, taken)
            return reply, taken
        except BaseException as error:
            if waits.unsent:  # it cost nothing, and there was no call
                raise
            is_over = run.stopping or run.time_limit.expired
            ended: EndedBy = "call.stopped" if is_over else "call.ended"
            failure = failure_of(error) if isinstance(error, Exception) else Failure(ended)
            usage, cost = NO_USAGE, FREE
            if isinstance(error, NodeError) and error.used is not None:
                usage = error.used
                cost = run.doors.cost_of(facts, usage)
                cost = cost.as_estimate if error.is_guess else cost
            elif way.has_begun() or may_be_billed(error):
                usage = way.so_far()
                cost = run.doors.cost_of(facts, usage).as_estimate
            spent = ASSUMED.of(usage) if cost.usd is None else cost.known
            seconds = time.monotonic() - begun - waits.seconds
            taken = Taken(seconds, usage, cost, spent)
            self._book(asked, facts.id if facts else "", taken, failure)
            raise
        finally:
            run.settle(connection, bound, spent, held)

    def _had_before(self, asked: Asked) -> None:
        """What an earlier life paid is on the bill of this step; what this life paid is there already."""
        record = asked.record
        if record is None or record.counted:
            return
        self._instance.book(record.usage or NO_USAGE, record.cost)
        taken = Taken(record.seconds, record.usage, record.cost)
        self._tell(asked, record.model, taken, source="record")

    async def _from_cache(self, asked: Asked, key: str) -> Any:
        """The reply that is kept for the same request, or None. It counts as one of this instance's own."""
        found = await self._cache.get(key) if self._cache else None
        if found is None:
            return None
        reply, kept = found
        await self._replies.got(asked, reply, Taken(0.0, NO_USAGE))
        self._instance.saved = kept.cost if self._instance.saved is None else self._instance.saved + kept.cost
        self._tell(asked, kept.model, Taken(0.0, NO_USAGE), source="cache", saved=kept.cost)
        if asked.request.tier and not asked.request.part:
            self._instance.answered[asked.request.tier] = getattr(reply, "usage", None)
        return reply

    def _book(self, asked: Asked, model: str, taken: Taken, failure: Failure | None = None) -> None:
        usage = taken.usage or NO_USAGE
        self._instance.book(usage, taken.cost)
        self._run.paid.add(usage, taken.cost)
        self._tell(asked, model, taken, failure)

    def _tell(
        self,
        asked: Asked,
        model: str,
        taken: Taken,
        failure: Failure | None = None,
        source: Source = "",
        saved: Cost | None = None,
    ) -> None:
        instance, request = self._instance, asked.request
        if request.tier and not request.part and failure is None:
            instance.answered[request.tier] = taken.usage
        instance.model = model or instance.model
        called = ModelCalled(
            self._run.now,
            instance.node,
            instance.scope,
            model,
            asked.facts.connection if asked.facts else "",
            taken.usage,
            taken.cost,
            round(taken.seconds, 4),
            failure,
            source,
            saved,
            request.tier,
            request.part,
        )
        self._run.emit(called)
        self._run.booking.called(called, asked.facts, taken.counted)


def _must_be_estimated(reply: ChatReply | LabelScores | EmbedReply) -> bool:
    """Where the server gave no counts, or none that can be true."""
    return not isinstance(reply, LabelScores) and (reply.doubted or reply.usage is None)


def _billed(reply: ChatReply | LabelScores | EmbedReply) -> Decimal | None:
    return None if isinstance(reply, LabelScores) else reply.billed
