"""The gate before every model call: stopped? granted? budget? then the call, then its usage, price and event."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from app.costs.cost import FREE, Cost
from app.costs.usage import NO_USAGE, Usage
from app.events.run_events import Failure, ModelCalled
from app.executor.failures import failure_of
from app.executor.instance import Instance
from app.executor.run import Run
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatReply, ChatRequest, LabelScores, ModelFacts, ScoreRequest

_BYTES_A_TOKEN = 2  # deliberately few: a reservation must not be too small
_BYTES_A_TOKEN_ABOUT = 4  # what a call that broke off is taken to have used
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
        sent = _bytes_of(request)
        written = 0
        show = request.on_text

        def on_text(piece: str) -> None:
            nonlocal written
            written += len(piece.encode(errors="replace"))
            if show:
                show(piece)

        watched = replace(request, on_text=on_text) if show else request
        most = Usage(input=sent // _BYTES_A_TOKEN + 16, output=request.max_tokens or _OUTPUT_UNSAID)

        def so_far() -> Usage:
            return Usage(sent // _BYTES_A_TOKEN_ABOUT, written // _BYTES_A_TOKEN_ABOUT)

        return await self._gate(request.model, most, so_far, lambda: self._run.doors.models.chat(watched))

    async def score(self, request: ScoreRequest) -> LabelScores:
        sent = _length(request.prompt, *request.labels)
        most = Usage(input=sent // _BYTES_A_TOKEN + 16, output=len(request.labels))
        return await self._gate(
            request.model,
            most,
            lambda: Usage(sent // _BYTES_A_TOKEN_ABOUT),
            lambda: self._run.doors.models.score(request),
        )

    async def _gate(
        self,
        choice: ModelChoice,
        most: Usage,
        so_far: Callable[[], Usage],
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
            cost = run.doors.cost_of(facts, reply.usage)
            # A cost that nobody knows is shown as unknown, but it must not let the cap be overrun.
            spent = max(bound, cost.known) if cost.usd is None else cost.known
            self._book(facts, reply.model, reply.usage, cost, time.monotonic() - begun)
            return reply
        except BaseException as error:
            # None for a call that was ended: what was generated until then is booked.
            failure = failure_of(error) if isinstance(error, Exception) else None
            usage, cost = NO_USAGE, FREE
            if failure is None or failure.code in _MAY_BE_BILLED:
                usage = so_far()
                cost = _estimated(run.doors.cost_of(facts, usage))
            spent = cost.known
            self._book(facts, facts.id if facts else "", usage, cost, time.monotonic() - begun, failure)
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
        instance.calls += 1
        instance.usage += usage or NO_USAGE
        instance.cost += cost
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


def _bytes_of(request: ChatRequest) -> int:
    """All that the model has to read: the messages, and the schema and tools that go along."""
    texts = [message.content for message in request.messages]
    texts += [call.arguments for message in request.messages for call in message.tool_calls]
    texts += [json.dumps([tool.name, tool.description, tool.parameters]) for tool in request.tools]
    if request.schema:
        texts.append(json.dumps(request.schema))
    return _length(*texts)


def _length(*texts: str) -> int:
    return sum(len(text.encode(errors="replace")) for text in texts)


def _estimated(cost: Cost) -> Cost:
    return Cost(cost.known, "estimated") if cost.state == "priced" else cost
