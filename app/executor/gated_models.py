"""The gate before every model call: cancelled? budget? then the call, then its usage, price and event."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from app.costs.cost import FREE, Cost
from app.costs.usage import NO_USAGE, Usage
from app.events.run_events import Failure, ModelCalled, Scope
from app.executor.run import Run
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatReply, ChatRequest, LabelScores, ModelFacts, ScoreRequest

_BYTES_A_TOKEN = 2  # deliberately few: a reservation must not be too small
_OUTPUT_UNSAID = 4096  # tokens reserved where a request sets no maximum
# Failures after which the provider may have worked, and so may bill, although no usage came back.
_MAY_BE_BILLED = frozenset({"model.timeout", "model.stream_cut", "model.bad_reply", "model.host_crashed"})

_Reply = TypeVar("_Reply", ChatReply, LabelScores)


@dataclass(slots=True)
class Account:
    """What one instance's calls came to."""

    calls: int = 0
    usage: Usage = NO_USAGE
    cost: Cost = FREE
    model: str = ""


class GatedModels:
    """`ctx.models` of one instance; passes calls on to the run's own door."""

    def __init__(self, run: Run, node: str, scope: Scope, account: Account) -> None:
        self._run = run
        self._node = node
        self._scope = scope
        self._account = account

    def facts(self, choice: ModelChoice) -> ModelFacts | None:
        return self._run.doors.models.facts(choice)

    async def chat(self, request: ChatRequest) -> ChatReply:
        sent = sum(len(message.content.encode()) for message in request.messages)
        written = 0
        show = request.on_text

        def on_text(piece: str) -> None:
            nonlocal written
            written += len(piece.encode())
            if show:
                show(piece)

        watched = replace(request, on_text=on_text) if show else request
        most = Usage(input=sent // _BYTES_A_TOKEN + 16, output=request.max_tokens or _OUTPUT_UNSAID)

        def so_far() -> Usage:
            return Usage(input=sent // 4, output=written // 4)

        return await self._gate(request.model, most, so_far, lambda: self._run.doors.models.chat(watched))

    async def score(self, request: ScoreRequest) -> LabelScores:
        sent = len(request.prompt.encode()) + sum(len(label.encode()) for label in request.labels)
        most = Usage(input=sent // _BYTES_A_TOKEN + 16, output=len(request.labels))
        return await self._gate(
            request.model, most, lambda: Usage(input=sent // 4), lambda: self._run.doors.models.score(request)
        )

    async def _gate(
        self,
        choice: ModelChoice,
        most: Usage,
        so_far: Callable[[], Usage],
        call: Callable[[], Awaitable[_Reply]],
    ) -> _Reply:
        run = self._run
        if run.stopping:
            raise NodeError("run.cancelled")
        facts = self.facts(choice)
        bound = run.doors.upper_bound(facts, most) or Decimal(0)
        await run.reserve(self._node, self._scope, bound)
        begun = time.monotonic()
        cost = FREE
        try:
            reply = await call()
            cost = run.doors.cost_of(facts, reply.usage)
            self._book(facts, reply.model, reply.usage, cost, time.monotonic() - begun, None)
            return reply
        except BaseException as error:
            failure = _failure_of(error)
            if failure is None or failure.code in _MAY_BE_BILLED:
                usage = so_far()
                cost = _estimated(run.doors.cost_of(facts, usage))
            else:
                usage, cost = NO_USAGE, FREE
            self._book(facts, facts.id if facts else "", usage, cost, time.monotonic() - begun, failure)
            raise
        finally:
            run.budget.settle(bound, cost.known)

    def _book(
        self,
        facts: ModelFacts | None,
        model: str,
        usage: Usage | None,
        cost: Cost,
        seconds: float,
        failure: Failure | None,
    ) -> None:
        account = self._account
        account.calls += 1
        account.usage += usage or NO_USAGE
        account.cost += cost
        account.model = model or account.model
        connection = facts.connection if facts else ""
        self._run.emit(
            ModelCalled(
                self._run.now,
                self._node,
                self._scope,
                model,
                connection,
                usage,
                cost,
                round(seconds, 4),
                failure,
            )
        )


def _estimated(cost: Cost) -> Cost:
    return Cost(cost.known, "estimated") if cost.state == "priced" else cost


def _failure_of(error: BaseException) -> Failure | None:
    """None for a cancelled call: what was generated until then is booked."""
    if isinstance(error, NodeError):
        return Failure(error.code, error.args_by_name, error.field)
    if isinstance(error, Exception):
        return Failure("node.bug", {"error": type(error).__name__, "detail": str(error)[:500]})
    return None
