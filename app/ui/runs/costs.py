"""The cost page: a table of calls, tokens, money and time by step and group, adding up to the total."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import figures
from app.adapters.model_names import short_name
from app.document.workflow import Workflow
from app.events.run_state import RunState
from app.texts import text
from app.ui.runs.cost_rows import CostRow, cost_rows
from app.ui.runs.fact_table import Cell, Column, FactTable
from app.ui.step_looks import StepLook


class Costs(QWidget):
    """Emits `chosen(node)` when a person opens a row."""

    chosen = Signal(str)

    def __init__(self, step_look: Callable[[str], StepLook], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._step_look = step_look
        self._rows: list[CostRow] = []
        self.table = FactTable(self, name="run.costs")
        self.table.opened.connect(self._open)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)

    def show_run(self, run: RunState, workflow: Workflow | None) -> None:
        """Shows a run with the groups of the workflow that it ran."""
        groups = workflow.layout.groups.values() if workflow else ()
        self._rows = cost_rows(run, groups)
        self.table.show_facts(_columns(), len(self._rows), self._cells)

    def _open(self, row: int) -> None:
        if self._rows[row].kind == "step":
            self.chosen.emit(self._rows[row].name)

    def _cells(self, index: int) -> Sequence[Cell]:
        row = self._rows[index]
        strong = row.kind != "step"
        none = text("figure.none")
        used = row.calls > 0
        cached = figures.count(row.usage.cached) if row.usage.cached else none
        return (
            self._name(row),
            Cell(short_name(row.model), "muted", tip=row.model),
            Cell(figures.count(row.calls) if used else none, "" if used else "muted", strong=strong),
            Cell(_tokens(row, row.usage.input), "" if used else "muted", strong=strong),
            Cell(cached, "" if row.usage.cached else "muted", strong=strong),
            Cell(_tokens(row, row.usage.output), "" if used else "muted", strong=strong),
            Cell(figures.cost(row.cost) if used else none, _money_tone(row), strong=used),
            Cell(share=row.share) if row.share is not None and row.kind != "total" else Cell(),
            Cell(figures.seconds(row.seconds), "muted", strong=strong),
        )

    def _name(self, row: CostRow) -> Cell:
        if row.kind == "total":
            return Cell(text("runs.cost.total"), strong=True)
        if row.kind == "group":
            return Cell(row.name, icon="", strong=True)
        step = self._step_look(row.name)
        return Cell(step.title, kind=step.kind, indent=1 if row.grouped else 0)


def _tokens(row: CostRow, n: int) -> str:
    if not row.calls:
        return text("figure.none")
    return figures.count(n) if row.usage_complete else text("runs.cost.at_least", n=figures.count(n))


def _money_tone(row: CostRow) -> str:
    if not row.calls:
        return "muted"
    return {"free": "done", "unknown": "warning"}.get(row.cost.state, "")


def _columns() -> Sequence[Column]:
    return (
        Column(text("runs.cost.step")),
        Column(text("runs.cost.model"), 200),
        Column(text("runs.cost.calls"), 80, figures=True),
        Column(text("runs.cost.in"), 100, figures=True),
        Column(text("runs.cost.cached"), 130, figures=True),
        Column(text("runs.cost.out"), 100, figures=True),
        Column(text("runs.cost.money"), 120, figures=True),
        Column(text("runs.cost.share"), 120),
        Column(text("runs.cost.time"), 100, figures=True),
    )
