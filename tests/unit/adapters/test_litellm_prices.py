from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from decimal import Decimal
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.adapters.listed_prices import ListedPrices, price_in
from app.adapters.litellm_prices import PINNED, RELEASED, PriceList
from app.adapters.own_prices import LOOKED_AFTER
from app.costs.price import Price
from app.costs.usage import Usage
from app.sdk.gateway import ModelFacts

ROOT = Path(__file__).parents[3]


@pytest.fixture
def prices(tmp_path: Path) -> PriceList:
    return PriceList(tmp_path / "prices.json")


def test_the_list_is_that_of_the_pinned_release() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert f"litellm=={PINNED}" in wanted
    assert metadata.version("litellm") == PINNED
    assert PriceList(Path("none")).as_of == RELEASED


def test_prices_are_exact_decimals(prices: PriceList) -> None:
    price = prices.price("openai", "gpt-4o-mini")
    assert price is not None
    assert (price.input, price.output, price.cached) == (
        Decimal("1.5E-7"),
        Decimal("6E-7"),
        Decimal("7.5E-8"),
    )
    assert price.of(Usage(1_000_000, 1_000_000)) == Decimal("0.75")


def test_nothing_of_litellm_is_imported_for_a_price() -> None:
    code = (
        "import sys; from pathlib import Path; from app.adapters.litellm_prices import PriceList; "
        "assert PriceList(Path('none')).price('anthropic', 'claude-sonnet-4-5'); "
        "sys.exit('litellm' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("ollama", "llama3"),
        ("openai_compatible", "gpt-4o"),
        ("groq", "gpt-4o"),
        ("openai", "none"),
        ("no-kind", "x"),
    ],
)
def test_a_model_that_is_not_listed_for_its_kind_has_no_price(
    prices: PriceList, kind: str, model: str
) -> None:
    assert prices.price(kind, model) is None
    facts = ModelFacts(model, "Somewhere", kind)
    assert prices.cost_of(facts, Usage(10, 10)).state == "unknown"
    assert prices.upper_bound(facts, Usage(10, 10)) is None


def test_a_zero_in_the_list_is_not_taken_for_free(prices: PriceList) -> None:
    assert prices.price("gemini", "gemini-exp-1206") is None


def test_local_models_are_free_whatever_they_are_called(prices: PriceList) -> None:
    facts = ModelFacts("gpt-4o", "Ollama", "ollama", local=True)
    assert prices.cost_of(facts, Usage(10, 10)).state == "free"
    assert prices.cost_of(facts, None).state == "free"


def test_long_inputs_have_their_own_price(prices: PriceList) -> None:
    price = prices.price("gemini", "gemini-2.5-pro")
    assert price is not None
    assert price.for_input(200_000).input * 2 == price.for_input(200_001).input
    tiered = prices.price("dashscope", "qwen-plus-2025-07-28")
    assert tiered is not None
    assert tiered.for_input(1).input == Decimal("4E-7")
    assert tiered.for_input(300_000).input == Decimal("0.0000012")


def test_own_prices_come_first_and_are_read_again(tmp_path: Path) -> None:
    file, clock = tmp_path / "prices.json", SimpleNamespace(now=0.0)
    prices = PriceList(file, now=lambda: clock.now)
    own = {
        "openai/gpt-4o-mini": {"input": "1", "output": "2.5", "cached": "0.5"},
        "Company gateway/big": {"input": 3.3, "output": 4},
        "ollama/mine": {"input": 0, "output": 0},
        "broken/1": {"input": "-1", "output": "1"},
        "broken/2": {"input": "much"},
        "broken/3": "free",
    }
    file.write_text(json.dumps(own), "utf-8")
    mini = prices.price("openai", "gpt-4o-mini")
    assert mini is not None
    assert mini.of(Usage(1_000_000, 1_000_000, cached=500_000)) == Decimal("3.25")
    big = prices.price("openai_compatible", "big", "Company gateway")
    assert big is not None
    assert big.input == Decimal("0.0000033")
    assert prices.price("openai_compatible", "big", "Another") is None
    assert prices.cost_of(ModelFacts("mine", "Box", "ollama"), Usage(1, 1)).state == "free"
    assert not any(prices.price("broken", number) for number in "123")
    file.write_text("not json")
    assert prices.price("openai", "gpt-4o-mini") == mini, "the file is not looked at for every call"
    clock.now += LOOKED_AFTER
    assert prices.price("openai", "gpt-4o-mini") != mini
    file.unlink()
    clock.now += LOOKED_AFTER
    assert prices.price("openai_compatible", "big", "Company gateway") is None


def test_what_a_model_can_do_is_listed(prices: PriceList) -> None:
    facts = prices.facts("anthropic", "claude-sonnet-4-5")
    assert (facts.context, facts.can_tools) == (200_000, True)
    assert prices.facts("ollama", "llama3").context is None
    assert "claude-sonnet-4-5" in prices.models("anthropic")
    assert prices.models("ollama") == ()


def test_what_a_servers_own_list_says_stands_before_ours_and_below_the_persons(tmp_path: Path) -> None:
    row = {
        "pricing": {
            "prompt": "0.00000015",
            "completion": "0.0000006",
            "input_cache_read": "0",
            "request": "0",
        }
    }
    prices = PriceList(tmp_path / "prices.json")
    model, router = "some/new-model", "https://router.example/v1"
    assert prices.price("openrouter", model, "Router", address=router) is None
    prices.listed.take(router, [(model, price_in(row)), ("openrouter/auto", None)])
    again = PriceList(tmp_path / "prices.json")  # the next process
    for name in ("Router", "Renamed"):
        found = again.price("openrouter", model, name, address=router)
        assert found is not None
        assert (found.input, found.output, found.cached) == (
            Decimal("0.00000015"),
            Decimal("0.0000006"),
            None,
        )
    elsewhere = "http://127.0.0.1:4000/v1"
    assert again.price("openrouter", model, "Router", address=elsewhere) is None, (
        "it leads to another server now"
    )
    again.own.give("Router", model, Decimal(1), Decimal(2))
    own = again.price("openrouter", model, "Router", address=router)
    assert own is not None
    assert own.input == Decimal("0.000001")


@pytest.mark.parametrize(
    "pricing",
    [
        None,
        {},
        {"prompt": "-1", "completion": "-1"},
        {"prompt": "x", "completion": "1"},
        {"prompt": True},
        {"prompt": "0.1", "completion": "0.1", "request": "0.05"},
        {"prompt": "NaN", "completion": "0"},
    ],
)
def test_a_price_that_depends_or_is_none_stays_unknown(pricing: Any) -> None:
    assert price_in({"pricing": pricing}) is None


def test_a_free_model_of_a_list_is_free() -> None:
    found = price_in({"id": "small:free", "pricing": {"prompt": "0", "completion": "0"}})
    assert found is not None
    assert found.is_free


@pytest.mark.parametrize(
    "pricing",
    [
        {"prompt": 0, "completion": 0},  # elsewhere it is what stands for "not said"
        {"prompt": "0.15", "completion": "0.60"},  # of a million
        {"prompt": "0.0001", "completion": "0.0002", "unit": "per_million_tokens"},
        {"prompt": "0.0001", "completion": "0.0002", "currency": "EUR"},
    ],
)
def test_what_may_mean_something_else_is_no_price(pricing: dict[str, object]) -> None:
    assert price_in({"id": "small", "pricing": pricing}) is None


def test_a_list_that_says_a_price_no_more_is_believed(tmp_path: Path) -> None:
    listed = ListedPrices(tmp_path / "listed.json")
    price = price_in({"id": "m", "pricing": {"prompt": "0.0001", "completion": "0.0002"}})
    a, b = "http://a/v1", "http://a/v1/b"
    listed.take(a, [("m", price), ("b/m", price)])
    listed.take(b, [("m", price)])
    listed.take(a, [("m", None)])
    for known in (listed, ListedPrices(tmp_path / "listed.json")):
        assert known.price(a, "m") is None
        assert known.price(a, "b/m") is None
        assert known.price(b, "m") == price


def test_prices_that_were_kept_by_a_connection_s_name_are_let_go(tmp_path: Path) -> None:
    file = tmp_path / "listed.json"
    file.write_text(json.dumps({"Router\nm": {"input": "1", "output": "2"}}), "utf-8")
    listed = ListedPrices(file)
    assert listed.price("Router", "m") is None
    listed.take("http://a/v1", [("m", Price(Decimal(1), Decimal(2)))])
    assert "Router" not in file.read_text("utf-8")


def test_a_price_is_given_without_losing_what_a_person_wrote(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text('{"Work/a": {"input": "1", "output": "2"}}', "utf-8")
    prices = PriceList(file)
    prices.own.give("Work", "b", Decimal("0.15"), Decimal("0.6"))
    assert prices.price("openai_compatible", "a", "Work") is not None
    assert prices.price("openai_compatible", "b", "Work") is not None
    file.write_text('{"Work/b": {"input": "1", "output": "2", "cached": "0.1"}}', "utf-8")
    prices.own.give("Work", "b", Decimal("0.15"), Decimal("0.6"))
    assert json.loads(file.read_text("utf-8"))["Work/b"]["cached"] == "0.1"
    file.write_text("not what it should be", "utf-8")
    with pytest.raises(OSError, match="Expecting"):
        prices.own.give("Work", "c", Decimal(1), Decimal(1))
    assert file.read_text("utf-8") == "not what it should be"


def test_a_price_belongs_to_an_address_whatever_the_connection_is_called(tmp_path: Path) -> None:
    file, there = tmp_path / "prices.json", "https://gateway.example/v1"
    by_hand = {"input": "1", "output": "2", "cached": "0.1"}
    file.write_text(json.dumps({"Work/a": by_hand, "Work/b": by_hand, "Workshop/a": by_hand}), "utf-8")
    prices = PriceList(file)

    def of(connection: str, model: str, address: str = there) -> Price | None:
        return prices.price("openai_compatible", model, connection, address=address)

    prices.own.give("Work", "a", Decimal(3), Decimal(4), there)
    given = of("Work", "a")
    assert given == Price(Decimal(3) / 1_000_000, Decimal(4) / 1_000_000, Decimal("0.1") / 1_000_000)
    assert of("Company", "a") == given, "another name"
    assert of("Company", "a", "https://elsewhere.example/v1") is None
    assert of("Company", "b") is None
    prices.own.rename("Work", "Company")  # what was written by name goes along
    assert (of("Company", "b"), of("Work", "b")) == (of("Workshop", "a"), None)
    assert PriceList(file).price("openai_compatible", "a", "Company", address=there) == given
