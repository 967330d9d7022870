"""What trying a connection out has cost, as the ledger keeps it: no run's, and so under a name of its own."""

from __future__ import annotations

import time
from dataclasses import replace

from app.adapters.connection import Connection
from app.adapters.connection_check import TriedCall
from app.adapters.litellm_prices import PriceList
from app.costs.cost import FREE, Cost
from app.costs.ledger import CONNECTION_TESTS, Entry, Origin
from app.costs.price import cached_saving, counted_for
from app.costs.usage import Usage
from app.executor.billable import may_be_billed
from app.executor.booking import local_day
from app.executor.request_size import BYTES_A_TOKEN_ABOUT, bytes_of, output_about
from app.sdk.errors import NodeError
from app.sdk.gateway import ModelFacts


def booked(call: TriedCall, connection: Connection, prices: PriceList) -> Entry | None:
    """None where nothing was charged. What is not saved yet has no name, and so goes by its provider's."""
    name = connection.name or connection.title
    extra = {"provider": connection.provider, "address": connection.address}
    facts = ModelFacts(call.model, name, connection.kind, local=connection.is_local, extra=extra)
    usage, cost = _taken(call, facts, prices)
    if cost.usd == 0:
        return None
    price, at = prices.price_of(facts), time.time()
    if price is not None and price.longer:
        price = replace(price.for_input(usage.input), longer=())
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


def _taken(call: TriedCall, facts: ModelFacts, prices: PriceList) -> tuple[Usage, Cost]:
    reply, error = call.reply, call.error
    about = Usage(bytes_of(call.request) // BYTES_A_TOKEN_ABOUT, output_about(call.request))
    if facts.local or (error is not None and not may_be_billed(error)):
        return about, FREE
    if reply is not None and reply.billed is not None:
        return reply.usage or about, Cost(reply.billed, "billed")
    if reply is not None and reply.usage is not None and not reply.doubted:
        return reply.usage, prices.cost_of(facts, reply.usage)
    cost = prices.cost_of(facts, about)
    return about, Cost(cost.known, "estimated") if cost.state == "priced" else cost


def _outcome(error: BaseException | None) -> str:
    if error is None:
        return ""
    return error.code if isinstance(error, NodeError) else "call.ended"
