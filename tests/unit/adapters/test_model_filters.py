"""Filters in words: each by its rule, an unknown price never cheap, and own servers never private."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from app.adapters.model_filters import FILTERS, Filter, mixed_price, passes
from app.adapters.shelf import NO_SHELF, ModelLine, Shelf
from app.sdk.fields import ModelChoice

HERE = ModelLine("Ollama", "ollama", "qwen2.5:7b", "computer", price_state="free")
COMPANY = ModelLine("Work", "openai_compatible", "llama-4-scout", "company")
CLOUD = ModelLine("A", "anthropic", "m", "cloud", price_state="priced")


def priced(input_: str, output: str) -> ModelLine:
    return replace(CLOUD, input_price=Decimal(input_), output_price=Decimal(output))


def fits(line: ModelLine, shelf: Shelf = NO_SHELF) -> set[Filter]:
    return {one for one in FILTERS if passes(line, [one], shelf)}


@pytest.mark.parametrize(
    ("line", "filters"),
    [
        (HERE, {"free", "private", "cheap"}),
        (COMPANY, set()),  # its price is unknown, and data travels there
        (priced("0.25", "2"), {"cheap"}),
        (priced("1", "1"), {"cheap"}),
        (priced("1", "1.01"), set()),
        (priced("3", "15"), {"strong"}),
        (replace(CLOUD, price_state="free"), {"free", "cheap"}),
        (replace(HERE, model="llama3.3:70b"), {"free", "private", "cheap", "strong"}),
        (replace(HERE, model="mixtral-8x7b-instruct"), {"free", "private", "cheap", "strong"}),
        (replace(HERE, model="gemma-3-27b-it"), {"free", "private", "cheap"}),
        (replace(HERE, abilities=frozenset({"pictures"})), {"free", "private", "cheap", "pictures"}),
        (replace(COMPANY, lacking=frozenset({"pictures"})), set()),
    ],
)
def test_each_filter_holds_by_its_rule(line: ModelLine, filters: set[Filter]) -> None:
    assert fits(line) == filters


def test_who_stands_for_strong_here_is_strong() -> None:
    shelf = Shelf(
        models=(HERE, COMPANY), roles={"strong": ModelChoice(connection="Work", model="llama-4-scout")}
    )
    assert fits(COMPANY, shelf) == {"strong"}
    assert "strong" not in fits(HERE, shelf)


def test_filters_hold_together() -> None:
    assert passes(HERE, ["free", "private"], NO_SHELF)
    assert not passes(HERE, ["free", "strong"], NO_SHELF)
    assert passes(COMPANY, [], NO_SHELF)


def test_a_price_that_nobody_knows_has_no_mix() -> None:
    assert mixed_price(COMPANY) is None
    assert mixed_price(priced("1", "5")) == 2
