"""The person's own prices, in a file that they may also write by hand."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, cast

from app.costs.price import RATES, Price
from app.settings import write_atomically

MILLION = Decimal(1_000_000)
LOOKED_AFTER = 1.0  # seconds for which the prices stand without a look at their file


class OwnPrices:
    """{"<connection, address or kind>/<model>": {"input": "0.15", "output": "0.60", "cached": …, "reasoning": …}}, in
    US dollars per million tokens; the first of these that is there counts.

    What is said in the window is kept by the address, which stays when a connection gets another name. The file is
    read again within `LOOKED_AFTER` seconds when it changed. `now` is a clock in seconds.
    """

    def __init__(self, file: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._now = now
        self._look_at = -math.inf  # when the file is looked at next
        self._stamp: tuple[int, int] | None = None
        self._prices: Mapping[str, Price] = {}

    def price(self, kind: str, model: str, connection: str, address: str) -> Price | None:
        prices = self._known()
        if not prices:
            return None
        for key in (_key(connection, model), _key(address, model), _key(kind, model)):
            if key in prices:
                return prices[key]
        return None

    def give(self, connection: str, model: str, into: Decimal, out: Decimal, address: str = "") -> None:
        """The person says a price. Raises OSError."""
        saved, before = self._saved(), _key(connection, model)
        key = _key(address, model) if address else before
        said = saved.get(key, saved.pop(before, None) if address else None)
        others = cast("dict[str, Any]", said) if isinstance(said, dict) else {}
        self._save({**saved, key: {**others, "input": str(into), "output": str(out)}})

    def rename(self, old: str, new: str) -> None:
        """What was said of a connection by its name goes with it. Raises OSError."""
        saved, begin = self._saved(), _key(old, "")
        moved = {
            _key(new, key.removeprefix(begin)) if key.startswith(begin) else key: entry
            for key, entry in saved.items()
        }
        if moved != saved:
            self._save(moved)

    def _saved(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self._file.read_text("utf-8")))
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError) as error:  # what a person wrote there is not to be lost
            raise OSError(str(error)) from error

    def _save(self, prices: Mapping[str, Any]) -> None:
        write_atomically(self._file, json.dumps(prices, indent=2, ensure_ascii=False))
        self._look_at = -math.inf

    def _known(self) -> Mapping[str, Price]:
        now = self._now()
        if now < self._look_at:
            return self._prices
        self._look_at = now + LOOKED_AFTER
        try:
            state = self._file.stat()
        except OSError:
            self._stamp, self._prices = None, {}
            return self._prices
        stamp = (state.st_mtime_ns, state.st_size)
        if stamp != self._stamp:
            self._stamp, self._prices = stamp, _read(self._file)
        return self._prices


def _key(place: str, model: str) -> str:
    return f"{place}/{model}"


def _read(path: Path) -> dict[str, Price]:
    """One that can't be read is left out, so that its cost is unknown and not wrong."""
    try:
        saved: dict[str, Any] = dict(json.loads(path.read_text("utf-8"), parse_float=Decimal))
    except (OSError, ValueError, TypeError):
        return {}
    prices = {key: _price(entry) for key, entry in saved.items()}
    return {key: price for key, price in prices.items() if price is not None}


def _price(entry: Any) -> Price | None:
    try:
        rates = {part: Decimal(str(entry[part])) / MILLION for part in RATES if entry.get(part) is not None}
        if not all(rate.is_finite() and rate >= 0 for rate in rates.values()):
            return None
        return Price.of_rates(rates)
    except (TypeError, AttributeError, KeyError, InvalidOperation):
        return None
