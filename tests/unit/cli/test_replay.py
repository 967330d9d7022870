"""`baton replay` against a server that charges: it says first what it may cost, and is booked like any other run."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.flows import flow

MODEL = {"connection": "CLOUD", "kind": "openai"}
ASK = (
    "intent.ask",
    {"asked": [{"name": "message"}], "samples": [{"message": f"row {i}"} for i in range(4)]},
)


def cascading(save: Any) -> Any:
    fields = {
        "prompt": "About {{message}}",
        "models": [{"model": {**MODEL, "model": "gpt-4o-mini"}}, {"model": {**MODEL, "model": "gpt-4o"}}],
        "max_tokens": 100,
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
