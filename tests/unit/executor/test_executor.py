"""What a run means: firing, branches, merges, errors, people, money, cancel, rows."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from app.document.workflow import Node, OnError, Retry
from app.events.run_events import (
    BudgetReached,
    ModelCalled,
    NodeSettled,
    PersonAsked,
    Retrying,
    RowSettled,
    RunPaused,
)
from app.events.run_state import RunState
from app.executor.doors import Limits
from app.executor.executor import Execution
from app.sdk.context import Answer
from app.sdk.errors import NodeError
from tests.flows import ScriptedModels, Step, doors, events_of, flow, plan, run, settled, start, status


async def test_a_line_gives_its_result() -> None:
    line = flow(
        {"a": "test.source", "b": "test.step", "c": "test.result"}, ["a.value>b.value", "b.value>c.value"]
    )
    execution, events = await run(line, values={"value": "hello"})
    assert execution.outputs == {"result": "hello"}
    assert settled(events) == {("a", ""): "ok", ("b", ""): "ok", ("c", ""): "ok"}
    assert status(events) == "done"


async def test_a_branch_skips_the_other_way_and_a_merge_takes_what_comes() -> None:
    two_ways = flow(
        {
            "a": "test.source",
            "if": "test.branch",
            "y": "test.need",
            "n": "test.need",
            "m": "test.merge",
            "r": "test.result",
        },
        [
            "a.value>if.value",
            "if.yes>y.value",
            "if.no>n.value",
            "y.value>m.values",
            "n.value>m.values",
            "m.value>r.value",
        ],
    )
    execution, events = await run(two_ways, values={"value": "other"})
    assert settled(events)["y", ""] == "skipped"
    assert settled(events)["n", ""] == "ok"
    assert execution.outputs == {"result": "other"}


async def test_an_optional_input_that_is_skipped_is_empty_and_a_required_one_skips() -> None:
    workflow = flow(
        {"a": "test.source", "if": "test.branch", "opt": "test.step", "req": "test.need"},
        ["a.value>if.value", "if.no>opt.value", "if.no>req.value"],
    )
    _, events = await run(workflow)
    assert settled(events)["opt", ""] == "ok"
    assert settled(events)["req", ""] == "skipped"


async def test_a_merge_of_skips_only_is_skipped() -> None:
    workflow = flow(
        {"a": "test.source", "if": "test.branch", "n": "test.need", "m": ("test.merge", {"rule": "all"})},
        ["a.value>if.value", "if.no>n.value", "n.value>m.values"],
    )
    _, events = await run(workflow)
    assert settled(events)["m", ""] == "skipped"


async def test_first_merge_ends_the_loser_that_nobody_else_needs() -> None:
    race = flow(
        {
            "a": "test.source",
            "fast": ("test.step", {"turns": 3}),
            "slow": ("test.step", {"for_ever": True}),
            "after": "test.step",
            "m": "test.merge",
            "r": "test.result",
        },
        [
            "a.value>fast.value",
            "a.value>slow.value",
            "slow.value>after.value",
            "fast.value>m.values",
            "after.value>m.values",
            "m.value>r.value",
        ],
    )
    async with asyncio.timeout(60):
        execution, events = await run(race)
    assert execution.outputs == {"result": "x"}
    assert settled(events)["slow", ""] == "cancelled"
    assert settled(events)["after", ""] == "skipped"


async def test_first_merge_lets_a_loser_live_that_somebody_else_needs() -> None:
    race = flow(
        {
            "a": "test.source",
            "fast": "test.step",
            "slow": ("test.step", {"turns": 50}),
            "m": "test.merge",
            "r": "test.result",
        },
        [
            "a.value>fast.value",
            "a.value>slow.value",
            "fast.value>m.values",
            "slow.value>m.values",
            "slow.value>r.value",
        ],
    )
    execution, events = await run(race)
    assert settled(events)["slow", ""] == "ok"
    assert execution.outputs == {"result": "x"}


async def test_k_of_n_and_all_keep_the_order_of_the_edges() -> None:
    nodes = {
        "a": ("test.source", {"value": "1"}),
        "b": ("test.source", {"value": "2"}),
        "s": ("test.step", {"turns": 9}),
    }
    edges = ["a.value>s.value", "s.value>m.values", "b.value>m.values", "m.value>r.value"]
    for rule, expected in (({"rule": "all"}, ["1", "2"]), ({"rule": "k", "k": 1}, ["2"])):
        execution, _ = await run(flow({**nodes, "m": ("test.merge", rule), "r": "test.result"}, edges))
        assert execution.outputs == {"result": expected}


async def test_an_error_stops_the_run_and_names_its_node() -> None:
    workflow = flow(
        {"a": "test.source", "b": ("test.step", {"fail": "test.broken"}), "c": "test.result"},
        ["a.value>b.value", "b.value>c.value"],
    )
    execution, events = await run(workflow)
    assert status(events) == "failed"
    assert events[-1].problems[0].code == "test.broken"  # type: ignore[union-attr]
    assert events[-1].problems[0].node == "b"  # type: ignore[union-attr]
    assert settled(events) == {("a", ""): "ok", ("b", ""): "failed", ("c", ""): "cancelled"}
    assert execution.outputs == {}


async def test_where_every_row_failed_it_is_said_at_what_the_first_did() -> None:
    workflow = flow(
        {"a": "test.source", "b": ("test.step", {"fail": "test.broken"}), "c": "test.result"},
        ["a.value>b.value", "b.value>c.value"],
    )
    _, events = await run(workflow, rows=[{"value": "x"}, {"value": "y"}])
    problems = [(one.code, one.node) for one in events[-1].problems]  # type: ignore[union-attr]
    assert problems == [("run.every_row_failed", None), ("test.broken", "b")]


async def test_a_joined_error_port_takes_the_error_and_skips_the_rest() -> None:
    workflow = flow(
        {
            "a": "test.source",
            "b": ("test.step", {"fail": "test.broken"}),
            "ok": "test.need",
            "oops": "test.result",
        },
        ["a.value>b.value", "b.value>ok.value", "b.error>oops.value"],
    )
    execution, events = await run(workflow)
    assert status(events) == "done"
    assert execution.outputs["result"]["code"] == "test.broken"  # type: ignore[index,call-overload]
    assert settled(events)["ok", ""] == "skipped"


async def test_the_error_port_is_skipped_when_all_went_well() -> None:
    workflow = flow(
        {"a": "test.source", "b": "test.step", "oops": "test.need"}, ["a.value>b.value", "b.error>oops.value"]
    )
    _, events = await run(workflow)
    assert settled(events)["oops", ""] == "skipped"


async def test_fallback_and_skip_policies() -> None:
    for policy, expected in ((OnError("fallback", "instead"), {"result": "instead"}), (OnError("skip"), {})):
        broken = Node("b", "test.step", fields={"fail": "test.broken"}, on_error=policy)
        execution, events = await run(
            flow(
                {"a": "test.source", "b": broken, "c": "test.result"}, ["a.value>b.value", "b.value>c.value"]
            )
        )
        assert status(events) == "done"
        assert execution.outputs == expected


async def test_only_what_may_pass_is_tried_again() -> None:
    for code, tries in (("test.timeout@once", 2), ("test.key_refused@once", 1)):
        Step.failures.clear()
        node = Node("b", "test.step", fields={"fail": code, "fail_times": 1}, retry=Retry(attempts=3))
        _, events = await run(flow({"b": node}, []))
        end = next(e for e in events if isinstance(e, NodeSettled))
        assert end.attempts == tries
        assert [e.attempt for e in events if isinstance(e, Retrying)] == list(range(1, tries))


async def test_a_disabled_node_and_its_followers_are_skipped() -> None:
    workflow = flow({"a": Node("a", "test.source", disabled=True), "b": "test.need"}, ["a.value>b.value"])
    _, events = await run(workflow)
    assert [(e.node, e.skip) for e in events if isinstance(e, NodeSettled)] == [
        ("a", "disabled"),
        ("b", "input"),
    ]


async def test_money_adds_up_and_is_booked_at_the_node() -> None:
    workflow = flow(
        {"a": "test.source", "m": "test.model", "r": "test.result"}, ["a.value>m.value", "m.value>r.value"]
    )
    _, events = await run(workflow, through=doors(price="0.001"), rows=[{"value": str(i)} for i in range(7)])
    state = RunState()
    state.apply_all(events)
    assert state.nodes["m"].cost.usd == Decimal("0.105") == state.cost.usd
    assert state.nodes["m"].usage.total == 105
    assert state.rows_done == 7


async def test_at_the_cap_the_run_pauses_and_goes_on_with_a_higher_one() -> None:
    models = ScriptedModels()
    workflow = flow(
        {"a": "test.source", "m": "test.model", "r": "test.result"}, ["a.value>m.value", "m.value>r.value"]
    )
    # One call may cost 205 tokens at most and does cost 15: under a cap of 218 the second one must wait.
    execution = start(
        workflow,
        rows=[{"value": "1"}, {"value": "2"}],
        through=doors(models, "1"),
        limits=Limits(budget=Decimal(218), rows_at_a_time=1),
    )
    events = []
    async for batch in execution.batches():
        events += batch
        if any(isinstance(e, RunPaused) for e in batch):
            assert models.asked == ["1"]
            execution.raise_budget(Decimal(1000))
    reached = next(e for e in events if isinstance(e, BudgetReached))
    assert (reached.spent, reached.cap) == ("15", "218")
    assert models.asked == ["1", "2"]
    assert status(events) == "done"


async def test_a_person_is_waited_for_while_the_rest_goes_on() -> None:
    workflow = flow(
        {"a": "test.source", "p": "test.person", "r": "test.result", "other": "test.step"},
        ["a.value>p.value", "p.value>r.value", "a.value>other.value"],
    )
    execution = start(workflow)
    events = []
    async for batch in execution.batches():
        events += batch
        if any(isinstance(e, RunPaused) for e in batch):
            assert settled(events)["other", ""] == "ok"
            asked = next(e for e in events if isinstance(e, PersonAsked))
            assert execution.answer(asked.node, asked.scope, Answer("edited", "better"))
            assert not execution.answer(asked.node, asked.scope, Answer("edited", "twice"))
    assert execution.outputs == {"result": "better"}


async def test_stop_ends_calls_in_flight_and_starts_none() -> None:
    models = ScriptedModels()
    models.hold = asyncio.Event()
    workflow = flow(
        {"a": "test.source", "m": "test.model", "r": "test.result"}, ["a.value>m.value", "m.value>r.value"]
    )
    execution = start(
        workflow,
        rows=[{"value": str(i)} for i in range(50)],
        through=doors(models, "0.1"),
        limits=Limits(rows_at_a_time=5),
    )
    events = []
    async for batch in execution.batches():
        events += batch
        if len(models.asked) == 5:
            execution.stop()
    assert status(events) == "cancelled"
    assert len(models.asked) == 5
    booked = [e for e in events if isinstance(e, ModelCalled)]
    assert len(booked) == 5
    assert {e.cost.state for e in booked} == {"estimated"}
    assert [e.status for e in events if isinstance(e, RowSettled)] == ["cancelled"] * 5


async def test_a_failed_row_is_an_error_row_and_the_others_go_on() -> None:
    def answer(text: str) -> str:
        if text == "bad":
            raise NodeError("model.refused")
        return text

    workflow = flow(
        {"a": "test.source", "m": "test.model", "r": "test.result"}, ["a.value>m.value", "m.value>r.value"]
    )
    rows = [{"value": "x"}, {"value": "bad"}, {"value": "y"}]
    execution, events = await run(workflow, rows=rows, through=doors(ScriptedModels(answer)))
    rows_settled = sorted((e.row, e.status, e.node) for e in events if isinstance(e, RowSettled))
    assert rows_settled == [(0, "done", ""), (1, "failed", "m"), (2, "done", "")]
    assert execution.outputs == {"result": ["x", None, "y"]}
    assert status(events) == "done"


async def test_rows_stop_after_n_failures() -> None:
    workflow = flow({"a": "test.source", "b": ("test.step", {"fail": "test.broken"})}, ["a.value>b.value"])
    _, events = await run(workflow, rows=[{}] * 30, limits=Limits(rows_at_a_time=1, stop_after=3))
    assert status(events) == "failed"
    assert sum(isinstance(e, RowSettled) and e.status == "failed" for e in events) == 3


async def test_the_source_is_read_only_when_a_slot_is_free() -> None:
    models = ScriptedModels()
    models.hold = asyncio.Event()
    taken = []

    async def source():
        for i in range(1000):
            taken.append(i)
            yield [{"value": str(i)}]

    execution = Execution(
        plan(flow({"a": "test.source", "m": "test.model"}, ["a.value>m.value"])),
        doors(models),
        Limits(rows_at_a_time=3),
        "r",
        {},
        source(),
        -1,
    )
    async for _ in execution.batches():
        if len(models.asked) == 3:
            assert len(taken) == 3
            execution.stop()
            break
    await events_of(execution)


async def test_a_verifier_is_counted_with_its_baseline() -> None:
    workflow = flow({"a": "test.source", "if": "test.branch"}, ["a.value>if.value"])
    _, events = await run(workflow, rows=[{"value": "x"}, {"value": "y"}, {"value": "x"}])
    state = RunState()
    state.apply_all(events)
    accuracy = state.nodes["if"].verdicts.accuracy()
    assert (accuracy.passed, accuracy.n, accuracy.baseline) == (2, 3, 1.0)
