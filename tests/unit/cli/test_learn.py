"""`baton learn`: a Smart pick learns from what a Cascade with its prompt went through, and picks by it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.engine import Engine
from app.processes import children
from app.settings import Preferences, folders
from tests.flows import flow


def choice(name: str) -> dict[str, Any]:
    return {"connection": "CLOUD", "kind": "openai", "model": name}


ROWS = [
    {
        "message": f"please {'review this legal contract' if hard else 'send the parcel'} number {i}",
        "bad": bad,
    }
    for i in range(24)
    for hard, bad in [(i % 2 == 0, "e" if i % 2 == 0 else "zzz")]
]
ASK = ("intent.ask", {"asked": [{"name": "message"}, {"name": "bad"}], "samples": ROWS})
MODELS = [{"model": choice("gpt-4o-mini")}, {"model": choice("gpt-4o")}]
QUESTION = {"prompt": "About {{message}}", "models": MODELS, "max_tokens": 50}


def cascading() -> Any:
    fields = {**QUESTION, "rules": [{"rule": "not_contains", "value": "{{bad}}"}], "none_passed": "answer"}
    nodes = {"a": ASK, "c": ("model.cascade", fields), "o": ("output.output", {"name": "reply"})}
    return flow(nodes, ["a.message>c.message", "a.bad>c.bad", "c.answer>o.value"])


def picking() -> Any:
    rule = {"operator": "at_least", "value": "100000", "model": choice("gpt-4o")}
    fields = {**QUESTION, "how": "trained", "rules": [rule], "otherwise": choice("gpt-4o")}
    nodes = {"a": ASK, "p": ("model.pick", fields), "o": ("output.output", {"name": "reply"})}
    return flow(nodes, ["a.message>p.message", "p.answer>o.value"])


@pytest.mark.usefixtures("paid_server")
def test_a_pick_learns_from_a_cascade_with_its_prompt(save: Any, baton: Any) -> None:
    def calls() -> dict[str, int]:
        return {
            line["name"]: line["calls"] for line in baton("costs", "--by", "model", "--json").json["lines"]
        }

    async def judged() -> int:
        engine = Engine(folders(), Preferences(), children, (), {})
        try:
            return await engine.experience.judged_runs("w", str(QUESTION["prompt"]))
        finally:
            await engine.close()

    path = save(picking())
    assert "nothing to learn" in baton("learn", path, "p").err
    before = path.read_bytes()
    assert baton("run", path, "--input", "message=hello", "--input", "bad=x", "--allow").code == 0
    assert calls() == {"gpt-4o": 1}, "until something was learned, the rules decide"
    assert asyncio.run(judged()) == 0
    assert baton("run", save(cascading()), "--rows", "samples", "--allow").code == 0
    assert asyncio.run(judged()) == 1
    path.write_bytes(before)
    told = baton("learn", path, "p", "--json")
    assert told.code == 0, told.err
    by_model = {line["model"]: line for line in told.json["models"]}
    assert (by_model["CLOUD/gpt-4o-mini"]["checked"], by_model["CLOUD/gpt-4o-mini"]["passed"]) == (24, 12)
    assert by_model["CLOUD/gpt-4o-mini"]["bits_better_than_share"] > 0.2
    learned = path.read_bytes()
    cheap = calls()["gpt-4o-mini"]
    message = "message=please send the parcel number 77"
    assert baton("run", path, "--input", message, "--input", "bad=x", "--allow").code == 0
    assert calls()["gpt-4o-mini"] == cheap + 1, "the cheap one passes such texts"
    baton("learn", path, "p")
    assert path.read_bytes() == learned, "the same runs teach the same"


def picking_beside(type_id: str, fields: dict[str, Any], checked: bool) -> Any:
    """A pick of the plainest prompt, and a step beside it that may have a Check behind it."""
    rule = {"operator": "at_least", "value": "100000", "model": choice("gpt-4o")}
    pick = {"how": "trained", "models": MODELS, "rules": [rule], "otherwise": choice("gpt-4o")}
    samples = [{"text": f"parcel {number}"} for number in range(6)]
    nodes = {
        "a": ("intent.ask", {"asked": [{"name": "text"}], "samples": samples}),
        "p": ("model.pick", pick),
        "o": ("output.output", {"name": "reply"}),
        "e": (type_id, fields),
        "c": ("verifier.check", {"rules": [{"rule": "contains", "value": "Hello"}]}),
        "o2": ("output.output", {"name": "beside"}),
    }
    edges = ["a.text>p.text", "p.answer>o.value", "a.text>e.text"]
    if not checked:
        del nodes["c"]
        return flow(nodes, [*edges, "e.answer>o2.value"])
    return flow(nodes, [*edges, "e.answer>c.value", "c.passed>o2.value"])


@pytest.mark.usefixtures("paid_server")
def test_steps_that_ask_by_no_prompt_teach_nothing_and_break_nothing(save: Any, baton: Any) -> None:
    roles = [{"name": "A", "instructions": "x", "model": choice("gpt-4o-mini")}]
    fields = {"question": "{{text}}", "roles": roles, "judge": choice("gpt-4o-mini"), "max_rounds": 1}
    path = save(picking_beside("model.roles", fields, checked=True))
    baton("run", path, "--rows", "samples", "--allow")
    assert "nothing to learn" in baton("learn", path, "p").err


@pytest.mark.usefixtures("paid_server")
def test_of_an_ensemble_only_what_a_verifier_found_of_who_answered_counts(save: Any, baton: Any) -> None:
    fields = {"models": MODELS, "decide": "majority", "least": 0.5}
    path = save(picking_beside("model.ensemble", fields, checked=False))
    assert baton("run", path, "--rows", "samples", "--allow").code == 0
    assert "nothing to learn" in baton("learn", path, "p").err, "a vote is no check"
    twice = [{"model": choice("gpt-4o-mini"), "times": 2}, {"model": choice("gpt-4o")}]
    path = save(picking_beside("model.ensemble", {**fields, "models": twice}, checked=True))
    assert baton("run", path, "--rows", "samples", "--allow").code == 0
    told = baton("learn", path, "p", "--json")
    assert told.code == 0, told.err
    assert [(line["model"], line["checked"]) for line in told.json["models"]] == [("CLOUD/gpt-4o-mini", 6)]
