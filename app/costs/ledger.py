"""The ledger: what every model call has cost, kept for longer than the runs that made them, as data and a protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias, get_args

import msgspec

from app.costs.cost import FREE, Cost
from app.costs.price import Price
from app.costs.usage import NO_USAGE, Usage

EntrySource: TypeAlias = Literal["call", "cache", "compared"]
# With the run; before it was through; with its process, so that nobody knows what came of it.
EndedBy: TypeAlias = Literal["call.stopped", "call.ended", "call.broken_off"]
BROKEN_OFF: EndedBy = "call.broken_off"
Part: TypeAlias = Literal["day", "workflow", "run", "node", "model", "connection", "tier", "state", "length"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asked, whom, and at what price (None: nobody knows it). `title` is the author's own, empty where the step
    has none; `free`: the model runs on this computer.
    """

    run: str
    workflow_id: str
    workflow: str
    node: str
    title: str
    type: str
    connection: str
    model: str
    price: Price | None = None
    free: bool = False


CONNECTION_TESTS = (
    "connection.test"  # what stands in place of a workflow, and of a step's type, where no run asked
)


def is_ended(outcome: str) -> bool:
    """Whether a call was ended from here before its answer was whole."""
    return outcome in get_args(EndedBy)


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One call of a model, well ended or not; or by its `source` one answer that the cache gave instead, with what it
    `saved`; or one row that a step has `compared`: its `cost`, which stands at its calls and answers of the cache, and
    as `saved` what it would have been with the one model that the others are there to spare, unknown where either is.

    `at` is when it ended, in seconds since 1970; `day` is that day where the person was, "2026-11-20". `counted` is
    what limits count: the cost, or where nobody knows it the estimate. `outcome` is the code of the failure, or empty;
    an `EndedBy` where nobody waited for the answer any more, so that the call tells neither how fast its model is nor
    how sure. `cached_saving` is what the provider took off for tokens that it knew, less what it took for keeping
    others. `tier` and `part` say which of a step's calls it was.
    """

    origin: Origin
    at: float
    day: str
    scope: str = ""
    source: EntrySource = "call"
    usage: Usage = NO_USAGE
    cost: Cost = FREE
    counted: Decimal = Decimal(0)
    seconds: float = 0.0
    outcome: str = ""
    saved: Cost | None = None
    cached_saving: Decimal = Decimal(0)
    tier: int = 0
    part: str = ""

    @property
    def is_ended(self) -> bool:
        """See `is_ended`."""
        return is_ended(self.outcome)

    @property
    def is_failed(self) -> bool:
        """It came to nothing by itself."""
        return bool(self.outcome) and not self.is_ended


SHORT = 32_000


def length_of(tokens: int) -> int:
    """The part "length" of a call with so much input: 0 for a short one, else the whole thousands below it, so that one
    token more than that tells which price holds. Lists have other prices from some such thousand on.
    """
    return (tokens - 1) // 1000 if tokens > SHORT else 0


@dataclass(frozen=True, slots=True)
class Days:
    """From the first day to the last, both in it; empty: without an end."""

    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """Entries that agree in what was asked for. `key` holds those values in the order of the question, a workflow and
    a node by id, the `state` of the cost, the input's `length_of`; `names` are the latest words for them.

    `cost.known` is the sum of what is known, and `unknown` the number of calls that aren't in it; `counted` is what
    limits count for all of them. `failed` leaves out what was ended from here. `rows` is the different places
    in runs: rows, or runs without; `places` counts those too in which the cache alone has answered. `type` is that of
    the latest one's node. `broken_off` of the unknown calls were under way when their process went, and limits count
    `broken_off_counted` for them. The cost of `estimated` calls was guessed.

    `cache_unknown` of the answers `from_cache` had no known price. Of the tokens that models knew,
    `cached_free` cost nothing anyway, `cached_priced` had a price of their own, as had `written_priced` of those that
    were kept; known and kept ones without any price are `cached_unpriced`. `cached_guessed` are calls whose
    `cached_saving` is not exactly what was charged less. `compared` rows have cost `compared_cost` and would have been
    `instead`; for `not_compared` nobody can say.
    """

    key: tuple[str, ...]
    names: tuple[str, ...]
    calls: int = 0
    failed: int = 0
    free: int = 0
    unknown: int = 0
    usage: Usage = NO_USAGE
    cost: Cost = FREE
    counted: Decimal = Decimal(0)
    seconds: float = 0.0
    rows: int = 0
    models: int = 0
    from_cache: int = 0
    cache_saved: Cost = FREE
    cached_saving: Decimal = Decimal(0)
    type: str = ""
    broken_off: int = 0
    broken_off_counted: Decimal = Decimal(0)
    places: int = 0
    cache_unknown: int = 0
    cached_free: int = 0
    cached_priced: int = 0
    written_priced: int = 0
    cached_unpriced: int = 0
    cached_guessed: int = 0
    compared: int = 0
    compared_cost: Cost = FREE
    instead: Cost = FREE
    not_compared: int = 0
    estimated: int = 0


NOTHING = Sum((), ())


@dataclass(frozen=True, slots=True)
class Sample:
    """What one call took, well ended."""

    usage: Usage
    cost: Cost
    seconds: float
    at: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens written in a second, as seen here: the median of so many calls."""

    tokens: float
    calls: int


@dataclass(frozen=True, slots=True)
class Tries:
    """Calls of a model that were waited for, and those of them that came to nothing."""

    made: int
    failed: int


@dataclass(frozen=True, slots=True)
class Filter:
    """Only entries with these values; empty: whatever it is."""

    workflow: str = ""
    node: str = ""
    model: str = ""
    connection: str = ""
    run: str = ""


EVERYTHING = Filter()
ALWAYS = Days()


class Ledger(Protocol):
    """Read from here; written by runs, with their records. Shared by the processes of a profile.

    Raises JournalError.
    """

    async def sums(self, by: Sequence[Part], days: Days = ALWAYS, only: Filter = EVERYTHING) -> Sequence[Sum]:
        """One sum for each combination of the parts that occurs, in the order of their keys."""
        ...

    async def entries(
        self, days: Days = ALWAYS, only: Filter = EVERYTHING, first: int = 0, count: int = 1000
    ) -> Sequence[Entry]:
        """The entries themselves, in the order of time, page by page."""
        ...

    async def speeds(self, days: Days = ALWAYS) -> Mapping[tuple[str, str], Speed]:
        """By connection and model."""
        ...

    async def tries(self) -> Mapping[tuple[str, str], Tries]:
        """By connection and model, of the latest calls."""
        ...

    async def samples(
        self, workflow: str = "", node: str = "", model: str = "", most: int = 500
    ) -> Sequence[Sample]:
        """The latest calls first, of a workflow's node, or of a model wherever it was asked."""
        ...

    async def calls_at(self, run: str, since: float) -> Mapping[tuple[str, str], int]:
        """How many calls of a run ended since a time, in seconds since 1970, by node and scope: those that were booked
        behind one of that time, too.
        """
        ...

    async def throw_away(self, before: str) -> int:
        """Forgets entries of the days before this one. Gives how many went."""
        ...
