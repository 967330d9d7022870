"""The fold of events: what views show while a run goes on, pauses, goes on again and ends."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.costs.cost import Cost
from app.events import run_state
from app.events.run_events import (
    BudgetReached,
    Computed,
    ModelCalled,
    NodeSettled,
    NodeStarted,
    PersonAnswered,
    PersonAsked,
    Preview,
    RowSettled,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    StepsComputed,
)
from app.events.run_state import RunState, row_of

STARTED = RunStarted("r", "w", "W", "d", "now", ("a", "p"), -1, budget="1")


def asked(scope: str) -> PersonAsked:
    return PersonAsked(1.0, "p", scope, "?", "", "x", may_edit=True)


def test_details_are_capped_but_not_those_of_what_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_state, "KEPT_INSTANCES", 10)
    run = RunState()
    run.apply_all([STARTED, NodeStarted(0.0, "p", "#0"), asked("#0")])
    for i in range(1, 50):
        run.apply_all([NodeStarted(1.0, "a", f"#{i}"), NodeSettled(1.0, "a", f"#{i}", "ok", attempts=1)])
    assert len(run.instances) == 10
    assert run.instances["p", "#0"].question
    run.apply(NodeSettled(2.0, "p", "#0", "ok", attempts=1))
    assert run.nodes["p"].active == 0
    assert run.nodes["p"].status == "done"
    assert run.nodes["a"].ok == 49


def test_computed_steps_show_what_they_took_and_gave() -> None:
    said, sum_up = Preview("hello", "text", 5), {"verdict": "passed", "reasons": []}
    run = RunState()
    run.apply_all(
        [STARTED, NodeStarted(1.0, "p", "#0"), NodeSettled(2.0, "p", "#0", "ok", outputs={"x": said})]
    )
    steps = (
        Computed("a", {"text": "p.x"}, {"y": said}, 0.5, sum_up),
        Computed("sub/b.c", {"text": "a.y", "lost": "p.away"}, seconds=0.25),
    )
    assert run.apply_all([StepsComputed(3.0, "#0", steps)]) == {"a", "sub/b.c"}
    first, last = run.instances["a", "#0"], run.instances["sub/b.c", "#0"]
    assert (first.start, first.end, last.start, last.end) == (2.25, 2.75, 2.75, 3.0)
    assert first.inputs == last.inputs == {"text": said}
    node = run.nodes["a"]
    assert (node.started, node.ok, node.active, node.attempts, node.seconds) == (1, 1, 0, 1, 0.5)
    assert (node.status, node.verdicts.passed, dict(node.ports)) == ("done", 1, {"y": 1})


def test_an_answer_lets_a_run_go_on_whatever_it_had_paused_for() -> None:
    run = RunState()
    run.apply_all([STARTED, NodeStarted(0.0, "p", ""), asked(""), BudgetReached(1.0, "a", "", "1", "1", "1")])
    run.apply(RunPaused(1.0, "paused"))
    assert run.status == "paused"
    run.apply(PersonAnswered(2.0, "p", "", "approved", "", ""))
    assert run.status == "running"
    assert run.questions == {}
    run.apply_all([RunPaused(3.0, "paused"), RunResumed(4.0, "2")])
    assert (run.status, run.budget, run.budget_reached) == ("running", "2", None)


def test_a_question_that_timed_out_lets_a_run_go_on_too() -> None:
    run = RunState()
    run.apply_all([STARTED, NodeStarted(0.0, "p", ""), asked(""), RunPaused(1.0, "waiting")])
    run.apply_all([NodeSettled(2.0, "p", "", "failed", attempts=1), NodeStarted(2.0, "a", "")])
    assert run.status == "running"
    assert run.questions == {}


def test_rows_are_counted_as_they_end() -> None:
    run = RunState()
    run.apply(STARTED)
    for row, status in enumerate(("done", "failed", "cancelled", "done")):
        run.apply_all([NodeStarted(0.0, "a", f"#{row}"), RowSettled(1.0, row, status)])  # type: ignore[arg-type]
    assert (run.rows_done, run.rows_failed, run.rows_cancelled, run.rows_begun) == (2, 1, 1, 4)
    run.apply(RunFinished(2.0, "cancelled"))
    assert run.is_over


@pytest.mark.parametrize(("scope", "row"), [("", -1), ("#0", 0), ("#17/loop5#2", 17)])
def test_a_scope_says_its_row(scope: str, row: int) -> None:
    assert row_of(scope) == row


def test_long_runs_keep_what_people_look_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that failed stay findable when those that went well have left."""
    monkeypatch.setattr(run_state, "KEPT_ROWS", 10)
    monkeypatch.setattr(run_state, "KEPT_FAILED_ROWS", 5)
    state = RunState()
    for row in range(100):
        failed = row % 30 == 0
        state.apply(RowSettled(float(row), row, "failed" if failed else "done"))
    assert (state.rows_done, state.rows_failed, state.rows_begun) == (96, 4, 100)
    assert sorted(state.rows_settled) == [0, 30, 60, *range(89, 90), *range(90, 100)]
    assert state.rows_forgotten == 100 - len(state.rows_settled)
    for row in range(100, 110):
        state.apply(RowSettled(float(row), row, "failed"))
    assert [n for n, row in state.rows_settled.items() if row.status == "failed"] == list(range(105, 110))


def test_the_curve_of_spending_stays_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_state, "KEPT_SPENDS", 20)
    state = RunState()
    cent = Cost(Decimal("0.01"), "priced")
    for n in range(1000):
        state.apply(ModelCalled(float(n), "m", "", "big", "", None, cent, 0.1))
    assert len(state.spend) <= 20
    assert (state.spend[0].t, state.spend[-1].usd) == (0.0, Decimal("10.00"))
    assert [point.t for point in state.spend] == sorted(point.t for point in state.spend)


def test_an_agents_own_calls_are_on_its_card_once() -> None:
    run = RunState()
    cent = Cost(Decimal("0.01"), "priced")
    run.apply_all([STARTED, ModelCalled(1.0, "a", "#0/a", "m", "", None, cent, 0.1)])
    run.apply(ModelCalled(2.0, "p", "#0/a#0", "m", "", None, cent, 0.1))  # a tool of it
    assert (run.nodes["a"].cost.known, run.frames["a"].cost.known) == (Decimal("0.01"), Decimal("0.01"))
    assert run.cost.known == Decimal("0.02")


def test_a_copy_goes_on_by_itself() -> None:
    verdict = {"verdict": "passed", "reasons": [{"args": {"expected": "x"}}]}
    first = [
        STARTED,
        NodeStarted(1.0, "a", "#0"),
        ModelCalled(1.5, "a", "#0", "m", "", None, Cost(Decimal("0.01"), "priced"), 0.1),
        NodeSettled(2.0, "a", "#0", "ok", 1.0, ports=("out",), verdict=verdict),
        RowSettled(2.0, 0, "done"),
        NodeStarted(2.0, "a", "#1"),
        asked("#1"),
    ]
    rest = [
        NodeSettled(3.0, "a", "#1", "failed", 1.0, ports=("out",), verdict=verdict),
        PersonAnswered(3.0, "p", "#1", "approved", "", ""),
        RowSettled(3.0, 1, "failed"),
        RunFinished(4.0, "done"),
    ]
    run, same, whole = RunState(), RunState(), RunState()
    run.apply_all(first)
    same.apply_all(first)
    whole.apply_all([*first, *rest])
    twin = run.copied()
    assert twin == run
    twin.apply_all(rest)
    assert twin == whole
    assert run == same, "and the first is as it was"
