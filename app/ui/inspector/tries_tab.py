"""The tries of a step: every call of a model in one row, element or turn, what came of it and what it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import figures
from app.adapters.model_names import short_name
from app.costs.cost import Cost
from app.costs.ledger import is_ended
from app.costs.usage import Usage
from app.events.run_events import ModelCalled, Retrying
from app.events.run_state import InstanceState
from app.texts import text
from app.ui import path_words
from app.ui.problem_words import what_happened
from app.ui.runs.fact_table import Cell, Column, FactTable

_WITH_TOKENS, _WITH_TIME = 350, 430  # pixels from which tokens, and then the time, have room too


class TriesTab(QWidget):
    """Where single calls were not noted, what the record of the step says of them together."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: Sequence[Sequence[Cell]] = ()
        self.table = FactTable(self, name="tries")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)

    def show_instance(self, instance: InstanceState | None) -> int:
        """Shows the tries of one instance; gives how many lines that are."""
        self._lines = [] if instance is None else _lines(instance)
        self.table.setAccessibleName(text("inspector.data.tries"))
        columns = (
            Column(text("inspector.data.try"), 44, figures=True),
            Column(text("inspector.data.came_out")),
            Column(text("history.column.tokens"), 66, figures=True),
            Column(text("runs.rows.cost"), 90, figures=True),
            Column(text("runs.rows.time"), 72, figures=True),
        )
        left_out = {2: _WITH_TOKENS, 4: _WITH_TIME}
        shown = [at for at in range(len(columns)) if self.width() >= left_out.get(at, 0)]
        self.table.show_facts(
            [columns[at] for at in shown],
            len(self._lines),
            lambda row: [self._lines[row][at] for at in shown],
        )
        return len(self._lines)


def _lines(instance: InstanceState) -> list[Sequence[Cell]]:
    tries, settled = instance.tries, instance.settled
    calls = [one for one in tries if isinstance(one, ModelCalled)]
    if calls or any(isinstance(one, Retrying) for one in tries):
        return [_of_try(at, one) for at, one in enumerate(tries, 1)]
    if settled is None:
        return []
    if settled.path:
        return [_of_turn(at, turn) for at, turn in enumerate(settled.path, 1)]
    if not settled.calls and not settled.attempts:
        return []
    failure = what_happened(settled.failure) if settled.failure else ""
    said = failure or _answered(settled.model)
    return [
        _cells(max(settled.attempts, 1), said, bool(failure), settled.usage, settled.cost, settled.seconds)
    ]


def _of_try(at: int, one: ModelCalled | Retrying) -> Sequence[Cell]:
    if isinstance(one, Retrying):
        said = text(
            "inspector.data.try.again", why=what_happened(one.failure), delay=figures.seconds(one.delay)
        )
        return _cells(at, said, True, None, None, None)
    failure = what_happened(one.failure) if one.failure else ""
    model = short_name(one.model) or text("figure.unknown")
    said = (
        text("inspector.data.try.failed", model=model, why=failure)
        if failure
        else _answered(one.model, one.source)
    )
    is_wrong = one.failure is not None and not is_ended(one.failure.code)
    return _cells(at, said, is_wrong, one.usage, one.cost, one.seconds)


def _of_turn(at: int, turn: Mapping[str, Any]) -> Sequence[Cell]:
    said = " · ".join(filter(None, (path_words.turn_words(turn), path_words.why_words(turn))))
    return _cells(at, said, turn.get("outcome") == "error", None, None, None)


def _answered(model: str, source: str = "") -> str:
    code = "inspector.data.try.cached" if source == "cache" else "inspector.data.try.answered"
    return text(code, model=short_name(model)) if model else text("canvas.state.done")


def _cells(
    at: int, said: str, failed: bool, usage: Usage | None, cost: Cost | None, seconds: float | None
) -> Sequence[Cell]:
    none = Cell(text("figure.none"), "muted")
    return (
        Cell(figures.count(at), "muted"),
        Cell(said, "error" if failed else ""),
        Cell(figures.tokens(usage.total)) if usage is not None and usage.total else none,
        _cost_cell(cost) if cost is not None else none,
        Cell(figures.seconds(seconds), "muted") if seconds is not None else none,
    )


def _cost_cell(cost: Cost) -> Cell:
    is_billed = cost.state == "billed"
    return Cell(figures.cost(cost), tip=text("costs.calls.billed.tip") if is_billed else "")
