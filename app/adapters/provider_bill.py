"""What a provider says that it charged for a call, where it says so beside the tokens."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from app.adapters.connection_kinds import KINDS, Bill
from app.adapters.sse import EventData
from app.sdk.errors import NodeError

_TICKS = Decimal(10_000_000_000)  # of a US dollar, as xAI counts
_DEAREST = Decimal(1_000)  # US dollars of one call; what is above is no such amount


_WAYS: Mapping[str, Bill] = {kind.id: kind.dialect.bill for kind in KINDS.values() if kind.dialect.bill}


def bill_of(provider: str) -> Bill:
    """How a provider says what it charged, whatever lane leads to it."""
    return _WAYS.get(provider, "")


class StreamedBill:
    """Reads the bytes of a streamed answer beside whoever reads its text, and keeps what they say was charged."""

    def __init__(self, way: Bill) -> None:
        self.way: Bill = way
        self._events = EventData()
        self.amount: Decimal | None = None

    def feed(self, chunk: bytes) -> None:
        with contextlib.suppress(NodeError):  # an event without end is for the other reader to refuse
            for data in self._events.feed(chunk):
                if b'"usage"' in data:
                    self._take(data)

    def _take(self, data: bytes) -> None:
        with contextlib.suppress(ValueError, RecursionError, AttributeError):
            usage: Any = json.loads(data).get("usage")
            if usage:
                self.amount = billed(usage, self.way)


def billed(usage: Any, way: Bill) -> Decimal | None:
    """US dollars, by the usage of an answer; None where it doesn't say. What can't be true isn't believed.

    OpenRouter: `cost`, in credits of a dollar each. With an account of one's own at the provider behind it, that is
    OpenRouter's own part alone, and what the provider takes comes on top.
    """
    if not way or not isinstance(usage, Mapping):
        return None
    said = cast("Mapping[str, Any]", usage)
    if way == "ticks":
        ticks = _amount(said.get("cost_in_usd_ticks"), _TICKS * _DEAREST)
        return None if ticks is None else ticks / _TICKS
    charged = _amount(said.get("cost"))
    if charged is None or not said.get("is_byok"):
        return charged
    details: Any = said.get("cost_details")
    if not isinstance(details, Mapping):
        return None
    behind = _amount(cast("Mapping[str, Any]", details).get("upstream_inference_cost"))
    return None if behind is None else charged + behind


def _amount(said: Any, most: Decimal = _DEAREST) -> Decimal | None:
    if not isinstance(said, (str, int, float)) or isinstance(said, bool):
        return None
    try:
        amount = Decimal(str(said))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount <= most else None
