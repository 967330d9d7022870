"""A failure that a run has lived with stays when it goes on, however deep it lies; one that ended it is tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import pytest

from app.document.workflow import Node, OnError, Retry, Workflow
from app.events.run_events import NodeSettled, RowSettled, RunEvent
from app.executor.past import Past
from app.executor.revisit import revisit
from app.planner.plan import Plan
from app.planner.planner import make_plan
from app.registry.part_fields import part_fields
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatReply, ChatRequest
from tests.flows import (
    SPECS,
    ScriptedModels,
    flow,
    frame,
    inputs,
    status,
)
from tests.lives import Lives, answered


class Refusing(ScriptedModels):
    """Refuses some texts for good; others are never answered."""

    def __init__(self, *refused: str, never: Collection[str] = ()) -> None:
        super().__init__()
        self.refused = set(refused)
        self.never = set(never)

    async def chat(self, request: ChatRequest) -> ChatReply:
        text = request.messages[-1].content
        if text in self.never:
            self.asked.append(text)
            await asyncio.Event().wait()
        if text in self.refused:
            self.asked.append(text)
            raise NodeError("model.key_refused", connection="Test")
        return await super().chat(request)


def body(given: str) -> tuple[dict[str, Any], list[str]]:
    """A model that asks about what comes in."""
    return (
        {"i": inputs(item=given), "m": "test.model", "o": ("output.output", {"name": "item"})},
        ["i.item>m.value", "m.value>o.value"],
    )


def line(made: Node, into: str, *edges: str, **more: str) -> tuple[Workflow, Plan]:
    """A source, a frame behind it, and its result; `more` steps and the `edges` to them."""
    nodes = {"a": "test.source", "f": made, "r": "test.result", **more}
    workflow = flow(nodes, [f"a.value>f.{into}", "f.item>r.value", *edges])
    planned = make_plan(workflow, "d", SPECS.get, ScriptedModels().facts, part_of=lambda _: PART)
    assert planned.plan, planned.problems
    return workflow, planned.plan


PART = flow(
    {
        "i": ("intent.ask", {"asked": [{"name": "text"}]}),
        "m": "test.model",
        "o": ("output.output", {"name": "item"}),
    },
    ["i.text>m.value", "m.value>o.value"],
)
LOOP = frame("f", "flow.loop", *body("variable"), max_turns=3)
EACH = frame("f", "flow.for_each", *body("item"), at_a_time=1, when_failed="count", stop_after=1)
SUB = Node("f", "flow.workflow", fields=dict(part_fields(PART, SPECS.get)))
DEEP = frame(
    "f",
    "flow.loop",
    {
        "i": inputs(item="variable"),
        "l": frame("l", "flow.loop", *body("variable"), max_turns=2),
        "o": ("output.output", {"name": "item"}),
    },
    ["i.item>l.item", "l.item>o.value"],
    max_turns=2,
)


@pytest.mark.parametrize(
    ("made", "into", "value", "refused"),
    [
        (LOOP, "item", "x", "re: x"),
        (DEEP, "item", "x", "re: re: re: x"),
        (SUB, "text", "x", "x"),
        (EACH, "items", ["x", "y"], "y"),
    ],
    ids=["a turn", "a turn in a turn", "a sub-workflow", "an element too many"],
)
async def test_what_ended_the_run_inside_a_frame_is_tried_again(
    made: Node, into: str, value: Any, refused: str
) -> None:
    workflow, planned = line(made, into)
    models = Refusing(refused)
    lives = Lives(workflow, models, plan=planned, values={"value": value})
    _, events = await lives.run()
    assert status(events) == "failed"
    models.refused.clear()
    asked = len(models.asked)
    _, events = await lives.run()
    assert status(events) == "done"
    assert models.asked[asked] == refused
    assert len(set(models.asked)) == len(models.asked) - 1, "nothing but what had failed is asked twice"
    asked = len(models.asked)
    _, events = await lives.run()
    assert status(events) == "done"
    assert len(models.asked) == asked


@pytest.mark.parametrize(("made", "into"), [(LOOP, "item"), (SUB, "text")], ids=["loop", "sub-workflow"])
@pytest.mark.parametrize("way", ["error port", "fallback"])
async def test_what_a_frame_has_lived_with_stays(made: Node, into: str, way: str) -> None:
    if way == "fallback":
        made = replace(made, on_error=OnError("fallback", "instead"))
    workflow, planned = line(
        made, into, *(["f.error>n.value"] if way == "error port" else []), n="test.model"
    )
    models = Refusing("x")
    lives = Lives(workflow, models, plan=planned)
    first, _ = await lives.run()
    asked = list(models.asked)
    models.refused.clear()
    execution = await lives.start()
    events, questions = await answered(execution, "approved")
    assert status(events) == "done"
    assert models.asked == asked
    assert not questions
    assert execution.outputs == first.outputs


async def test_an_element_that_failed_stays_failed() -> None:
    workflow, planned = line(frame("f", "flow.for_each", *body("item")), "items")
    models = Refusing("y")
    lives = Lives(workflow, models, plan=planned, values={"value": ["x", "y"]})
    first, _ = await lives.run()
    models.refused.clear()
    again, _ = await lives.run()
    assert again.outputs == first.outputs
    assert models.asked == ["x", "y"]
    third, _ = await lives.run(past=Past(retry_failed=True))
    assert third.outputs == {"result": ["re: x", "re: y"]}


MANY = ["a", "b", "c", "d", "e", "f"]
LIMITS: Mapping[str, Mapping[str, Any]] = {
    "count": {"when_failed": "count", "stop_after": 2},
    "share": {"when_failed": "share", "stop_share": 10},
}


@pytest.mark.parametrize("rule", LIMITS)
async def test_a_map_that_failures_ended_ends_there_again(rule: str) -> None:
    """What was under way beside them is not asked again: it has been decided that nobody needs it."""
    many = [f"{name}{n}" for n in range(3) for name in MANY]
    bad, slow = many[4:16], many[:4]
    made = frame("f", "flow.for_each", *body("item"), at_a_time=18, **LIMITS[rule])
    workflow, planned = line(made, "items", "f.error>n.value", n="test.model")
    models = Refusing(*bad, never=slow)
    lives = Lives(workflow, models, plan=planned, values={"value": many})
    _, events = await lives.run()
    assert status(events) == "done"
    asked, first = list(models.asked), told(events)
    models.refused.clear()
    models.never.clear()
    execution = await lives.start()
    events, questions = await answered(execution, "approved")
    assert not questions
    assert models.asked == asked
    assert told(events) == first


def told(events: list[RunEvent]) -> Any:
    """How the Map ended, and what came of its elements."""
    (ended,) = [e for e in events if isinstance(e, NodeSettled) and e.node == "f"]
    paid = {e.scope: (e.status, e.calls) for e in events if isinstance(e, NodeSettled) and e.node == "m"}
    rows = {e.row: e.status for e in events if isinstance(e, RowSettled)}
    through = {row: status for row, status in rows.items() if status != "cancelled"}
    return ended.failure, through, {scope: one for scope, one in paid.items() if one[0] != "cancelled"}


async def test_history_says_how_many_had_failed_when_a_map_ended() -> None:
    made = frame("f", "flow.for_each", *body("item"), at_a_time=1, **LIMITS["count"])
    workflow, planned = line(made, "items", "f.error>n.value", n="test.model")
    lives = Lives(workflow, Refusing("b", "c"), plan=planned, values={"value": MANY})
    _, events = await lives.run()
    (ended,) = [e for e in events if isinstance(e, NodeSettled) and e.node == "f"]
    _, _, journal = await lives.runs.look("r")
    seen = await revisit(planned, "r", {"value": MANY}, journal, Past(), "")
    (again,) = [e for e in seen.events if isinstance(e, NodeSettled) and e.node == "f"]
    assert again.failure == ended.failure
    assert ended.failure is not None
    assert ended.failure.args == {"failed": 2, "done": 3}


@pytest.mark.parametrize("policy", ["lives with it", "ends the run"])
async def test_a_run_from_behind_a_frame_has_its_failed_elements_too(policy: str) -> None:
    limit = {} if policy == "lives with it" else {"when_failed": "count", "stop_after": 1}
    workflow, planned = line(frame("f", "flow.for_each", *body("item"), at_a_time=1, **limit), "items")
    models = Refusing("y")
    before = Lives(workflow, models, plan=planned, values={"value": ["x", "y"]})
    await before.run()
    _, _, base = await before.runs.look("r")
    models.refused.clear()
    models.asked.clear()
    lives = Lives(workflow, models, plan=planned, values={"value": ["x", "y"]})
    past = Past(before={"a": {"value": ["x", "y"]}}, stays=frozenset({"f", "i", "m", "o"}), base=base)
    execution, events = await lives.run(past=past)
    assert status(events) == "done"
    assert models.asked == ([] if policy == "lives with it" else ["y"])
    result: Any = execution.outputs["result"]
    assert (result[1] == "re: y") == (policy == "ends the run")


@pytest.mark.parametrize("lives_with_it", [True, False])
async def test_a_step_whose_time_was_up_is_late_in_every_life(lives_with_it: bool) -> None:
    """Also one that costs nothing, and that is in time by now."""

    def takes(*, for_ever: bool) -> Workflow:
        step = Node("p", "test.step", fields={"for_ever": for_ever}, retry=Retry(attempts=1, timeout=0.01))
        way = ["p.error>m.value", "m.value>s.value"] if lives_with_it else ["a.value>s.value"]
        nodes = {"a": "test.source", "p": step, "m": "test.model", "r": "test.result"}
        second = ("test.result", {"name": "second"})
        return flow({**nodes, "s": second}, ["a.value>p.value", "p.value>r.value", *way])

    lives = Lives(takes(for_ever=True))
    first, events = await lives.run()
    assert status(events) == ("done" if lives_with_it else "failed")
    lives.workflow = takes(for_ever=False)
    execution = await lives.start()
    events, questions = await answered(execution, "approved")
    assert status(events) == "done"
    assert not questions
    assert execution.outputs == (first.outputs if lives_with_it else {"result": "x", "second": "x"})
