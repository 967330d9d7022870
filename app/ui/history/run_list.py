"""The run list: all runs by day with what they cost, filtered and searched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import groupby
from typing import TypeVar

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app import figures
from app.costs.cost import FREE
from app.executor.journal import RunLine
from app.texts import text
from app.ui.appearance import appearance
from app.ui.history.run_words import day_words, hour, needs_somebody, said_of, when
from app.ui.icons import icon
from app.ui.runs.fact_table import Cell, Column, FactTable
from app.ui.style_sheet import vary
from app.ui.theme import tint
from app.ui.widgets.empty_note import EmptyNote
from app.ui.widgets.plain_label import PlainLabel
from app.ui.widgets.segmented import Segmented

T = TypeVar("T")

_FILTERS: dict[str, Callable[[RunLine], bool]] = {
    "all": lambda _: True,
    "needs": needs_somebody,
    "failed": lambda line: line.summary.status == "failed" or line.summary.rows_failed > 0,
    "pinned": lambda line: line.pinned,
}
_ROW = 34
_SIDE_BY_SIDE = 440  # pixels from which search and scope stand in one line


@dataclass(frozen=True, slots=True)
class _Day:
    """The heading of a day with the sums of its runs."""

    day: date
    lines: tuple[RunLine, ...]


class RunList(QWidget):
    """`chosen(run)` when a person picks one; `clearing` for the button of what is kept; `scoped` when this workflow's
    runs or all are wanted.
    """

    chosen = Signal(str)
    clearing = Signal()
    scoped = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._lines: Sequence[RunLine] = ()
        self._is_known = False  # which runs there are
        self._rows: Sequence[_Day | RunLine] = ()
        self._filter = "all"
        self._was_wide = -1
        self._quiet = False  # rows move under the selection while others are shown
        self._title = PlainLabel(role="display")
        self._count = PlainLabel(role="muted")
        self._clear = QPushButton()
        vary(self._clear, kind="small")
        self._clear.setObjectName("history.clear")
        self._clear.clicked.connect(self.clearing)
        self.scope = Segmented([("this", ""), ("all", "")])
        self.scope.setObjectName("history.scope")
        self.scope.chosen.connect(self.scoped)
        self.search = QLineEdit()
        self.search.setObjectName("history.search")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._show)
        self.buttons: dict[str, QPushButton] = {}
        self.table = FactTable(self, name="runs")
        self.table.verticalHeader().setDefaultSectionSize(_ROW)
        self.table.selectionModel().currentRowChanged.connect(self._pick)
        self.table.opened.connect(self._open)
        self.empty = EmptyNote(self)
        self._lay_out()
        appearance().changed.connect(self.retranslate)
        self.retranslate()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._title)
        head.addWidget(self._count, 1)
        head.addWidget(self._clear)
        self._narrowing = QHBoxLayout()
        self._narrowing.setSpacing(10)
        self._narrowing.addWidget(self.search, 1)
        self._narrowing.addWidget(self.scope)
        filters = QHBoxLayout()
        filters.setSpacing(8)
        group = QButtonGroup(self)
        for name in _FILTERS:
            button = QPushButton()
            vary(button, kind="filter")
            button.setCheckable(True)
            button.setChecked(name == "all")
            button.setObjectName(f"history.filter.{name}")
            button.clicked.connect(partial(self.show_filter, name))
            group.addButton(button)
            filters.addWidget(button)
            self.buttons[name] = button
        filters.addStretch(1)
        above = QVBoxLayout()
        above.setContentsMargins(20, 18, 20, 10)
        above.setSpacing(12)
        for row in (head, self._narrowing, filters):
            above.addLayout(row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(above)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.empty, 1)

    @property
    def of_all(self) -> bool:
        """Whether runs of all workflows are shown, not only those of the open one."""
        return self.scope.value() == "all"

    def show_lines(self, lines: Sequence[RunLine]) -> None:
        """Other runs, or the same as they stand now; the one that is picked stays picked."""
        self._lines, self._is_known = lines, True
        self._show()

    def show_filter(self, name: str) -> None:
        """Shows all runs, those that need somebody, those that failed, or those that are pinned."""
        self.buttons[name].setChecked(True)
        self._filter = name
        self._show()

    def pick(self, run: str) -> None:
        """Marks a run as the one that is shown."""
        for at, row in enumerate(self._rows):
            if isinstance(row, RunLine) and row.run == run:
                self._quiet = True
                self.table.selectRow(at)
                self._quiet = False
                return
        self.table.clearSelection()

    def shown(self) -> list[RunLine]:
        """The runs that stand in the list now, top to bottom."""
        return [row for row in self._rows if isinstance(row, RunLine)]

    def retranslate(self) -> None:
        look = appearance().theme
        self._title.setText(text("history.title"))
        self._clear.setText(" " + text("history.clear"))
        self._clear.setIcon(icon("database", look.text2, tint(look.muted, 50), 15))
        self.search.setPlaceholderText(text("history.search"))
        self.search.setAccessibleName(text("history.search"))
        self.table.setAccessibleName(text("history.title"))
        self.scope.set_options([("this", text("history.scope.this")), ("all", text("history.scope.all"))])
        self._show()

    def _show(self) -> None:
        current = self._current()
        words = self.search.text().casefold().split()
        found = [line for line in self._lines if all(word in _searched(line) for word in words)]
        for name, button in self.buttons.items():
            n = sum(map(_FILTERS[name], found))
            button.setText(text("history.filter", name=text(f"history.filter.{name}"), n=figures.count(n)))
            button.setEnabled(n > 0 or name in ("all", self._filter))
        chosen = [line for line in found if _FILTERS[self._filter](line)]
        rows: list[_Day | RunLine] = []
        for day, lines in groupby(chosen, key=lambda line: when(line).date()):
            of_day = tuple(lines)
            rows += [_Day(day, of_day), *of_day]
        self._rows = rows
        self._quiet = True
        self.table.show_facts(self._columns(), len(rows), self._cells)
        self.table.clearSpans()
        for at, row in enumerate(rows):
            if isinstance(row, _Day):  # up to the hour, which a day has none of
                self.table.setSpan(at, 0, 1, 1 + self.of_all + (self._wide() > 0))
        self._quiet = False
        known = self._is_known
        self._count.setText(text("history.count", shown=figures.count(len(self._lines))) if known else "")
        if self._lines:
            self.empty.show_words(text("history.none"))
        else:
            self.empty.show_words(text("history.empty"), "" if self.of_all else text("history.run"))
        self.empty.setVisible(known and not rows)
        self.table.setVisible(bool(rows))
        if current:
            self.pick(current)

    def _current(self) -> str:
        at = self.table.currentIndex().row()
        row = self._rows[at] if 0 <= at < len(self._rows) else None
        return row.run if isinstance(row, RunLine) else ""

    def _pick(self, now: QModelIndex, _before: QModelIndex) -> None:
        if not self._quiet:
            self._open(now.row())

    def _open(self, at: int) -> None:
        row = self._rows[at] if 0 <= at < len(self._rows) else None
        if isinstance(row, RunLine):
            self.chosen.emit(row.run)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        side, under = QHBoxLayout.Direction.LeftToRight, QHBoxLayout.Direction.TopToBottom
        self._narrowing.setDirection(side if self.width() >= _SIDE_BY_SIDE else under)
        wide = self._wide()
        if wide != self._was_wide:
            self._was_wide = wide
            self._show()

    def _wide(self) -> int:
        """How many of the columns that can leave have room: when it began, rows, tokens, then time."""
        room = self.width() - (130 if self.of_all else 0)
        return (room >= 320) + (room >= 380) + (room >= 450) + (room >= 540)

    def _columns(self) -> Sequence[Column]:
        return self._with_room(
            Column(text("history.column.status")),
            Column(text("history.column.workflow"), 130 if self._wide() else 104),
            Column(text("history.column.when"), 58, figures=True),
            Column(text("history.column.rows"), 56, figures=True),
            Column(text("history.column.tokens"), 66, figures=True),
            Column(text("history.column.cost"), 104 if self._wide() else 96, figures=True),
            Column(text("history.column.time"), 84, figures=True),
        )

    def _with_room(self, *cells: T) -> tuple[T, ...]:
        """Of status, workflow, when, rows, tokens, cost and time, those that are shown."""
        status, workflow, at, rows, tokens, cost, time = cells
        wide = self._wide()
        return (
            status,
            *((workflow,) if self.of_all else ()),
            *((at,) if wide > 0 else ()),
            *((rows,) if wide > 1 else ()),
            *((tokens,) if wide > 2 else ()),
            cost,
            *((time,) if wide > 3 else ()),
        )

    def _cells(self, at: int) -> Sequence[Cell]:
        row = self._rows[at]
        return self._line_cells(row) if isinstance(row, RunLine) else self._day_cells(row)

    def _day_cells(self, row: _Day) -> Sequence[Cell]:
        rows = sum(line.rows if line.rows and line.rows > 0 else 1 for line in row.lines)
        spent = sum((line.summary.cost for line in row.lines), FREE)
        tokens = sum(line.summary.usage.total for line in row.lines)
        cells = self._with_room(
            Cell(day_words(row.day), strong=True),
            Cell(),
            Cell(),
            Cell(figures.count(rows), strong=True),
            Cell(figures.tokens(tokens), strong=True) if tokens else Cell(),
            Cell(figures.cost(spent), strong=True)
            if any(line.summary.calls for line in row.lines)
            else Cell(),
            Cell(),
        )
        return tuple(replace(cell, ground=True) for cell in cells)

    def _line_cells(self, line: RunLine) -> Sequence[Cell]:
        said, summary = said_of(line), line.summary
        none = Cell(text("figure.none"), "muted")
        rows = 1 if line.rows is None else max(line.rows, summary.rows_done + summary.rows_failed)
        return self._with_room(
            Cell(said.words, said.tone, said.icon, mark="pin" if line.pinned else ""),
            Cell(line.name or text("window.untitled")),
            Cell(hour(line), "muted"),
            Cell(figures.count(rows)),
            Cell(figures.tokens(summary.usage.total)) if summary.usage.total else none,
            Cell(figures.cost(summary.cost), strong=True) if summary.calls else none,
            Cell(figures.seconds(summary.elapsed), "muted") if summary.elapsed else none,
        )


def _searched(line: RunLine) -> str:
    """Everything of a run that can be searched for."""
    parts = (line.name, line.run, said_of(line).words, f"{when(line):%Y-%m-%d %H:%M}")
    return " ".join((*parts, *line.summary.outputs.values())).casefold()
