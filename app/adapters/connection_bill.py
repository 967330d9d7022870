"""What trying a connection out costs: held of the profile's limits before the call, and kept in the ledger after it. It
is no run's, and so stands there under a name of its own.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.adapters.connection import Connection
from app.adapters.connection_check import Ask
from app.adapters.litellm_prices import PriceList
from app.adapters.model_places import is_free_here
from app.adapters.sqlite_runs import SqliteRuns
from app.costs.cost import FREE, Cost
from app.costs.ledger import CONNECTION_TESTS, Entry, Origin
from app.costs.limits import LimitReached
from app.costs.price import ASSUMED, cached_saving, counted_for
from app.costs.usage import Usage
from app.executor.billable import may_be_billed
from app.executor.booking import local_day
from app.executor.journal import JournalError
from app.executor.request_size import BYTES_A_TOKEN_ABOUT, bytes_of, chat_at_most, output_about
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatReply, ChatRequest, ModelFacts


@dataclass(frozen=True, slots=True)
class TriedCall:
    """The one call that may cost something, and what came of it: a reply or an error."""

    model: str
    request: ChatRequest
    seconds: float
    reply: ChatReply | None = None
    error: BaseException | None = None


class ConnectionBill:
    """Of one connection. What is not saved yet has no name, and so goes by its provider's."""

    def __init__(self, connection: Connection, prices: PriceList, runs: SqliteRuns) -> None:
        self._connection = connection
        self._name = connection.name or connection.title
        self._prices = prices
        self._runs = runs

    def paid(self, ask: Ask) -> Ask:
        """The same way to ask, with its money: no call leaves for which a limit has no room. Raises NodeError
        `connection.limit_*` then, and `journal.*` where nobody can say what others have spent.
        """

        async def call(model: str, request: ChatRequest) -> ChatReply:
            begun = time.perf_counter()
            async with self._held(model, request):
                try:
                    reply = await ask(model, request)
                except BaseException as error:
                    self._book(TriedCall(model, request, time.perf_counter() - begun, error=error))
                    raise
                self._book(TriedCall(model, request, time.perf_counter() - begun, reply))
                return reply

        return call

    @asynccontextmanager
    async def _held(self, model: str, request: ChatRequest) -> AsyncGenerator[None]:
        most = chat_at_most(request, bytes_of(request))
        bound = self._prices.upper_bound(self._facts(model), most)
        try:
            async with self._runs.held(
                self._name, ASSUMED.at_most(most) if bound is None else bound
            ) as reached:
                if reached is not None:
                    raise _refusal(reached)
                yield
        except JournalError as error:
            raise NodeError(error.code, path=error.path, reason=error.reason) from error

    def _book(self, call: TriedCall) -> None:
        entry = self.entry(call)
        if entry is not None:
            self._runs.book(entry)

    def entry(self, call: TriedCall) -> Entry | None:
        """What the ledger keeps of it; None where nothing was charged."""
        facts = self._facts(call.model)
        usage, cost = self._taken(call, facts)
        if cost.usd == 0:
            return None
        price, at, name = self._prices.price_of(facts), time.time(), self._name
        if price is not None:
            price = price.alone_for(usage.input)
        return Entry(
            Origin("", CONNECTION_TESTS, "", name, name, CONNECTION_TESTS, name, call.model, price),
            at,
            local_day(at),
            usage=usage,
            cost=cost,
            counted=counted_for(usage, cost),
            seconds=call.seconds,
            outcome=_outcome(call.error),
            cached_saving=cached_saving(usage, price),
        )

    def _taken(self, call: TriedCall, facts: ModelFacts) -> tuple[Usage, Cost]:
        reply, error = call.reply, call.error
        about = Usage(bytes_of(call.request) // BYTES_A_TOKEN_ABOUT, output_about(call.request))
        if facts.local or (error is not None and not may_be_billed(error)):
            return about, FREE
        if reply is not None and reply.billed is not None:
            return reply.usage or about, Cost(reply.billed, "billed")
        if reply is not None and reply.usage is not None and not reply.doubted:
            return reply.usage, self._prices.cost_of(facts, reply.usage)
        cost = self._prices.cost_of(facts, about)
        return about, cost.as_estimate

    def _facts(self, model: str) -> ModelFacts:
        one = self._connection
        extra = {"provider": one.provider, "address": one.address}
        is_free = is_free_here(self._prices, one, model)
        return ModelFacts(model, self._name, one.kind, local=is_free, extra=extra)


def _refusal(reached: LimitReached) -> NodeError:
    if reached.only_held:
        return NodeError("connection.limit_held")
    at = "_at" if reached.connection else ""
    return NodeError(
        f"connection.limit_{reached.span}{at}",
        limit=f"{reached.cap:f}",
        connection=reached.connection,
        renews=reached.renews,
    )


def _outcome(error: BaseException | None) -> str:
    if error is None:
        return ""
    return error.code if isinstance(error, NodeError) else "call.ended"
