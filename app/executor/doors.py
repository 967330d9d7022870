"""The doors that a run is given: models, network and files, each already behind the broker's rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from app.costs.cost import Cost
from app.costs.price import Price
from app.costs.usage import Usage
from app.executor.moments import Moment, wall_moment
from app.sdk.context import Files, Net
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ModelFacts, Models
from app.sdk.memory import Memory, MemoryOfProcess

Pricing = Callable[[ModelFacts | None, Usage | None], Cost]


@dataclass(frozen=True, slots=True)
class Doors:
    """`may_ask` says whether a model was granted, `cost_of` prices a usage (None: the server did not say),
    `upper_bound` is what a call may cost at most, None where the price is unknown, `prices_of` the date of
    the price list, `price_of` the price of a model's tokens, None where nobody knows it. `memory` holds the
    conversations of this workflow. `moment` says what time it is to whom it matters after a restart, too.
    """

    models: Models
    net: Net
    files: Files
    may_ask: Callable[[ModelChoice], bool]
    cost_of: Pricing
    upper_bound: Callable[[ModelFacts | None, Usage], Decimal | None]
    prices_of: str = ""
    price_of: Callable[[ModelFacts | None], Price | None] = lambda _: None
    memory: Memory = field(default_factory=MemoryOfProcess)
    moment: Callable[[], Moment] = wall_moment


@dataclass(frozen=True, slots=True)
class Limits:
    """What binds a run. `time` is in seconds; `stop_after` is a number of failed rows."""

    budget: Decimal | None = None
    time: float | None = None
    rows_at_a_time: int = 4
    stop_after: int | None = None
