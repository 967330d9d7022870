"""Price: what a model's tokens cost, what a usage comes to, and what a call can cost at most."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from msgspec.structs import replace

from app.costs.cost import FREE, UNKNOWN, Cost
from app.costs.usage import Usage


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per token. `cached` at None costs what `input` costs, `reasoning` what `output` costs,
    `written` (input that the provider keeps for later calls) what `input` costs.

    `longer` holds, in rising order, (tokens, price): a call with more input than that is priced so as a whole.
    """

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    reasoning: Decimal | None = None
    longer: tuple[tuple[int, Price], ...] = ()
    written: Decimal | None = None

    @classmethod
    def of_rates(cls, rates: Mapping[str, Decimal]) -> Price:
        """By the names of `RATES`. Raises KeyError without one for input and output."""
        return cls(
            rates["input"],
            rates["output"],
            rates.get("cached"),
            rates.get("reasoning"),
            written=rates.get("written"),
        )

    @property
    def is_free(self) -> bool:
        return not any((self.input, self.output, self.cached, self.reasoning, self.longer, self.written))

    def for_input(self, tokens: int) -> Price:
        """The price that holds for a call with this much input."""
        return next((price for above, price in reversed(self.longer) if tokens > above), self)

    def alone_for(self, tokens: int) -> Price:
        """The same without those for longer calls: what the ledger keeps of a call."""
        return dataclasses.replace(self.for_input(tokens), longer=()) if self.longer else self

    def of(self, usage: Usage) -> Decimal:
        """The amount; cached, written and reasoning tokens are parts of input and output and not counted twice."""
        price = self.for_input(usage.input)
        cached = price.input if price.cached is None else price.cached
        written = price.input if price.written is None else price.written
        reasoning = price.output if price.reasoning is None else price.reasoning
        return (
            price.input * (usage.input - usage.cached - usage.written)
            + cached * usage.cached
            + written * usage.written
            + price.output * (usage.output - usage.reasoning)
            + reasoning * usage.reasoning
        )

    def at_most(self, usage: Usage) -> Decimal:
        """The upper bound for this many tokens, whichever part of them turns out cached or reasoned."""
        price = self.for_input(usage.input)
        return (
            max(price.input, price.cached or Decimal(0), price.written or Decimal(0)) * usage.input
            + max(price.output, price.reasoning or Decimal(0)) * usage.output
        )


RATES = ("input", "output", "cached", "reasoning", "written")
"""The attributes of a Price that are rates, by which files keep it."""


ASSUMED = Price(Decimal("0.000005"), Decimal("0.000025"))
"""What limits count where nobody knows a price: 5 and 25 dollars per million tokens, those of a strong model."""


def counted_for(usage: Usage, cost: Cost) -> Decimal:
    """What limits count for calls that took so much."""
    return cost.known if cost.state != "unknown" else max(cost.known, ASSUMED.of(usage))


class PriceBook(Protocol):
    """Where prices come from. `as_of` is the date of the list as people read it, ISO."""

    @property
    def as_of(self) -> str: ...

    def price(self, kind: str, model: str, connection: str = "") -> Price | None:
        """The price of a kind of connection's model, or of a model of one connection; None = unknown."""
        ...


def cost_of(usage: Usage | None, price: Price | None, *, local: bool = False) -> Cost:
    """What a call costs. A local model is free; no price or no usage is unknown, never 0."""
    if local:
        return FREE
    if usage is None or price is None:
        return UNKNOWN
    return FREE if price.is_free else Cost(price.of(usage), "priced")


def cached_saving(usage: Usage, price: Price | None) -> Decimal:
    """What was taken off because the provider had already processed a part of the input, less what it took for keeping
    another part; below nothing where keeping has cost more.
    """
    if price is None or not (usage.cached or usage.written):
        return Decimal(0)
    return price.of(replace(usage, cached=0, written=0)) - price.of(usage)


def upper_bound(usage: Usage, price: Price | None, *, local: bool = False) -> Decimal | None:
    """What a call with at most these tokens may cost; None where the price is unknown."""
    if local:
        return Decimal(0)
    return None if price is None else price.at_most(usage)
