"""The filters of pickers, in words: which models are free, private, cheap, strong, or see pictures, by fixed rules.

- free: nothing is charged, since it runs on this computer or its price is known to be 0.
- private: data stays on this computer. An own server elsewhere is not private: data travels there.
- cheap: free, or at most CHEAP dollars a million tokens, three read for one written. An unknown price is not cheap.
- strong: who stands for the role "strong" here, or a price of at least STRONG (same mix), or a name that says at
  least STRONG_SIZE billion parameters. A price is what providers ask for strength, not a measurement of it.
- pictures: the model is known to take pictures.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from typing import Literal, TypeAlias, get_args

from app.adapters.shelf import ModelLine, Shelf
from app.sdk.fields import ModelChoice

Filter: TypeAlias = Literal["free", "private", "cheap", "strong", "pictures"]
FILTERS: tuple[Filter, ...] = get_args(Filter)
CHEAP = Decimal(1)  # dollars a million tokens
STRONG = Decimal(3)
STRONG_SIZE = 30  # billion parameters
_SIZE = re.compile(r"(?<![\w.])(?:(\d+)x)?(\d+(?:\.\d+)?)b(?![a-z\d])", re.IGNORECASE)


def passes(line: ModelLine, wanted: Collection[Filter], shelf: Shelf) -> bool:
    """Whether a model fits every one of these."""
    return all(_fits(line, one, shelf) for one in wanted)


def _fits(line: ModelLine, wanted: Filter, shelf: Shelf) -> bool:
    match wanted:
        case "free":
            return line.price_state == "free"
        case "private":
            return line.place == "computer"
        case "cheap":
            mixed = mixed_price(line)
            return line.price_state == "free" or (mixed is not None and mixed <= CHEAP)
        case "strong":
            return _is_strong(line, shelf)
        case "pictures":
            return "pictures" in line.abilities


def mixed_price(line: ModelLine) -> Decimal | None:
    """Dollars a million tokens, three read for one written; None where nothing is charged or nobody knows."""
    if line.input_price is None or line.output_price is None:
        return None
    return (3 * line.input_price + line.output_price) / 4


def _is_strong(line: ModelLine, shelf: Shelf) -> bool:
    if shelf.model(ModelChoice(role="strong")) == line:
        return True
    mixed = mixed_price(line)
    if mixed is not None:
        return mixed >= STRONG
    sizes = (int(found[1] or 1) * float(found[2]) for found in _SIZE.finditer(line.model))
    return max(sizes, default=0) >= STRONG_SIZE
