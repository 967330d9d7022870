"""What a span of days would have cost, had one model answered every call: a sum that nobody has paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from msgspec.structs import replace

from app.costs.bill import Model
from app.costs.ledger import Part, Sum
from app.costs.price import Price
from app.costs.usage import NO_USAGE, Usage

BY_LENGTH: tuple[Part, ...] = ("connection", "model", "state", "length")


@dataclass(frozen=True, slots=True)
class OnOneModel:
    """`own` is what its own calls have cost, as they were paid; `calls` are those of others, which took `usage` and
    would have come to `input` and `output`. `is_plain`: two prices are enough to do that again.
    """

    own: Decimal = Decimal(0)
    own_calls: int = 0
    calls: int = 0
    usage: Usage = NO_USAGE
    input: Decimal = Decimal(0)
    output: Decimal = Decimal(0)
    is_plain: bool = True

    @property
    def amount(self) -> Decimal:
        return self.own + self.input + self.output


def on_one_model(sums: Sequence[Sum], model: Model, price: Price) -> OnOneModel:
    """`sums` are by `BY_LENGTH`. Tokens that a provider knew or kept for others it is taken to know or keep as well,
    at this model's prices for that; those that a free model knew are new to it.
    """
    own, own_calls, calls = Decimal(0), 0, 0
    usage, input_, output = NO_USAGE, Decimal(0), Decimal(0)
    for one in sums:
        connection, name, state, length = one.key
        if (connection, name) == model and state != "unknown":
            own, own_calls = own + one.cost.known, own_calls + one.calls
            continue
        took = replace(one.usage, cached=0, written=0) if state == "free" else one.usage
        holds = price.alone_for(int(length) * 1000 + 1)
        calls, usage = calls + one.calls, usage + took
        input_ += holds.of(replace(took, output=0, reasoning=0))
        output += holds.of(Usage(output=took.output, reasoning=took.reasoning))
    is_plain = (input_, output) == (price.input * usage.input, price.output * usage.output)
    return OnOneModel(own, own_calls, calls, usage, input_, output, is_plain)
