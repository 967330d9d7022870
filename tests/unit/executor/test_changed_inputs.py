"""What goes into a recorded step is other by now: people see what went in then beside what goes in now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from app.document.workflow import Json, Node, Workflow
from app.events.run_events import PersonAsked, RunPaused
from app.executor.digests import digest_of
from app.planner.planner import make_plan
from app.registry.part_fields import part_fields
from app.sdk.context import Answer
from tests.flows import SPECS, ScriptedModels, flow, frame, inputs
from tests.lives import Lives, answered

LINE = flow(
    {"a": "test.source", "m": "test.model", "p": "test.step", "n": "test.model", "r": "test.result"},
    ["a.value>m.value", "m.value>p.value", "p.value>n.value", "n.value>r.value"],
)
THEN = {"port": "value", "was": "old x", "now": "new x"}


PART = flow(
    {
        "i": ("intent.ask", {"asked": [{"name": "text"}]}),
        "n": "test.model",
        "o": ("output.output", {"name": "text"}),
    },
    ["i.text>n.value", "n.value>o.value"],
)


def around(kind: str, given: Mapping[str, str], edges: Sequence[str] = (), **fields: Any) -> Workflow:
    """A model, then a frame with another model that is given what the first said."""
    body = frame(
        "f",
        kind,
        {"i": inputs(**given), "n": "test.model", "o": ("output.output", {"name": "text"})},
        ["i.text>n.value", "n.value>o.value"],
        **fields,
    )
    links = ["a.value>m.value", "m.value>f.text", "f.text>r.value", *edges]
    return flow({"a": "test.source", "m": "test.model", "f": body, "r": "test.result"}, links)


EACH = around("flow.for_each", {"item": "item", "text": "port"}, ["a.value>f.items"])
LOOP = around("flow.loop", {"text": "variable"}, max_turns=2)
SUB = flow(
    {
        "a": "test.source",
        "m": "test.model",
        "f": Node("f", "flow.workflow", fields=dict(part_fields(PART, SPECS.get))),
        "r": "test.result",
    },
    ["a.value>m.value", "m.value>f.text", "f.text>r.value"],
)


def older(lives: Lives, node: str = "m") -> None:
    """What was recorded of a step is by a version before."""
    kept = lives.runs._runs["r"].steps  # noqa: SLF001
    for place, records in kept.items():
        kept[place] = {
            name: structs.replace(record, version=0) if name == node else record
            for name, record in records.items()
        }


def says(lives: Lives, word: str) -> None:
    lives.models.answer = lambda text: f"{word} {text}"


def changed(asked: list[PersonAsked]) -> Any:
    (question,) = [one for one in asked if one.about == "inputs"]
    value: Any = question.value
    return value["changed"]


@pytest.mark.parametrize("over_rows", [False, True])
async def test_then_and_now_stand_side_by_side(over_rows: bool) -> None:
    lives = Lives(LINE)
    rows: list[Mapping[str, Json]] | None = [{"value": "x"}, {"value": "y"}] if over_rows else None
    says(lives, "old")
    await lives.run(rows=rows)
    older(lives)
    says(lives, "new")
    _, asked = await answered(await lives.start(rows=rows), "rejected")
    assert [one.about for one in asked] == ["version", "inputs"]
    assert changed(asked) == [THEN]


@pytest.mark.parametrize("over_rows", [False, True])
@pytest.mark.parametrize("workflow", [EACH, LOOP, SUB], ids=["for each", "loop", "sub-workflow"])
async def test_inside_frames_too(workflow: Workflow, over_rows: bool) -> None:
    made = make_plan(workflow, "d", SPECS.get, ScriptedModels().facts, part_of=lambda _: PART)
    assert made.plan, made.problems
    value: Json = ["x", "z"] if workflow is EACH else "x"
    lives = Lives(workflow, plan=made.plan, values={"value": value})
    rows: list[Mapping[str, Json]] | None = [{"value": value}, {"value": ["y"]}] if over_rows else None
    says(lives, "old")
    await lives.run(rows=rows)
    older(lives)
    says(lives, "new")
    _, asked = await answered(await lives.start(rows=rows), "rejected")
    assert changed(asked) == [{"port": "value", "was": f"old {value}", "now": f"new {value}"}]


async def test_a_later_life_still_knows_it() -> None:
    """The first step has run again, and its record is another; then the run was cut off."""
    lives = Lives(LINE)
    says(lives, "old")
    await lives.run()
    older(lives)
    says(lives, "new")
    execution = await lives.start()
    seen: list[PersonAsked] = []
    async for batch in execution.batches():
        seen += [event for event in batch if isinstance(event, PersonAsked)]
        if seen and seen[-1].about == "inputs":
            execution.stop()
        elif any(isinstance(event, RunPaused) for event in batch):
            execution.answer("m", "", Answer("rejected", None))
    _, asked = await answered(await lives.start(), "rejected")
    assert [one.about for one in asked] == ["inputs"]
    assert changed(asked) == [THEN]


async def test_what_only_computes_may_give_something_else_by_now() -> None:
    lives = Lives(LINE)
    await lives.run()
    nodes = dict(LINE.graph.nodes)
    nodes["p"] = replace(nodes["p"], fields={"says": "another"})
    lives.workflow = replace(LINE, graph=replace(LINE.graph, nodes=nodes))
    _, asked = await answered(await lives.start(), "rejected")
    assert changed(asked) == [{"port": "value", "was": "re: x", "now": "another"}]


async def test_what_nobody_kept_is_not_made_up() -> None:
    lives = Lives(LINE)
    await lives.run()
    kept = lives.runs._runs["r"].steps[""]  # noqa: SLF001
    kept["n"] = structs.replace(kept["n"], inputs=digest_of({"value": "something else"}))
    _, asked = await answered(await lives.start(), "rejected")
    assert changed(asked) is None


async def test_long_texts_are_shown_where_they_part() -> None:
    lives = Lives(LINE)
    says(lives, "same " * 2000 + "old")
    await lives.run()
    older(lives)
    says(lives, "same " * 2000 + "new")
    _, asked = await answered(await lives.start(), "rejected")
    (one,) = changed(asked)
    assert one["was"].endswith("same old x")
    assert one["now"].endswith("same new x")
    assert len(one["was"]) < 100


async def test_a_record_of_another_version_and_of_other_inputs_is_asked_about_twice() -> None:
    lives = Lives(LINE)
    says(lives, "old")
    await lives.run()
    older(lives)
    older(lives, "n")
    says(lives, "new")
    _, asked = await answered(await lives.start(), {"m": "rejected"})
    assert [(one.node, one.about) for one in asked] == [("m", "version"), ("n", "version"), ("n", "inputs")]
    assert changed(asked) == [THEN]
    execution, events = await lives.run()
    assert not [event for event in events if isinstance(event, PersonAsked)], "once and for all"
    assert execution.outputs == {"result": "old old x"}
