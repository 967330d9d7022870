"""`baton replay` against a server that charges: it says first what it may cost, and is booked like any other run."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.events.json_codec import decode
from app.events.run_state import NodeState, RunState
from tests.flows import flow

MODEL = {"connection": "CLOUD", "kind": "openai"}
ASK = (
    "intent.ask",
    {"asked": [{"name": "message"}], "samples": [{"message": f"row {i}"} for i in range(4)]},
)


def cascading(save: Any, *models: str, **settings: Any) -> Any:
    fields = {
        "prompt": "About {{message}}",
        "models": [{"model": {**MODEL, "model": name}} for name in models or ("gpt-4o-mini", "gpt-4o")],
        "max_tokens": 100,
        **settings,
    }
    nodes = {"a": ASK, "c": ("model.cascade", fields), "o": ("output.output", {"name": "reply"})}
    return save(flow(nodes, ["a.message>c.message", "c.answer>o.value"]))


@pytest.mark.usefixtures("paid_server")
def test_a_replay_is_priced_first_and_booked(save: Any, baton: Any) -> None:
    ran = baton("run", cascading(save), "--rows", "samples", "--allow", "--json")
    assert ran.code == 0, ran.err
    run = ran.json["run"]
    before = baton("costs", "--json").json["total"]["calls"]
    asked = baton("replay", run, "c")
    assert "at most" in asked.err
    assert "--yes" in asked.err
    assert baton("costs", "--json").json["total"]["calls"] == before, "nothing was asked yet"
    told = baton("replay", run, "c", "--sample", "3", "--yes", "--json")
    assert told.code == 0, told.err
    assert told.json["rows"] == told.json["agreed"] == 3
    a_row = told.json["usd_a_row"]
    assert Decimal(a_row["first_with_check"]) < Decimal(a_row["strong_alone"])
    assert (told.json["escalated"], told.json["is_met"]) == (0.0, True)
    costs = baton("costs", "--json", "--by", "model").json
    assert costs["total"]["calls"] == before + 3
    strong = next(line for line in costs["lines"] if line["name"] == "gpt-4o")
    assert Decimal(strong["cost"]["usd"]) == Decimal(told.json["cost_usd"])
    assert baton("replay", run, "a").code != 0


@pytest.mark.usefixtures("paid_server")
def test_a_check_between_two_models_is_replayed_like_a_cascade(save: Any, baton: Any) -> None:
    def model(name: str) -> dict[str, Any]:
        return {"prompt": "About {{message}}", "model": {**MODEL, "model": name}, "max_tokens": 100}

    check = {"rules": [{"rule": "not_contains", "value": "{{unwanted}}"}], "hand_on": True}
    samples = [{"message": f"row {i}", "unwanted": "zzz" if i == 1 else "e"} for i in range(4)]
    nodes = {
        "a": ("intent.ask", {"asked": [{"name": "message"}, {"name": "unwanted"}], "samples": samples}),
        "cheap": ("model.text", model("gpt-4o-mini")),
        "check": ("verifier.check", check),
        "strong": ("model.text", model("gpt-4o")),
        "m": "flow.merge",
        "o": ("output.output", {"name": "reply"}),
    }
    edges = [
        "a.message>cheap.message",
        "cheap.text>check.value",
        "a.message>check.instead",
        "a.unwanted>check.unwanted",
        "check.failed>strong.message",
        "check.passed>m.values",
        "strong.text>m.values",
        "m.value>o.value",
    ]
    ran = baton("run", save(flow(nodes, edges)), "--rows", "samples", "--allow", "--json")
    assert ran.code == 0, ran.err
    told = baton("replay", ran.json["run"], "check", "--yes", "--json")
    assert told.code == 0, told.err
    tiers = {one["row"]: one["tier"] for one in told.json["answers"]}
    assert tiers == {1: 2, 2: 1, 3: 2, 4: 2}
    assert told.json["escalated"] == 0.75
    a_row = {name: Decimal(usd) for name, usd in told.json["usd_a_row"].items()}
    assert 0 < a_row["first_with_check"] < a_row["strong_alone"]
    assert told.json["is_met"] == (told.json["break_even"] > 0.75)
    assert all(one["strong"] is not None for one in told.json["answers"])
    assert all(one["cascade"] == one["strong"] for one in told.json["answers"] if one["tier"] == 2)


@pytest.mark.usefixtures("paid_server")
@pytest.mark.parametrize("models", [("gpt-4o-mini", "mystery-9"), ("mystery-9", "gpt-4o")])
def test_where_a_price_is_unknown_the_break_even_is_too(
    save: Any, baton: Any, models: tuple[str, str]
) -> None:
    ran = baton("run", cascading(save, *models), "--rows", "samples", "--allow", "--json")
    told = baton("replay", ran.json["run"], "c", "--yes", "--json").json
    assert (told["break_even"], told["is_met"], told["usd_a_row"]["saved"]) == (None, None, None)
    words = baton("replay", ran.json["run"], "c", "--yes").out
    assert "unknown" in words
    assert "the break-even can't be said" in words
    assert "$0.00\n" not in words
    assert "costs nothing" not in words
    saved = {one["by"]: one for one in baton("costs", "--json").json["saved"]}["cascade"]
    assert (saved["usd"], saved["unknown"]) == (None, 4)
    assert "Saved by cascades: unknown" in baton("costs").out


@pytest.mark.usefixtures("paid_server")
def test_an_answer_of_the_cache_costs_the_cascade_what_it_cost_before(save: Any, baton: Any) -> None:
    """A rule is changed so that nothing passes any more: the cheap answers come from the cache, the strong ones not."""
    cards: list[NodeState] = []
    for rule in ("not_contains", "contains"):
        file = cascading(save, rules=[{"rule": rule, "value": "zzz"}])
        ran = baton("run", file, "--rows", "samples", "--allow", "--events")
        assert ran.code == 0, ran.err
        state = RunState()
        state.apply_all([event for event in map(decode, ran.out.splitlines()) if event])
        cards.append(state.nodes["c"])
    costs = baton("costs", "--json").json
    assert costs["total"]["calls"] == 8, "four cheap ones, four strong ones"
    told = baton("replay", "last", "c", "--yes", "--json").json
    a_row = {name: Decimal(usd) for name, usd in told["usd_a_row"].items()}
    assert a_row["first_with_check"] > 0
    assert a_row["cascade"] == a_row["first_with_check"] + a_row["strong_alone"]
    assert (told["escalated"], told["is_met"]) == (1.0, False)
    saved = {one["by"]: Decimal(one["usd"]) for one in costs["saved"]}
    paid = Decimal(costs["total"]["cost"]["usd"])
    assert saved["cache"] + saved["cascade"] == 8 * a_row["strong_alone"] - paid, "nothing is counted twice"
    assert saved["cascade"] == sum(card.instead.known - card.compared_cost.known for card in cards)
    assert told["break_even"] == pytest.approx(float(1 - a_row["first_with_check"] / a_row["strong_alone"]))


@pytest.mark.usefixtures("paid_server")
def test_the_last_run_is_the_last_that_is_no_replay(save: Any, baton: Any) -> None:
    assert baton("run", cascading(save), "--rows", "samples", "--allow").code == 0
    for _ in range(2):
        told = baton("replay", "last", "c", "--yes", "--json")
        assert told.code == 0, told.err
        assert told.json["rows"] == 4


@pytest.mark.usefixtures("paid_server")
def test_a_cascade_is_compared_with_its_last_model_also_where_nobody_asked_that(
    save: Any, baton: Any
) -> None:
    rule = [{"rule": "not_contains", "value": "zzz"}]
    file = cascading(save, "gpt-4o-mini", "gpt-4.1-mini", "gpt-4o", rules=rule)
    assert baton("run", file, "--rows", "samples", "--allow").code == 0
    costs = baton("costs", "--json").json
    (saved,) = [Decimal(one["usd"]) for one in costs["saved"] if one["by"] == "cascade"]
    told = baton("replay", "last", "c", "--yes", "--json").json
    assert saved == Decimal(told["cost_usd"]) - Decimal(costs["total"]["cost"]["usd"])
