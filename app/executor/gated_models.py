"""The gate before every model call: stopped? granted? budget? then the call, then its usage, price and event."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from app.costs.cost import FREE, Cost
from app.costs.usage import NO_USAGE, Usage
from app.events.run_events import Failure, ModelCalled
from app.executor.call_waits import CallWaits
from app.executor.failures import failure_of
from app.executor.instance import Instance
from app.executor.request_size import BYTES_A_TOKEN_ABOUT, bytes_of, length
from app.executor.run import Run
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatReply, ChatRequest, LabelScores, ModelFacts, ScoreRequest

_BYTES_A_TOKEN = 2  # deliberately few: a reservation must not be too small
_QUOTED = 300  # characters of a refusal
_OUTPUT_UNSAID = 4096  # tokens reserved where a request sets no maximum
# Failures after which the provider may have worked, and so may bill, although no usage came back.
_MAY_BE_BILLED = frozenset({"model.timeout", "model.stream_cut", "model.bad_reply", "model.host_crashed"})

_Reply = TypeVar("_Reply", ChatReply, LabelScores)


class GatedModels:
    """`ctx.models` of one instance; passes calls on to the run's own door."""

    def __init__(self, run: Run, instance: Instance) -> None:
        self._run = run
        self._instance = instance

    def facts(self, choice: ModelChoice) -> ModelFacts | None:
        return self._run.doors.models.facts(choice)

    async def chat(self, request: ChatRequest) -> ChatReply:
        sent = bytes_of(request)
        written = 0
        show = request.on_text

        def on_text(piece: str) -> None:
            nonlocal written
            written += len(piece.encode(errors="replace"))
            if show:
                show(piece)

        waits = CallWaits(self._run, self._instance)
        watched = replace(request, on_text=on_text if show else None, waits=waits)
        most = Usage(input=sent // _BYTES_A_TOKEN + 16, output=request.max_tokens or _OUTPUT_UNSAID)

        def so_far() -> Usage:
            return Usage(sent // BYTES_A_TOKEN_ABOUT, written // BYTES_A_TOKEN_ABOUT)

        async def call() -> ChatReply:
            nonlocal written
            reply = await self._run.doors.models.chat(watched)
            written = len(reply.text.encode(errors="replace"))
            return reply

        reply = await self._gate(request.model, most, so_far, waits, call)
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
        sent = length(request.prompt, *request.labels)
        most = Usage(input=sent // _BYTES_A_TOKEN + 16, output=len(request.labels))
        waits = CallWaits(self._run, self._instance)
        return await self._gate(
            request.model,
            most,
            lambda: Usage(sent // BYTES_A_TOKEN_ABOUT),
            waits,
            lambda: self._run.doors.models.score(replace(request, waits=waits)),
        )

    async def _gate(
        self,
        choice: ModelChoice,
        most: Usage,
        so_far: Callable[[], Usage],
        waits: CallWaits,
        call: Callable[[], Awaitable[_Reply]],
    ) -> _Reply:
        """`most` is what the call may use at the utmost, `so_far` what it has used if it breaks off now."""
        run = self._run
        run.check_going()
        if not run.doors.may_ask(choice):
            raise NodeError("model.not_granted", model=choice.target)
        facts = self.facts(choice)
        bound = run.doors.upper_bound(facts, most) or Decimal(0)
        await run.reserve(self._instance, bound)
        begun = time.monotonic()
        spent = Decimal(0)
        try:
            reply = await call()
            guessed = _must_be_estimated(reply)
            usage = so_far() if guessed else reply.usage
            cost = run.doors.cost_of(facts, usage)
            cost = _estimated(cost) if guessed else cost
            # A cost that nobody knows is shown as unknown, but it must not let the cap be overrun.
            spent = max(bound, cost.known) if cost.usd is None else cost.known
            self._book(facts, reply.model, usage, cost, time.monotonic() - begun - waits.seconds)
            return reply
        except BaseException as error:
            if waits.unsent:  # it cost nothing, and there was no call
                raise
            # None for a call that was ended: what was generated until then is booked.
            failure = failure_of(error) if isinstance(error, Exception) else None
            usage, cost = NO_USAGE, FREE
            if failure is None or failure.code in _MAY_BE_BILLED:
                usage = so_far()
                cost = _estimated(run.doors.cost_of(facts, usage))
            spent = cost.known
            seconds = time.monotonic() - begun - waits.seconds
            self._book(facts, facts.id if facts else "", usage, cost, seconds, failure)
            raise
        finally:
            run.budget.settle(bound, spent)

    def _book(
        self,
        facts: ModelFacts | None,
        model: str,
        usage: Usage | None,
        cost: Cost,
        seconds: float,
        failure: Failure | None = None,
    ) -> None:
        instance = self._instance
        instance.book(usage or NO_USAGE, cost)
        self._run.paid.add(usage or NO_USAGE, cost)
        instance.model = model or instance.model
        connection = facts.connection if facts else ""
        self._run.emit(
            ModelCalled(
                self._run.now,
                instance.node,
                instance.scope,
                model,
                connection,
                usage,
                cost,
                round(seconds, 4),
                failure,
            )
        )


def _must_be_estimated(reply: ChatReply | LabelScores) -> bool:
    """Where the server's counts can't be true, or would have come behind the place where we stopped it."""
    return isinstance(reply, ChatReply) and (
        reply.doubted or (reply.usage is None and reply.finish == "repetition")
    )


def _estimated(cost: Cost) -> Cost:
    return Cost(cost.known, "estimated") if cost.state == "priced" else cost
