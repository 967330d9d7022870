"""The rows page: every row of a run over a table in file order, with filters by state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app import figures
from app.document.workflow import Workflow
from app.events.run_state import RunState
from app.texts import text
from app.ui.canvas.placed import SpecLookup
from app.ui.problem_words import what_happened
from app.ui.runs.fact_table import Cell, Column, FactTable
from app.ui.runs.follow_newest import FollowNewest
from app.ui.runs.rating_buttons import RatingButtons
from app.ui.runs.row_facts import FILTERS, RowBook, RowFacts, RowStatus, value_columns
from app.ui.runs.row_pages import FetchItems, RowPages
from app.ui.step_looks import StepLook
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel

T = TypeVar("T")

_ICONS: dict[RowStatus, tuple[str, str]] = {
    "waiting": ("clock", "waiting"),
    "running": ("loader", "running"),
    "done": ("check", "done"),
    "check_failed": ("triangle-alert", "warning"),
    "failed": ("x", "error"),
    "cancelled": ("square", "waiting"),
    "not_begun": ("minus", "waiting"),
}


_THUMBS = {"good": "thumbs-up", "bad": "thumbs-down"}


class Rows(QWidget):
    """Emits `chosen(node)`: the step to look at for a row that was opened; `retried`: the failures are to be tried
    again; `exported`: the rows are wanted as a table; `rated(row, word)`: what a person says of a row's results.
    """

    chosen = Signal(str)
    retried = Signal()
    exported = Signal()
    rated = Signal(int, str)

    def __init__(
        self,
        step_look: Callable[[str], StepLook],
        specs: SpecLookup,
        items: FetchItems | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._pages = RowPages(items, self)
        self._pages.arrived.connect(self._redraw)
        self._alone = False
        self._drawn: dict[int, Sequence[Cell]] = {}
        self._step_look = step_look
        self._specs = specs
        self._book = RowBook(RunState())
        self._run: RunState | None = None
        self._filter: RowStatus | None = None
        self._rows: Sequence[int] = ()
        self._buttons: dict[RowStatus | None, QPushButton] = {}
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 8, 16, 8)
        bar.setSpacing(8)
        group = QButtonGroup(self)
        statuses: tuple[RowStatus | None, ...] = (None, *FILTERS)
        for status in statuses:
            button = QPushButton()
            vary(button, kind="filter")
            button.setCheckable(True)
            button.setChecked(status is None)
            button.clicked.connect(partial(self._choose, status))
            group.addButton(button)
            bar.addWidget(button)
            self._buttons[status] = button
        self._pace = PlainLabel(role="small")
        self.retry, self.export = QPushButton(), QPushButton()
        for button, name, signal in (
            (self.retry, "rows.retry", self.retried),
            (self.export, "rows.export", self.exported),
        ):
            vary(button, kind="filter")
            button.setObjectName(name)
            button.clicked.connect(signal)
        bar.addStretch(1)
        self.follow = QCheckBox()
        self.follow.setObjectName("rows.follow")
        self.thumbs = RatingButtons()
        self.thumbs.rated.connect(self._rate)
        self._words: Mapping[int, str] = {}
        for part in (self._pace, self.follow, self.thumbs, self.retry, self.export):
            bar.addWidget(part)
        self.table = FactTable(self, name="run.rows")
        self._following = FollowNewest(self.table, self.follow)
        self.table.opened.connect(self._open)
        self.table.mark_failed(lambda index: self._book.facts(self._rows[index]).status == "failed")
        self.table.selectionModel().currentRowChanged.connect(self._show_word)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.table, 1)

    def show_run(self, run: RunState, workflow: Workflow | None) -> None:
        """Shows the rows of a run of this workflow as they stand now."""
        if run is not self._run:
            self._run = run
            columns = value_columns(workflow.graph, self._specs) if workflow else ()
            self._pages.forget()
            self._book = RowBook(run, columns, self._pages.item)
        self._pages.show_run(run.run)
        counts = self._book.counts()
        for status, button in self._buttons.items():
            n = self._book.count if status is None else counts[status]
            word = text("runs.rows.all") if status is None else text(f"row.{status}")
            button.setText(text("runs.rows.filter", word=word, n=figures.count(n)))
            button.setEnabled(n > 0 or status is None)
            # Nothing will run or wait any more in a run that is over.
            rare = status in ("cancelled", "not_begun") or (run.is_over and status in ("running", "waiting"))
            button.setVisible(n > 0 or not rare)
        self._show_ways(run)
        self._rows = self._book.chosen(self._filter)
        self._redraw()
        self._follow(run)

    def _follow(self, run: RunState) -> None:
        """The newest row is the one that began last; under a filter the last that fits."""
        newest = run.rows_begun - 1 if self._filter is None else len(self._rows) - 1
        self._following.rows_came(-1 if run.is_over or self._filter == "waiting" else newest)

    def show_ratings(self, words: Mapping[int, str]) -> None:
        """What was said of rows, by number from 0."""
        self._words = words
        self._show_word()
        self._redraw()

    def _current(self) -> int | None:
        """The row that is selected, where it is through."""
        index = self.table.currentIndex()
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        return row if self._book.facts(row).status in ("done", "check_failed") else None

    def _rate(self, word: str) -> None:
        row = self._current()
        if row is not None:
            self.rated.emit(row, word)

    def _show_word(self, _: object = None) -> None:
        row = self._current()
        self.thumbs.setEnabled(row is not None)
        self.thumbs.show_word(self._words.get(row, "") if row is not None else "")

    def stand_alone(self) -> None:
        """What can be done with the rows is offered elsewhere on the page."""
        self._alone = True

    def _show_ways(self, run: RunState) -> None:
        """How fast it goes, and what can be done with the rows when it is through."""
        through = run.rows_done + run.rows_failed + run.rows_cancelled
        goes = run.status == "running" and through > 1 and run.elapsed > 1.0
        rate = through / run.elapsed if goes else 0.0
        left = (run.rows - through) / rate if goes and run.rows and run.rows > 0 else None
        words = text("rows.pace", n=f"{rate:.1f}") if goes else ""
        if goes and left is not None:
            words = text("rows.pace_left", pace=words, left=figures.seconds(left))
        self._pace.setText(words)
        self.retry.setText(text("rows.retry", shown=figures.count(run.rows_failed)))
        self.retry.setVisible(run.is_over and run.rows_failed > 0 and not self._alone)
        self.follow.setText(text("rows.follow"))
        self.follow.setVisible(not run.is_over)
        self.thumbs.setVisible(run.is_over and through > 0)
        self.export.setText(text("rows.export"))
        self.export.setVisible(run.is_over and through > 0 and not self._alone)

    def _redraw(self) -> None:
        self._drawn.clear()
        self.table.show_facts(self._columns(), len(self._rows), self._cells)

    def _choose(self, status: RowStatus | None) -> None:
        self._filter = status
        self._rows = self._book.chosen(status)
        self._redraw()
        self.table.scrollToTop()
        if self._run is not None:
            self._follow(self._run)

    def _open(self, index: int) -> None:
        facts = self._book.facts(self._rows[index])
        node = facts.where or next((column.node for column in self._book.columns), "")
        if node:
            self.chosen.emit(node)

    def _columns(self) -> Sequence[Column]:
        values = [Column(column.title) for column in self._book.columns]
        return self._in_order(
            Column(text("runs.rows.row"), 64, figures=True),
            Column(text("runs.rows.status"), 170),
            *values,
            Column(text("runs.rows.checks"), 120, whole=True),
            Column(text("runs.rows.cost"), 100, figures=True),
            Column(text("runs.rows.time"), 90, figures=True),
            Column(text("runs.rows.wrong")),
        )

    def _in_order(self, *parts: T) -> Sequence[T]:
        """Among failures, what went wrong comes first."""
        row, status, *rest = parts
        if self._filter in ("failed", "check_failed"):
            rest = [rest[-1], *rest[:-1]]
        return (row, status, *rest)

    def _cells(self, index: int) -> Sequence[Cell]:
        # The table asks once for every column.
        cells = self._drawn.get(index)
        if cells is None:
            cells = self._drawn[index] = self._made(index)
        return cells

    def _made(self, index: int) -> Sequence[Cell]:
        facts = self._book.facts(self._rows[index])
        failed = facts.status == "failed"
        return self._in_order(
            Cell(figures.count(facts.row + 1), "muted", mark=_THUMBS.get(self._words.get(facts.row, ""), "")),
            self._status(facts),
            *self._values(facts),
            self._checks(facts),
            Cell(
                figures.cost(facts.cost) if facts.calls else text("figure.none"),
                "" if facts.calls else "muted",
            ),
            Cell(
                figures.seconds(facts.seconds) if facts.seconds is not None else text("figure.none"), "muted"
            ),
            Cell(self._wrong(facts), "error" if failed else "warning"),
        )

    def _wrong(self, facts: RowFacts) -> str:
        """Why it failed, else which checks did, unless something stronger has set it right."""
        if facts.failure:
            return what_happened(facts.failure)
        checks = tuple(self._step_look(node).title for node in facts.failed_checks)
        return (
            text("runs.rows.not_passed", checks=checks) if checks and facts.status == "check_failed" else ""
        )

    def _status(self, facts: RowFacts) -> Cell:
        icon, tone = _ICONS[facts.status]
        if facts.status == "running" and facts.where:
            return Cell(self._step_look(facts.where).title, tone, icon)
        return Cell(text(f"row.{facts.status}"), tone, icon)

    def _values(self, facts: RowFacts) -> Sequence[Cell]:
        values = facts.values or (None,) * len(self._book.columns)
        return [Cell(value.text) if value else Cell(text("figure.none"), "muted") for value in values]

    def _checks(self, facts: RowFacts) -> Cell:
        if not facts.verdicts:
            return Cell(text("figure.none"), "muted")
        tone = "done" if facts.passed == facts.verdicts else "warning"
        if facts.verdicts == 1:
            return Cell(text("verdict.passed" if facts.passed else "verdict.failed"), tone)
        return Cell(text("runs.rows.passed", passed=facts.passed, n=facts.verdicts), tone)
