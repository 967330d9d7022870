"""A scope that is worked out again holds what was seen of it while the run went on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from app.document.workflow import Json, Node, Workflow
from app.events.run_events import NodeSettled, NodeStarted, RunEvent, StepsComputed
from app.events.run_state import RunState
from app.executor.journal import Journal
from app.executor.memory_journal import MemoryRuns
from app.executor.past import Keeping, Past
from app.executor.revisit import Revisited, RevisitFailed, revisit, said_there
from tests.callers import Caller
from tests.flows import ScriptedModels, doors, flow, frame, inputs, plan, run
from tests.journals import head

LONG = "long " * 1000
ASKS = {"a": "test.source", "s": "test.step", "m": "test.model", "r": "test.result"}
EDGES = ["a.value>s.value", "s.value>m.value", "m.value>r.value"]
EACH = frame(
    "f",
    "flow.for_each",
    {
        "i": inputs(item="item", number="number"),
        "m": "test.model",
        "o": ("output.output", {"name": "said"}),
    },
    ["i.item>m.value", "m.value>o.value"],
)
LOOP = frame(
    "l",
    "flow.loop",
    {"i": inputs(text="variable"), "m": "test.model", "o": ("output.output", {"name": "text"})},
    ["i.text>m.value", "m.value>o.value"],
    max_turns=3,
)


class Kept:
    """A run that is over: what was seen of it, and what is kept."""

    def __init__(self, workflow: Workflow, values: Mapping[str, Json], journal: Journal) -> None:
        self.workflow = workflow
        self.values = values
        self.journal = journal
        self.events: Sequence[RunEvent] = ()

    async def again(self, scope: str) -> Revisited:
        return await revisit(plan(self.workflow), "run-1", self.values, self.journal, Past(), scope)

    def seen(self, scope: str) -> dict[str, tuple[Any, Any]]:
        return _by_node(self.events, scope)


def _by_node(events: Sequence[RunEvent], scope: str) -> dict[str, tuple[Any, Any]]:
    """What every step of a scope was given, and what came of it."""
    given = {e.node: e.inputs for e in events if isinstance(e, NodeStarted) and e.scope == scope}
    ends = {e.node: e for e in events if isinstance(e, NodeSettled) and e.scope == scope}
    state = RunState()
    state.apply_all(events)
    for event in events:
        for step in event.steps if isinstance(event, StepsComputed) and event.scope == scope else ():
            shown = state.instances[step.node, scope]
            assert shown.settled
            given[step.node], ends[step.node] = shown.inputs, shown.settled
    came = {
        node: (e.status, e.outputs, e.ports, e.verdict, e.failure, e.skip, e.cost) for node, e in ends.items()
    }
    return {node: (given.get(node), came.get(node)) for node in {*given, *came}}


async def kept(
    workflow: Workflow, models: ScriptedModels | None = None, **more: Any
) -> tuple[Kept, MemoryRuns]:
    runs = MemoryRuns()
    journal = await runs.begin(head())
    past = Kept(workflow, more.get("values", {}), journal)
    _, past.events = await run(
        workflow, through=doors(models or ScriptedModels(), "0.001"), keeping=Keeping(journal), **more
    )
    return past, runs


@pytest.mark.parametrize("wrong", [False, True])
async def test_a_single_run(wrong: bool) -> None:
    def answer(_: str) -> str:
        if wrong:
            raise ValueError("no")
        return "yes"

    past, _ = await kept(flow(ASKS, EDGES), ScriptedModels(answer), values={"value": "hello"})
    again = _by_node((await past.again("")).events, "")
    seen = past.seen("")
    # What never began because the run had ended has nothing to show.
    assert again == {node: both for node, both in seen.items() if both[0] is not None}
    assert again["m"][0]["value"].text == "hello"


async def test_a_branch_not_taken_says_why() -> None:
    nodes = {"a": "test.source", "b": "test.branch", "y": "test.step", "n": "test.need", "g": "test.merge"}
    edges = ["a.value>b.value", "b.yes>y.value", "b.no>n.value", "y.value>g.values", "n.value>g.values"]
    past, _ = await kept(flow(nodes, edges), values={"value": "x"})
    again = (await past.again("")).events
    assert _by_node(again, "") == past.seen("")
    assert past.seen("")["n"][1][5] == "input"


async def test_a_row_far_behind_the_notes_that_are_kept() -> None:
    nodes = {"a": "test.source", "s": "test.step", "b": "test.branch", "r": "test.result"}
    edges = ["a.value>s.value", "s.value>b.value", "b.yes>r.value"]
    past, _ = await kept(flow(nodes, edges), rows=[{"value": f"v{i}"} for i in range(6_001)])
    assert await past.journal.steps((await past.journal.items("", 6_000, 1))[0].key) == {}
    again = _by_node((await past.again("#6000")).events, "#6000")
    assert again == past.seen("#6000")
    assert again["b"][0]["value"].text == "v6000"


async def test_an_element_of_a_frame_in_a_row() -> None:
    nodes = {"a": "test.source", "f": EACH, "r": "test.result"}
    workflow = flow(nodes, ["a.value>f.items", "f.said>r.value"])
    past, _ = await kept(workflow, rows=[{"value": ["x", "y"]}, {"value": ["z", "x", "x"]}])
    for scope in ("#1", "#1/f#0", "#1/f#2", "#0/f#1"):
        again, seen = _by_node((await past.again(scope)).events, scope), past.seen(scope)
        for node in again.keys() - {"f"}:
            assert again[node] == seen[node]
        assert again.keys() == seen.keys()
    row = _by_node((await past.again("#1")).events, "#1")
    assert row["f"][1][1]["said"].text == past.seen("#1")["f"][1][1]["said"].text


async def test_a_turn_of_a_loop() -> None:
    nodes = {"a": "test.source", "l": LOOP, "r": "test.result"}
    past, _ = await kept(flow(nodes, ["a.value>l.text", "l.text>r.value"]), values={"value": "x"})
    for turn in range(3):
        scope = f"l#{turn}"
        assert _by_node((await past.again(scope)).events, scope) == past.seen(scope)
    assert past.seen("l#2")["m"][0]["value"].text == "re: re: x"
    turns = await past.journal.items("l", 0, 10)
    assert [turn.outputs["text"] for turn in turns] == ["re: x", "re: re: x", "re: re: re: x"]
    with pytest.raises(RevisitFailed, match="not_recorded"):
        await past.again("l#3")


async def test_a_call_of_a_tool_and_what_comes_behind_its_agent() -> None:
    tool = {"t": Node("t", "data.template", title="shout", fields={"text": "{{word}}!"}), "s": "test.step"}
    made = frame("g", "flow.agent", tool, ["t.text>s.value"])
    edges = ["a.value>g.task", "g.text>n.value", "n.value>r.value"]
    workflow = flow({"a": "test.source", "g": made, "n": "test.model", "r": "test.result"}, edges)
    said = Caller([("shout", '{"word": "one"}'), ("shout", '{"word": "two"}')], "Done.")
    past, _ = await kept(workflow, said)
    for scope in ("g#0", "g#1"):
        again = await past.again(scope)
        assert _by_node(again.events, scope) == past.seen(scope)
    assert "two!" in str(past.seen("g#1")["s"])
    again = await past.again("")
    assert _by_node(again.events, "")["n"] == past.seen("")["n"]


async def test_a_whole_value_that_a_preview_cut() -> None:
    past, _ = await kept(flow(ASKS, EDGES), rows=[{"value": "x"}, {"value": LONG}])
    again = await past.again("#1")
    given = _by_node(again.events, "#1")["m"][0]["value"]
    assert given.ref
    assert again.value(given.ref) == LONG


async def test_what_was_cut_off_is_not_made_up() -> None:
    models = ScriptedModels()
    past, runs = await kept(flow(ASKS, EDGES), models, rows=[{"value": "x"}])
    begun = await runs.begin(head("r2"))
    open_run = Kept(past.workflow, {"value": "x"}, begun)
    asked = len(models.asked)
    again = _by_node((await open_run.again("")).events, "")
    assert again["m"][0]["value"].text == "x"  # what it was about to be asked is known
    assert again["m"][1] is None
    assert "r" not in again
    assert len(models.asked) == asked
    with pytest.raises(RevisitFailed, match="row_open"):
        await past.again("#1")


async def test_what_a_step_asked_is_worked_out_without_asking_again() -> None:
    models = ScriptedModels()
    nodes = {"a": "test.source", "f": EACH, "r": "test.result"}
    workflow = flow(nodes, ["a.value>f.items", "f.said>r.value"])
    past, _ = await kept(workflow, models, values={"value": ["x", "y"]})
    before = len(models.asked)

    async def asked(scope: str, node: str) -> list[tuple[str, str]]:
        found = await said_there(plan(past.workflow), "run-1", past.values, past.journal, Past(), scope, node)
        return [(one.message.role, one.message.content) for one in found if not one.is_answer]

    assert await asked("f#1", "m") == [("user", "y")]
    assert await asked("", "a") == [], "it asks no model"
    assert await asked("f#9", "m") == [], "there was none"
    assert len(models.asked) == before


async def test_nothing_is_written() -> None:
    past, runs = await kept(flow({"a": "test.source", "l": LOOP}, ["a.value>l.text"]), values={"value": "x"})
    await runs.leave("r1")
    _, _, past.journal = await runs.look("r1")  # refuses what is written to it
    await past.again("l#1")
