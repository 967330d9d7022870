"""What goes into a recorded step is other by now: people see what went in then beside what goes in now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
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
from app.sdk.gateway import ChatReply, ChatRequest
from tests import callers
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


class Caller(callers.Caller):
    """What is asked by the steps of a tool is answered as everywhere."""

    stop: Callable[[], None] | None = None  # instead of the second answer

    async def chat(self, request: ChatRequest) -> ChatReply:
        if not request.tools:
            return await ScriptedModels.chat(self, request)
        if self.stop and len(request.messages) > 2:
            self.stop()
            await asyncio.Event().wait()
        return await super().chat(request)


def with_agent() -> Workflow:
    """A model gives an agent a word, of which a tool makes what it asks another model, with a number that the agent's
    model has chosen.
    """
    tool: dict[str, Any] = {
        "i": inputs(word="port"),
        "n": Node("n", "test.model", title="ask"),
        "t": ("data.template", {"text": "{{said}}: {{number}}"}),
        "o": "test.model",
    }
    made = frame("g", "flow.agent", tool, ["i.word>n.value", "n.value>t.said", "t.text>o.value"])
    edges = ["a.value>g.task", "a.value>m.value", "m.value>g.word", "g.text>r.value"]
    return flow({"a": "test.source", "m": "test.model", "g": made, "r": "test.result"}, edges)


WISHES = [("nothing", "{}"), ("ask", "no arguments"), ("ask", '{"number": "1"}'), ("ask", '{"number": "2"}')]


@pytest.mark.parametrize("over_rows", [False, True])
async def test_inside_tools_of_an_agent_that_was_cut_off(over_rows: bool) -> None:
    rows: list[Mapping[str, Json]] | None = [{"value": "x"}] if over_rows else None
    models = Caller(WISHES, "Done.")
    lives = Lives(with_agent(), models)
    says(lives, "old")
    execution = await lives.start(rows=rows)
    models.stop = execution.stop
    async for _ in execution.batches():
        pass
    models.stop = None
    kept = lives.runs._runs["r"].steps  # noqa: SLF001
    (place,) = (place for place in kept if place.endswith("g#1"))
    kept[place] = {**kept[place], "n": structs.replace(kept[place]["n"], version=0)}
    says(lives, "new")
    _, asked = await answered(await lives.start(rows=rows), "rejected")
    assert changed(asked) == [{"port": "value", "was": "old old x: 2", "now": "new old x: 2"}]


async def test_inside_tools_of_an_agent_that_was_through_and_is_given_something_else() -> None:
    lives = Lives(with_agent(), Caller(WISHES, "Done."))
    says(lives, "old")
    await lives.run()
    older(lives)
    says(lives, "new")
    _, asked = await answered(await lives.start(), "rejected")
    assert [(one.node, one.scope) for one in asked] == [("m", ""), ("n", "g#0"), ("o", "g#0")]
    assert changed(asked[:2]) == [{"port": "value", "was": "old x", "now": "new x"}]
    assert changed(asked[2:]) == [{"port": "value", "was": "old old x: 1", "now": "new new x: 1"}]


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
