"""Prices that servers say themselves in their list of models, kept so that the next run knows them too."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, cast

from app.adapters.listed_model import Row
from app.costs.price import RATES, Price
from app.settings import write_atomically

_NAMES = (("prompt", "input"), ("completion", "output"), ("input_cache_read", "cached"))
_ALSO = (("internal_reasoning", "reasoning"), ("input_cache_write", "written"))
_FREE = ":free"  # how these servers name what costs nothing
_DEAREST = Decimal("0.002")  # dollars a token; what is above is a price of a million tokens


def price_in(row: Row) -> Price | None:
    """The price a token in a row of a list, as OpenRouter and servers after its fashion write it. None: it says none,
    or that it depends.
    """
    said: Any = row.get("pricing")
    if not isinstance(said, Mapping) or not _by_the_token(cast("Mapping[str, Any]", said)):
        return None
    pricing = cast("Mapping[str, Any]", said)
    rates = {name: _rate(pricing.get(theirs)) for theirs, name in (*_NAMES, *_ALSO)}
    request = _rate(pricing.get("request")) or Decimal(0)
    into, out = rates["input"], rates["output"]
    if into is None or out is None or request:
        return None  # a price for each call can't be said by the token
    if not (into or out) and not str(row.get("id")).endswith(_FREE):
        return None  # 0 is also what is written where a price is missing or made in another way
    return Price(
        into, out, rates["cached"] or None, rates["reasoning"] or None, written=rates["written"] or None
    )


def _by_the_token(pricing: Mapping[str, Any]) -> bool:
    unit, currency = str(pricing.get("unit") or "token"), str(pricing.get("currency") or "USD")
    return unit in ("token", "per_token") and currency.upper() == "USD"


def _rate(said: Any) -> Decimal | None:
    if not isinstance(said, (str, int, float)) or isinstance(said, bool):
        return None
    try:
        rate = Decimal(str(said))
    except InvalidOperation:
        return None
    return rate if rate.is_finite() and 0 <= rate < _DEAREST else None  # -1 means: it depends


class ListedPrices:
    """By address and model: what a connection is called, or leads to tomorrow, changes no server's prices. A file that
    can't be read or written is no loss: the next list says the same.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._prices: dict[str, Price] | None = None

    def price(self, address: str, model: str) -> Price | None:
        return self._known().get(_key(address, model)) if address else None

    def take(self, address: str, prices: Iterable[tuple[str, Price | None]]) -> None:
        """What the list of a server says now; what it said before and says no more is forgotten."""
        known = self._known()
        others = {name: price for name, price in known.items() if not name.startswith(_key(address, ""))}
        said = {_key(address, model): price for model, price in prices if price is not None}
        if known != others | said:
            self._prices = others | said
            with contextlib.suppress(OSError):
                write_atomically(self._file, json.dumps({k: _plain(p) for k, p in self._prices.items()}))

    def _known(self) -> dict[str, Price]:
        if self._prices is None:
            self._prices = {}
            with contextlib.suppress(
                OSError, ValueError, TypeError, AttributeError, KeyError, ArithmeticError
            ):
                saved = cast("dict[str, dict[str, str]]", json.loads(self._file.read_text("utf-8")))
                # Earlier versions wrote names of connections there.
                self._prices = {name: _price(plain) for name, plain in saved.items() if _is_address(name)}
        return self._prices


def _key(address: str, model: str) -> str:
    return f"{address}\n{model}"


def _is_address(key: str) -> bool:
    return "://" in key.partition("\n")[0]


def _plain(price: Price) -> dict[str, str]:
    return {part: str(rate) for part in RATES if (rate := getattr(price, part)) is not None}


def _price(plain: Mapping[str, str]) -> Price:
    """Raises ArithmeticError (InvalidOperation), KeyError, TypeError."""
    return Price.of_rates({part: Decimal(rate) for part, rate in plain.items()})
