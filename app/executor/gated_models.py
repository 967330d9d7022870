"""The gate before every model call: stopped? granted? had before? cached? budget? then the call, then its usage, price
and event.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar, cast

import msgspec
from msgspec import structs

from app.costs.cost import FREE, Cost
from app.costs.ledger import EndedBy
from app.costs.price import ASSUMED, counted_for
from app.costs.usage import NO_USAGE, Usage
from app.events.run_events import Failure, ModelCalled, Source
from app.executor.billable import may_be_billed
from app.executor.call_cache import CallCache
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

_Request = TypeVar("_Request", ChatRequest, ScoreRequest, EmbedRequest)
_Reply = TypeVar("_Reply", ChatReply, LabelScores, EmbedReply)


class _WayOut(msgspec.Struct):
    """One call's: `most` is what it may use at the utmost; `sent` are the bytes of its texts, `expected` the tokens
    that its answer may have. `written`: so many bytes of the answer have come; None where nobody hears them come.
    """

    most: Usage
    sent: int
    waits: CallWaits
    expected: int = 0
    written: int | None = None

    def so_far(self) -> Usage:
        """What it has used if it breaks off now."""
        output = self.expected if self.written is None else self.written // BYTES_A_TOKEN_ABOUT
        return Usage(self.sent // BYTES_A_TOKEN_ABOUT, output)

    def hearing(self, show: Callable[[str], None]) -> Callable[[str], None]:
        """For who hears the answer while it is written."""
        self.written = 0

        def on_text(piece: str) -> None:
            self.written = (self.written or 0) + length(piece)
            show(piece)

        return on_text


class GatedModels(msgspec.Struct):
    """`ctx.models` of one instance; passes calls on to the run's own door."""

    _run: Run
    _instance: Instance
    _replies: Replies
    _cache: CallCache | None  # where the step's single replies are cached, and not what it gives

    def facts(self, choice: ModelChoice) -> ModelFacts | None:
        return self._run.doors.models.facts(choice)

    def load(self, choice: ModelChoice) -> Load | None:
        return self._run.doors.models.load(choice)

    async def chat(self, request: ChatRequest) -> ChatReply:
        run, instance, show = self._run, self._instance, request.on_text
        is_seen = show is not None and run.onlookers.begins(instance.node)
        sent, waits = bytes_of(request), CallWaits(run, instance)
        way = _WayOut(chat_at_most(request, sent), sent, waits, output_about(request))
        # Not the step's own request: that leads back to the step's context, and so to what is kept of its calls.
        on_text = way.hearing(show) if is_seen and show is not None else None
        watched = structs.replace(request, on_text=on_text, waits=waits)
        try:
            reply = await self._gate(watched, way, run.doors.models.chat)
        finally:
            if is_seen:
                run.onlookers.ends(instance.node)
        if reply.doubted:
            run.tell(instance.node, instance.scope, "model.usage_doubted", model=reply.model)
        if reply.finish == "content_filter":  # it was paid for, but a refusal must not pass for a result
            facts = self.facts(request.model)
            connection, detail = facts.connection if facts else "", reply.text[:_QUOTED] or reply.finish
            raise NodeError("model.refused", connection=connection, model=reply.model, detail=detail)
        instance.cut = instance.cut or reply.finish not in ("stop", "tool_calls")
        return reply

    async def score(self, request: ScoreRequest) -> LabelScores:
        waits = CallWaits(self._run, self._instance)
        way = _WayOut(score_at_most(request), bytes_of_labels(request), waits)
        return await self._gate(replace(request, waits=waits), way, self._run.doors.models.score)

    async def embed(self, request: EmbedRequest) -> EmbedReply:
        waits = CallWaits(self._run, self._instance)
        way = _WayOut(embed_at_most(request), length(*request.texts), waits)
        return await self._gate(replace(request, waits=waits), way, self._run.doors.models.embed)

    async def _gate(
        self, request: _Request, way: _WayOut, ask: Callable[[_Request], Awaitable[_Reply]]
    ) -> _Reply:
        """As it was had before, or is in the cache, or paid for now."""
        run, choice, instance, replies = self._run, request.model, self._instance, self._replies
        run.check_going()
        if not run.doors.may_ask(choice):
            raise NodeError("model.not_granted", model=choice.target)
        run.call_begins(instance)
        try:
            asked = replies.asked(request, run.doors.models.facts(choice))
            if not replies.is_only(asked):
                await replies.look_for(asked)
            if asked.reply is not None:
                self._had_before(asked)
                return cast("_Reply", asked.reply)
            if self._cache and (key := self._cache.key(asked)):
                async with self._cache.turn(key, instance):
                    found = await self._from_cache(asked, key)
                    return found or await self._pay(asked, way, ask)
            return await self._pay(asked, way, ask)
        finally:
            run.call_ends(instance)

    async def _pay(self, asked: Asked, way: _WayOut, ask: Callable[[Any], Awaitable[_Reply]]) -> _Reply:
        """Asks, and keeps what came."""
        run, facts = self._run, asked.facts
        bound = run.doors.upper_bound(facts, way.most)
        bound = ASSUMED.at_most(way.most) if bound is None else bound
        connection = facts.connection if facts else ""
        spent = Decimal(0)
        try:
            held = await run.reserve(self._instance, connection, bound)
            begun = time.monotonic()
            try:
                reply = await ask(asked.request)
                taken = self._taken(asked, way, reply, begun)
                spent = taken.counted
                self._book(asked, reply.model, taken)
            except BaseException as error:
                if not way.waits.unsent:  # else it cost nothing, and there was no call
                    spent = self._ended(asked, way, error, begun)
                raise
            finally:
                run.settle(connection, bound, spent, held)
        except BaseException:
            self._replies.lost(asked)
            raise
        await self._replies.got(asked, reply, taken)
        if self._cache:
            self._cache.put(asked)
        return reply

    def _taken(
        self, asked: Asked, way: _WayOut, reply: ChatReply | LabelScores | EmbedReply, begun: float
    ) -> Taken:
        """What a call took that was answered."""
        facts, usage, guessed, charged = asked.facts, reply.usage, False, None
        if not isinstance(reply, LabelScores):
            guessed, charged = reply.doubted or usage is None, reply.billed
        if guessed or usage is None:  # the server gave no counts, or none that can be true
            if isinstance(reply, ChatReply):
                calls = [text for call in reply.tool_calls for text in (call.name, call.arguments)]
                way.written = length(reply.text, *calls)
            usage = way.so_far()
        cost = self._run.doors.cost_of(facts, usage)
        if charged is not None and not (facts is not None and facts.local):
            cost = Cost(charged, "billed") if charged else FREE
        elif guessed:
            cost = cost.as_estimate
        # A cost that nobody knows is shown as unknown, but limits count what it may have been.
        counted = counted_for(usage, cost)
        return Taken(time.monotonic() - begun - way.waits.seconds, usage, cost, counted)

    def _ended(self, asked: Asked, way: _WayOut, error: BaseException, begun: float) -> Decimal:
        """Books a call that came to nothing. Gives what limits count for it."""
        run, facts = self._run, asked.facts
        is_over = run.stopping or run.time_limit.expired
        ended: EndedBy = "call.stopped" if is_over else "call.ended"
        failure = failure_of(error) if isinstance(error, Exception) else Failure(ended)
        usage, cost = NO_USAGE, FREE
        if isinstance(error, NodeError) and error.used is not None:
            usage = error.used
            cost = run.doors.cost_of(facts, usage)
            cost = cost.as_estimate if error.is_guess else cost
        elif way.written or may_be_billed(error):
            usage = way.so_far()
            cost = run.doors.cost_of(facts, usage).as_estimate
        spent = counted_for(usage, cost)
        seconds = time.monotonic() - begun - way.waits.seconds
        self._book(asked, facts.id if facts else "", Taken(seconds, usage, cost, spent), failure)
        return spent

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
