"""The situation that a forecast is made for: what models cost and how they behave, and what is known of the inputs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from app.costs.price import Price
from app.sdk.fields import ModelChoice


@dataclass(frozen=True, slots=True)
class Rate:
    """A model as the forecast needs it: its id, price (None: unknown), whether it is free here, its speed if seen.

    `at_once` is how many calls its connection takes at a time (0: no limit), `rpm` and `tpm` how many calls and tokens
    a minute; `connection` says which share that. Of `tried` calls seen here, `failed` came to nothing.
    """

    id: str
    price: Price | None = None
    free: bool = False
    tokens_a_second: float | None = None
    connection: str = ""
    at_once: int = 0
    tried: int = 0
    failed: int = 0
    rpm: int | None = None
    tpm: int | None = None

    @property
    def is_priced(self) -> bool:
        return self.free or self.price is not None

    def usd(self, read: float, written: float) -> float:
        """0 where nobody knows; who asks looks at `is_priced`, too."""
        if self.free or self.price is None:
            return 0.0
        price = self.price.for_input(int(read))
        return float(price.input) * read + float(price.output) * written


@dataclass(frozen=True, slots=True)
class Content:
    """What a step will give, as far as it is known before: its tokens, and how many rows where it is a table."""

    tokens: float
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Situation:
    """`sizes` are tokens of the run's inputs by name, `counts` the lengths of those that are lists; `rows` how many
    rows are run, None where it is one run. `at_a_time` is how many rows go on at once. `contents` are those of the
    files that steps read, by step. `kept` are, for equally likely rows or for the run, the steps that the cache has
    answers for.
    """

    rate_of: Callable[[ModelChoice], Rate | None]
    sizes: Mapping[str, float]
    counts: Mapping[str, int]
    rows: int | None = None
    at_a_time: int = 4
    contents: Mapping[str, Content] = field(default_factory=dict[str, Content])
    kept: Sequence[Collection[str]] = ()
