"""A run whose engine is gone ends for its views: nothing stays running, nothing is made up."""

from __future__ import annotations

from decimal import Decimal

from app.costs.cost import Cost
from app.costs.usage import Usage
from app.document.problem import Problem
from app.events.interrupted import ending
from app.events.run_events import ModelCalled, NodeSettled, NodeStarted, PersonAsked, RunStarted
from app.events.run_state import RunState


def interrupted() -> RunState:
    run = RunState()
    run.apply_all(
        [
            RunStarted("r", "w", "W", "d", "now", ("a", "b", "c"), 3),
            NodeStarted(0.0, "a", "#0"),
            NodeSettled(1.0, "a", "#0", "ok", 1.0),
            NodeStarted(1.0, "b", "#0"),
            ModelCalled(2.0, "b", "#0", "m", "c", Usage(5, 5), Cost(Decimal("0.01"), "priced"), 1.0),
            NodeStarted(1.0, "a", "#1"),
            NodeStarted(2.0, "c", "#0"),
            PersonAsked(2.0, "c", "#0", "?", "", "x", may_edit=True),
        ]
    )
    return run


def test_what_was_under_way_is_cancelled_and_what_was_done_stays() -> None:
    run = interrupted()
    run.apply_all(ending(run, 5.0, Problem("engine.ended")))
    assert run.status == "failed"
    assert run.is_over
    assert [problem.code for problem in run.problems] == ["engine.ended"]
    assert [node.active for node in run.nodes.values()] == [0] * 3
    assert [node.status for node in run.nodes.values()] == ["done", "cancelled", "cancelled"]
    assert (run.nodes["a"].ok, run.nodes["a"].cancelled) == (1, 1)
    assert run.nodes["b"].cost == Cost(Decimal("0.01"), "priced")
    assert run.cost == Cost(Decimal("0.01"), "priced")
    assert not run.questions


def test_a_run_that_was_to_be_stopped_is_cancelled() -> None:
    run = interrupted()
    run.apply_all(ending(run, 5.0, None))
    assert run.status == "cancelled"
    assert run.problems == ()


def test_a_run_that_had_not_begun_ends_too() -> None:
    run = RunState()
    run.apply_all(ending(run, 0.0, Problem("engine.ended")))
    assert run.status == "failed"
