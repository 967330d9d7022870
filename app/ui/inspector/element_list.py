"""The element list: every element or turn of one instance of a frame, asked for page by page when somebody looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import figures
from app.events.run_events import Scope
from app.texts import text
from app.ui.inspector.levels import LevelKind
from app.ui.inspector.reading import ListElements
from app.ui.problem_words import what_happened
from app.ui.runs.fact_table import Cell, Column, FactTable
from app.ui.runs.row_pages import FetchItems, RowPages

_STATES = {"done": ("check", "done"), "failed": ("x", "error"), "cancelled": ("square", "waiting")}
_WITH_COST = 420  # pixels from which the cost has room too


class ElementList(QWidget):
    """`opened(number)`: this one is to be looked at; it counts from 0."""

    opened = Signal(int)

    def __init__(self, elements: ListElements | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frame: Scope = ""
        self._kind: LevelKind = "element"
        self._shown: tuple[str, Scope, int] = ("", "", 0)
        self._pages = RowPages(self._asked_of(elements) if elements else None, self)
        self._pages.arrived.connect(self._draw)
        self.table = FactTable(self, name="elements")
        self.table.opened.connect(self.opened)
        self.table.clicked.connect(self._clicked)
        self.table.mark_failed(lambda at: (item := self._pages.item(at)) is not None and bool(item.failure))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)

    def show_frame(self, run: str, frame: Scope, kind: LevelKind, count: int) -> None:
        """The elements or turns of one instance of a frame, by the scope that they lie in."""
        self._kind = kind
        if (run, frame) != self._shown[:2] or count < self._shown[2]:
            self._frame = frame
            self._pages.forget()
        self._shown = (run, frame, count)
        self._pages.show_run(run)
        self._draw()

    def _clicked(self, index: QModelIndex) -> None:
        self.opened.emit(index.row())

    def _asked_of(self, elements: ListElements) -> FetchItems:
        return lambda run, spans: elements(run, spans, self._frame)

    def _draw(self) -> None:
        self.table.setAccessibleName(text(f"inspector.data.each.{self._kind}"))
        self.table.show_facts(self._columns(), self._shown[2], self._cells)

    def _columns(self) -> Sequence[Column]:
        cost = (Column(text("runs.rows.cost"), 84, figures=True),) if self.width() >= _WITH_COST else ()
        return (
            Column(text(f"inspector.data.number.{self._kind}"), 50, figures=True),
            Column(text("runs.rows.status"), 86),
            Column(text("inspector.data.came_out")),
            *cost,
        )

    def _cells(self, at: int) -> Sequence[Cell]:
        number, item = Cell(figures.count(at + 1), "muted"), self._pages.item(at)
        if item is None:
            return (number, *[Cell(text("figure.none"), "muted")] * 3)
        icon, tone = _STATES[item.status]
        said = what_happened(item.failure) if item.failure else _together(item.outputs)
        given = _together(item.values)
        cost = figures.cost(item.cost) if item.calls else text("figure.none")
        return (
            number,
            Cell(text(f"row.{item.status}"), tone, icon),
            Cell(said, "error" if item.failure else "", tip=f"{given}\n→ {said}" if given else said),
            Cell(cost, "" if item.calls else "muted"),
        )


def _together(values: Mapping[str, str]) -> str:
    if len(values) == 1:
        return next(iter(values.values()))
    return " · ".join(f"{name}: {value}" for name, value in values.items())
