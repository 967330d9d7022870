"""What a run under way will cost in the end: what is spent, and what is still to come."""

from __future__ import annotations

from decimal import Decimal

from app.costs.cost import FREE, Cost
from app.costs.usage import Usage
from app.events.run_events import (
    ModelCalled,
    NodeSettled,
    NodeStarted,
    RowSettled,
    RunEvent,
    RunFinished,
    RunStarted,
)
from app.events.run_state import RunState
from app.forecast.forecast import Amounts, CostInterval, Forecast, Interval, Known, StepForecast
from app.forecast.outlook import Outlook, outlook

NOTHING = Interval()


def takes(usd: str, state: Known = "estimated") -> Amounts:
    mean = Decimal(usd)
    cost = CostInterval(mean / 2, mean, mean * 2, mean, state)
    return Amounts(NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, cost)


MADE = Forecast(takes("0.30"), {name: StepForecast(takes("0.10"), 0) for name in ("a", "b", "inside")}, 0, 0)


def run(*events: RunEvent, rows: int | None = None) -> RunState:
    state = RunState()
    state.apply_all([RunStarted("r", "w", "W", "d", "now", ("a", "b"), rows), *events])
    return state


def paid(node: str, usd: str, scope: str = "") -> ModelCalled:
    return ModelCalled(1.0, node, scope, "m", "C", Usage(5, 5), Cost(Decimal(usd), "priced"), 0.5)


def expected(state: RunState, made: Forecast = MADE) -> Outlook | None:
    return outlook(state, made, ("a", "b"))


def test_before_anything_is_spent_it_is_the_forecast_of_the_outermost_steps() -> None:
    assert expected(run()) == Outlook(Decimal("0.20"), is_whole=True)


def test_a_step_that_is_through_counts_at_what_it_cost() -> None:
    events = (NodeStarted(0.0, "a", ""), paid("a", "0.04"), NodeSettled(1.0, "a", "", "ok"))
    assert expected(run(*events)) == Outlook(Decimal("0.14"), is_whole=True)


def test_a_step_at_work_is_not_counted_twice() -> None:
    assert expected(run(NodeStarted(0.0, "a", ""), paid("a", "0.04"))) == Outlook(
        Decimal("0.20"), is_whole=True
    )
    assert expected(run(NodeStarted(0.0, "a", ""), paid("a", "0.25"))) == Outlook(
        Decimal("0.35"), is_whole=True
    )


def test_a_step_that_is_skipped_costs_nothing_more() -> None:
    assert expected(run(NodeSettled(1.0, "b", "", "skipped"))) == Outlook(Decimal("0.10"), is_whole=True)


def test_rows_that_are_through_say_more_and_more_of_the_rest() -> None:
    state = run(rows=100)
    first = expected(state)
    assert first == Outlook(Decimal("30.00"), is_whole=True)
    for row in range(50):
        state.apply_all([paid("a", "0.10", f"#{row}"), RowSettled(2.0, row, "done")])
    later = expected(state)
    assert later is not None
    assert Decimal("10.0") < later.expected < Decimal("11.0"), "50 rows at 0.10 are through"
    for row in range(50, 100):
        state.apply_all([paid("a", "0.10", f"#{row}"), RowSettled(3.0, row, "done")])
    assert expected(state) == Outlook(Decimal("10.00"), is_whole=True)


def test_rows_that_nobody_counted_leave_it_open() -> None:
    assert expected(run(rows=-1)) is None


def test_a_price_that_nobody_knows_is_said_while_such_a_step_is_to_come() -> None:
    made = Forecast(takes("0", "unknown"), {"a": StepForecast(takes("0", "unknown"), 0)}, 0, 0, ("a",))
    assert expected(run(), made) == Outlook(Decimal(0), is_whole=False)
    assert expected(run(NodeSettled(1.0, "a", "", "ok")), made) == Outlook(Decimal(0), is_whole=True)
    assert expected(run(rows=5), made) == Outlook(Decimal(0), is_whole=False)


def test_a_run_that_is_over_has_cost_what_it_cost() -> None:
    state = run(paid("a", "0.04"), RunFinished(2.0, "done"))
    assert state.cost != FREE
    assert expected(state) == Outlook(Decimal("0.04"), is_whole=True)
