"""The outlook: what a run under way will cost in the end, from what it has spent and what it was thought to take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from app.events.run_state import RunState
from app.forecast.forecast import Forecast

_ROWS_FORESEEN = 3  # rows that the forecast weighs as, beside those that are through


@dataclass(frozen=True, slots=True)
class Outlook:
    """US dollars of the whole run. `is_whole` False: some of what is still to come has a price that nobody knows."""

    expected: Decimal
    is_whole: bool


def outlook(run: RunState, made: Forecast, steps: Iterable[str]) -> Outlook | None:
    """`made` is the forecast of one run, or of one row, and `steps` are the outermost ones. None where the number of
    rows isn't known.
    """
    spent = run.cost.known
    if run.is_over:
        return Outlook(spent, is_whole=True)
    if run.rows is not None:
        return _over_rows(run, made, spent)
    rest, unknown = Decimal(0), False
    for name in steps:
        step, state = made.steps.get(name), run.nodes.get(name)
        if step is None or (state is not None and state.settled):
            continue
        ahead = step.amounts.cost
        rest += max(Decimal(0), ahead.mean - (state.cost.known if state else Decimal(0)))
        unknown = unknown or ahead.state == "unknown"
    return Outlook(spent + rest, is_whole=not unknown)


def _over_rows(run: RunState, made: Forecast, spent: Decimal) -> Outlook | None:
    if run.rows is None or run.rows < 0:
        return None
    through = run.rows_done + run.rows_failed + run.rows_cancelled
    left = max(0, run.rows - through)
    a_row = (made.total.cost.mean * _ROWS_FORESEEN + spent) / (_ROWS_FORESEEN + through)
    return Outlook(max(spent, spent + a_row * left), is_whole=not left or made.total.cost.state != "unknown")
