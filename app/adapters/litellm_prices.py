"""Prices: the list that lies inside the pinned litellm package, read without importing it, below the person's own."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import util
from pathlib import Path
from typing import Any, cast

from app.adapters.connection_kinds import GENERAL, KINDS, ListedAs
from app.adapters.listed_prices import ListedPrices
from app.costs.cost import Cost
from app.costs.price import Price, cost_of, upper_bound
from app.costs.usage import Usage
from app.sdk.gateway import ModelFacts
from app.settings import write_atomically

PACKAGE = "litellm"
PINNED = "1.106.2"
# The day on which the pinned version was released: the list itself carries no date.
RELEASED = "2026-10-21"
LIST = "model_prices_and_context_window_backup.json"
MILLION = Decimal(1_000_000)
_WRITING = frozenset({"chat", "responses", "completion"})  # modes of the list
_ALSO = {"cohere": ("cohere_chat",)}  # one provider, listed under two names
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
LOOKED_AFTER = 1.0  # seconds for which the person's own prices stand without a look at their file
OWN_PARTS = ("input", "output", "cached", "reasoning", "written")

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ListedFacts:
    """What the list says of a model beside its price; None = nothing."""

    context: int | None = None
    can_chat: bool | None = None
    can_schema: bool | None = None
    can_tools: bool | None = None
    can_see: bool | None = None
    can_embed: bool | None = None


class PriceList:
    """The PriceBook of this profile.

    `own` is a file with the person's own prices, which come first:
    {"<connection or kind>/<model>": {"input": "0.15", "output": "0.60", "cached": …, "reasoning": …}},
    in US dollars per million tokens. It is read again within `LOOKED_AFTER` seconds when it changed. `listed` is what
    servers say themselves. `now` is a clock in seconds.
    """

    as_of = RELEASED

    def __init__(
        self, own: Path, listed: Path | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._own_file = own
        self.listed = ListedPrices(listed or own.with_name("listed_prices.json"))
        self._now = now
        self._look_at = -math.inf  # when the file is looked at next
        self._own_stamp: tuple[int, int] | None = None
        self._own: Mapping[str, Price] = {}

    def price(
        self, kind: str, model: str, connection: str = "", provider: str = "", address: str = ""
    ) -> Price | None:
        """The person's own price, else what the list of the server at this address said, else ours; None where nobody
        knows the model.
        """
        own = self._own_prices()
        if own:
            for key in (f"{connection}/{model}", f"{kind}/{model}"):
                if key in own:
                    return own[key]
        said = self.listed.price(address, model)
        return _price_in_list(kind, model, provider) if said is None else said

    def give(self, connection: str, model: str, into: Decimal, out: Decimal) -> None:
        """The person says a price, in US dollars per million tokens. Raises OSError."""
        try:
            saved: dict[str, Any] = dict(json.loads(self._own_file.read_text("utf-8")))
        except FileNotFoundError:
            saved = {}
        except (ValueError, TypeError) as error:  # what a person wrote there is not to be lost
            raise OSError(str(error)) from error
        before = saved.get(f"{connection}/{model}")
        others = cast("dict[str, Any]", before) if isinstance(before, dict) else {}
        saved[f"{connection}/{model}"] = {**others, "input": str(into), "output": str(out)}
        write_atomically(self._own_file, json.dumps(saved, indent=2, ensure_ascii=False))
        self._look_at = -math.inf

    def facts(self, kind: str, model: str, provider: str = "") -> ListedFacts:
        """What the list says a model can do."""
        entry = _entry(kind, model, provider)
        if entry is None:
            return ListedFacts()
        context, mode = entry.get("max_input_tokens"), entry.get("mode")
        return ListedFacts(
            context if isinstance(context, int) else None,
            mode in _WRITING if mode else None,
            entry.get("supports_response_schema"),
            entry.get("supports_function_calling"),
            entry.get("supports_vision"),
            mode == "embedding" if mode else None,
        )

    def retired(self, kind: str, model: str, provider: str = "") -> str:
        """The day (ISO) on which a provider has retired a model, as the list says; empty while it hasn't."""
        day = (_entry(kind, model, provider) or {}).get("deprecation_date")
        return day if isinstance(day, str) and _DAY.fullmatch(day) and day <= _today() else ""

    def models(self, kind: str, provider: str = "") -> tuple[str, ...]:
        """The chat models that the list knows for a kind."""
        prefix, listed_as = _listed_as(kind, provider)
        names = (
            key.removeprefix(prefix)
            for key, entry in _list().items()
            if entry.get("litellm_provider") in listed_as
            and entry.get("mode") == "chat"
            and (key.startswith(prefix) or provider)
        )
        return tuple(sorted(names))

    def cost_of(self, facts: ModelFacts | None, usage: Usage | None) -> Cost:
        """What a call of this model cost; `usage` None: the server did not say."""
        return cost_of(usage, self.price_of(facts), local=facts is not None and facts.local)

    def upper_bound(self, facts: ModelFacts | None, usage: Usage) -> Decimal | None:
        """What a call with at most these tokens may cost; None = unknown."""
        return upper_bound(usage, self.price_of(facts), local=facts is not None and facts.local)

    def price_of(self, facts: ModelFacts | None) -> Price | None:
        """The price of a model's tokens; None: free on this computer, or not known."""
        if facts is None or facts.local:
            return None
        provider, address = (str(facts.extra.get(name, "")) for name in ("provider", "address"))
        return self.price(facts.kind, facts.id, facts.connection, provider, address)

    def _own_prices(self) -> Mapping[str, Price]:
        now = self._now()
        if now < self._look_at:
            return self._own
        self._look_at = now + LOOKED_AFTER
        try:
            state = self._own_file.stat()
        except OSError:
            self._own_stamp, self._own = None, {}
            return self._own
        stamp = (state.st_mtime_ns, state.st_size)
        if stamp != self._own_stamp:
            self._own_stamp, self._own = stamp, _read_own(self._own_file)
        return self._own


def _read_own(path: Path) -> dict[str, Price]:
    """The person's prices; one that can't be read is left out, so that its cost is unknown and not wrong."""
    try:
        saved: dict[str, Any] = dict(json.loads(path.read_text("utf-8"), parse_float=Decimal))
    except (OSError, ValueError, TypeError):
        return {}
    prices = {key: _own_price(entry) for key, entry in saved.items()}
    return {key: price for key, price in prices.items() if price is not None}


def _own_price(entry: Any) -> Price | None:
    try:
        rates = {
            part: Decimal(str(entry[part])) / MILLION for part in OWN_PARTS if entry.get(part) is not None
        }
        if not all(rate.is_finite() and rate >= 0 for rate in rates.values()):
            return None
        return Price(
            rates["input"],
            rates["output"],
            rates.get("cached"),
            rates.get("reasoning"),
            written=rates.get("written"),
        )
    except (TypeError, AttributeError, KeyError, InvalidOperation):
        return None


def list_path() -> Path | None:
    """Where the list lies; None where the package is not installed. Finding a package doesn't import it."""
    found = util.find_spec(PACKAGE)
    return Path(found.origin).with_name(LIST) if found and found.origin else None


@cache
def _list() -> Mapping[str, Entry]:
    """The whole list, about 4,000 models; read once, when the first price is asked for."""
    path = list_path()
    if path is None:
        return {}
    return json.loads(path.read_text("utf-8"), parse_float=Decimal)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _listed_as(kind: str, provider: str) -> ListedAs:
    if kind == GENERAL and provider:
        return f"{provider}/", (provider, *_ALSO.get(provider, ()))
    return KINDS[kind].listed_as if kind in KINDS else ("", ())


@cache
def _entry(kind: str, model: str, provider: str = "") -> Entry | None:
    """The list's entry for a kind's model; the same name at another provider is another model."""
    prefix, providers = _listed_as(kind, provider)
    entries = _list()
    for key in (prefix + model, model):
        entry = entries.get(key)
        if entry is not None and entry.get("litellm_provider") in providers:
            return entry
    return None


@cache
def _price_in_list(kind: str, model: str, provider: str) -> Price | None:
    entry = _entry(kind, model, provider)
    return None if entry is None else _listed_price(entry)


def _listed_price(entry: Entry) -> Price | None:
    """An entry's price, or None.

    0 in the list mostly means "charged in another way" or "not known", so it isn't taken for free.
    """
    tiers = list(_tiers(entry))
    price = _rates(entry)
    if tiers and tiers[0][0] == 0:
        price = tiers.pop(0)[1]
    if price is None or not (price.input or price.output):
        return None
    return Price(price.input, price.output, price.cached, price.reasoning, tuple(tiers), price.written)


def _tiers(entry: Entry) -> Iterable[tuple[int, Price]]:
    """(from how many input tokens on, price): the list writes them in two ways."""
    for tier in entry.get("tiered_pricing", ()):
        price = _rates(tier)
        if price is not None and "range" in tier:
            yield int(tier["range"][0]), price
    above = sorted(
        int(match[1])
        for match in (re.fullmatch(r"input_cost_per_token_above_(\d+)k_tokens", name) for name in entry)
        if match
    )
    for thousands in above:
        price = _rates(entry, f"_above_{thousands}k_tokens")
        if price is not None:
            yield thousands * 1000, price


def _rates(entry: Entry, ending: str = "") -> Price | None:
    def rate(name: str) -> Decimal | None:
        value = entry.get(f"{name}{ending}")
        return None if value is None else Decimal(value)

    input_, output = rate("input_cost_per_token"), rate("output_cost_per_token")
    if input_ is None or output is None:
        return None
    cached, written = rate("cache_read_input_token_cost"), rate("cache_creation_input_token_cost")
    return Price(input_, output, cached, rate("output_cost_per_reasoning_token"), written=written)
