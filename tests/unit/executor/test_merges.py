"""Races at a Merge: who wins, what becomes of the others, whatever they wait for."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from app.document.workflow import Node, OnError, Retry
from app.events.run_events import NodeSettled, RunPaused
from app.events.run_state import RunState
from app.executor.doors import Limits
from tests.flows import ScriptedModels, Step, doors, events_of, flow, run, settled, start, status

LOSERS: dict[str, Any] = {
    "in its retry's sleep": Node(
        "slow", "test.step", fields={"fail": "test.timeout", "wait": 60.0}, retry=Retry(attempts=9)
    ),
    "for a person": "test.person",
    "for ever": ("test.step", {"for_ever": True}),
    "against being ended once": ("test.step", {"stubborn": 1}),
}


def race(loser: Any, rule: dict[str, Any] | None = None) -> Any:
    return flow(
        {
            "a": "test.source",
            "fast": ("test.step", {"turns": 5}),
            "slow": loser,
            "after": "test.step",
            "m": ("test.merge", rule or {}),
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


@pytest.mark.parametrize("loser", LOSERS.values(), ids=LOSERS)
@pytest.mark.parametrize("rule", [{}, {"rule": "k", "k": 1}], ids=["first", "k of n"])
async def test_the_winner_goes_on_and_the_loser_is_let_go(loser: Any, rule: dict[str, Any]) -> None:
    Step.failures.clear()
    async with asyncio.timeout(60):
        execution, events = await run(race(loser, rule))
    assert execution.outputs == {"result": ["x"] if rule else "x"}
    assert status(events) == "done"
    assert settled(events)["slow", ""] in ("cancelled", "ok")
    assert settled(events)["after", ""] == "skipped"
    state = RunState()
    state.apply_all(events)
    assert state.questions == {}
    assert not any(isinstance(e, RunPaused) for e in events)


async def test_a_loser_that_waits_for_money_is_let_go() -> None:
    models = ScriptedModels()
    async with asyncio.timeout(60):
        _, events = await run(
            race("test.model"), through=doors(models, "1"), limits=Limits(budget=Decimal(1))
        )
    assert status(events) == "done"
    assert settled(events)["slow", ""] == "cancelled"
    assert models.asked == []


@pytest.mark.parametrize("turns", range(12))
async def test_stop_is_heard_whenever_it_comes_in_a_race(turns: int) -> None:
    """Also in the very turn in which the loser is let go, which ends its task by the same means."""
    execution = start(race(("test.step", {"for_ever": True})))

    async def stop() -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        execution.stop()

    for _ in range(3):
        await asyncio.sleep(0)
    stopping = asyncio.create_task(stop())  # behind the steps in every turn
    async with asyncio.timeout(60):
        events = await events_of(execution)
    await stopping
    assert len(settled(events)) == 6


async def test_the_first_to_come_wins_whatever_the_order_of_the_links() -> None:
    """Both come in one turn of the loop, before the Merge has its turn."""
    workflow = flow(
        {
            "s": "test.source",
            "z": ("test.step", {"turns": 4, "says": "z"}),
            "b": ("test.step", {"turns": 5, "says": "b"}),
            "c": ("test.step", {"turns": 4, "says": "c"}),
            "m": "test.merge",
            "r": "test.result",
        },
        [
            "s.value>z.value",
            "s.value>b.value",
            "s.value>c.value",
            "z.value>m.values",
            "b.value>m.values",
            "c.value>m.values",
            "m.value>r.value",
        ],
    )
    execution, events = await run(workflow)
    first = next(e for e in events if isinstance(e, NodeSettled) and e.node in "zbc")
    assert execution.outputs == {"result": first.node}


async def test_k_of_n_takes_k_and_with_fewer_takes_what_there_is() -> None:
    def three(**rule: Any) -> Any:
        return flow(
            {
                "s": "test.source",
                "x": ("test.step", {"says": "x"}),
                "y": ("test.step", {"says": "y"}),
                "if": ("test.branch", {"equals": "no"}),
                "z": "test.need",
                "m": ("test.merge", rule),
                "r": "test.result",
            },
            [
                "s.value>x.value",
                "s.value>y.value",
                "s.value>if.value",
                "if.yes>z.value",
                "x.value>m.values",
                "y.value>m.values",
                "z.value>m.values",
                "m.value>r.value",
            ],
        )

    assert (await run(three(rule="k", k=2)))[0].outputs == {"result": ["x", "y"]}
    assert (await run(three(rule="k", k=3)))[0].outputs == {"result": ["x", "y"]}
    assert len((await run(three(rule="k", k=1)))[0].outputs["result"]) == 1  # type: ignore[arg-type]


async def test_a_merge_waits_past_ways_that_failed() -> None:
    broken = Node("b", "test.step", fields={"fail": "test.broken"}, on_error=OnError("skip"))
    workflow = flow(
        {
            "s": "test.source",
            "b": broken,
            "late": ("test.step", {"turns": 9}),
            "m": "test.merge",
            "r": "test.result",
        },
        [
            "s.value>b.value",
            "s.value>late.value",
            "b.value>m.values",
            "late.value>m.values",
            "m.value>r.value",
        ],
    )
    execution, events = await run(workflow)
    assert execution.outputs == {"result": "x"}
    assert settled(events)["b", ""] == "failed"


async def test_a_merge_that_is_switched_off_ends_nobody() -> None:
    workflow = flow(
        {
            "s": "test.source",
            "one": "test.step",
            "two": ("test.step", {"turns": 20}),
            "m": Node("m", "test.merge", disabled=True),
            "r": "test.result",
        },
        [
            "s.value>one.value",
            "s.value>two.value",
            "one.value>m.values",
            "two.value>m.values",
            "m.value>r.value",
        ],
    )
    _, events = await run(workflow)
    assert settled(events) == {
        ("s", ""): "ok",
        ("one", ""): "ok",
        ("two", ""): "ok",
        ("m", ""): "skipped",
        ("r", ""): "skipped",
    }
