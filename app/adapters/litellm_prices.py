"""Prices: the list that lies inside the pinned litellm package, read without importing it, below the person's own."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib import util
from pathlib import Path
from typing import Any, Literal, TypeAlias

from app.adapters.connection_kinds import GENERAL, KINDS, ListedAs
from app.adapters.listed_prices import ListedPrices
from app.adapters.own_prices import OwnPrices
from app.costs.cost import Cost
from app.costs.price import Price, cost_of, upper_bound
from app.costs.usage import Usage
from app.sdk.gateway import ModelFacts

PACKAGE = "litellm"
PINNED = "1.106.2"
# The day on which the pinned version was released: the list itself carries no date.
RELEASED = "2026-10-21"
LIST = "model_prices_and_context_window_backup.json"
_WRITING = frozenset({"chat", "responses", "completion"})  # modes of the list
_ALSO = {"cohere": ("cohere_chat",)}  # one provider, listed under two names
_DAY = re.compile(r"\d{4}-\d\d-\d\d")

Entry = Mapping[str, Any]
Mode: TypeAlias = Literal["chat", "embedding"]


@dataclass(frozen=True, slots=True)
class ListedFacts:
    """What the list says of a model beside its price; None = nothing."""

    context: int | None = None
    can_chat: bool | None = None
    can_schema: bool | None = None
    can_tools: bool | None = None
    can_see: bool | None = None
    can_embed: bool | None = None
    can_keep: bool | None = None  # beginnings of prompts, for later calls


class PriceList:
    """The PriceBook of this profile: the person's `own` prices first, then those `listed` by servers, then the list."""

    as_of = RELEASED

    def __init__(
        self, own: Path, listed: Path | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.own = OwnPrices(own, now)
        self.listed = ListedPrices(listed or own.with_name("listed_prices.json"))

    def price(
        self, kind: str, model: str, connection: str = "", provider: str = "", address: str = ""
    ) -> Price | None:
        """The person's own price, else what the list of the server at this address said, else ours; None where nobody
        knows the model.
        """
        own = self.own.price(kind, model, connection, address)
        if own is not None:
            return own
        said = self.listed.price(address, model)
        return _price_in_list(kind, model, provider) if said is None else said

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
            entry.get("supports_prompt_caching"),
        )

    def retired(self, kind: str, model: str, provider: str = "") -> str:
        """The day (ISO) on which a provider has retired a model, as the list says; empty while it hasn't."""
        day = (_entry(kind, model, provider) or {}).get("deprecation_date")
        return day if isinstance(day, str) and _DAY.fullmatch(day) and day <= _today() else ""

    def models(self, kind: str, provider: str = "", mode: Mode = "chat") -> tuple[str, ...]:
        """The models of a mode that the list knows for a kind."""
        prefix, listed_as = _listed_as(kind, provider)
        names = (
            key.removeprefix(prefix)
            for key, entry in _list().items()
            if entry.get("litellm_provider") in listed_as
            and entry.get("mode") == mode
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
