"""An author's mistakes: they fail the step that made them, never the run's books or other rows."""

from __future__ import annotations

import asyncio

import pytest

from app.document.workflow import Node, OnError
from app.events.json_codec import encode
from app.events.run_events import NodeSettled, RowSettled
from app.sdk.context import Surroundings
from app.sdk.spec import spec_of
from tests.flows import (
    SPECS,
    NoInputs,
    OneValue,
    Source,
    SourceFields,
    events_of,
    flow,
    run,
    settled,
    start,
    status,
)


@pytest.mark.parametrize("gives", ["object", "circle", "nan", "nothing", "cancelled", "verdict"])
async def test_what_a_step_should_not_give_fails_the_step_alone(gives: str) -> None:
    workflow = flow(
        {
            "a": "test.source",
            "b": ("test.odd", {"gives": gives}),
            "ok": "test.result",
            "oops": ("test.result", {"name": "oops"}),
        },
        ["a.value>ok.value", "b.error>oops.value"],
    )
    async with asyncio.timeout(60):
        execution, events = await run(workflow)
    assert status(events) == "done"
    assert settled(events) == {("a", ""): "ok", ("b", ""): "failed", ("ok", ""): "ok", ("oops", ""): "ok"}
    assert execution.outputs["oops"]["code"] == "node.bug"  # type: ignore[index,call-overload]


class Counting(Source):
    """Keeps in itself how often it was asked, which no type should."""

    id = "test.counting"
    times = 0

    def compute(self, fields: SourceFields, inputs: NoInputs, around: Surroundings) -> OneValue:
        self.times += 1
        return OneValue(self.times)


async def test_what_a_node_type_keeps_in_itself_reaches_no_other_row() -> None:
    specs = {**SPECS, Counting.id: spec_of(Counting)}
    workflow = flow({"a": "test.counting", "r": "test.result"}, ["a.value>r.value"])
    execution = start(workflow, rows=[{}, {}, {}], specs=specs)
    assert status(await events_of(execution)) == "done"
    assert execution.outputs["result"] == [1, 1, 1]


async def test_a_value_of_the_wrong_type_fails_the_step_that_it_reaches() -> None:
    workflow = flow(
        {"b": ("test.odd", {"gives": "number"}), "text": "test.text", "r": "test.result"},
        ["b.value>text.text", "text.value>r.value"],
    )
    _, events = await run(workflow, rows=[{}, {}])
    assert status(events) == "failed"
    assert [e.failure.code for e in events if isinstance(e, RowSettled) and e.failure] == [
        "value.wrong_type"
    ] * 2
    assert {e.node for e in events if isinstance(e, RowSettled)} == {"text"}


async def test_a_fallback_never_leaves_by_a_way_that_says_passed() -> None:
    checker = Node("c", "test.branch", fields={"broken": True}, on_error=OnError("fallback", "instead"))
    workflow = flow(
        {
            "a": "test.source",
            "c": checker,
            "passed": "test.result",
            "failed": ("test.result", {"name": "failed"}),
            "verdict": ("test.result", {"name": "verdict"}),
        },
        ["a.value>c.value", "c.yes>passed.value", "c.no>failed.value", "c.verdict>verdict.value"],
    )
    execution, events = await run(workflow)
    assert settled(events)["passed", ""] == "skipped"
    assert execution.outputs["failed"] == "instead"
    assert execution.outputs["verdict"]["verdict"] == "not_checked"  # type: ignore[index,call-overload]


@pytest.mark.parametrize("policy", ["skip", "fallback", "stop"])
async def test_a_verifier_that_broke_off_counts_as_not_checked(policy: str) -> None:
    checker = Node("c", "test.branch", fields={"broken": True}, on_error=OnError(policy, "x"))  # type: ignore[arg-type]
    _, events = await run(flow({"a": "test.source", "c": checker}, ["a.value>c.value"]))
    verdict = next(e.verdict for e in events if isinstance(e, NodeSettled) and e.node == "c")
    assert verdict is not None
    assert verdict["verdict"] == "not_checked"


async def test_half_of_a_pair_of_characters_goes_through_events_and_results() -> None:
    workflow = flow({"b": ("test.odd", {"gives": "half"}), "r": "test.result"}, ["b.value>r.value"])
    execution, events = await run(workflow)
    assert execution.outputs == {"result": "half a pair: \ufffd"}
    assert status(events) == "done"
    for event in events:
        encode(event).encode()
