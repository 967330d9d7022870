"""The totals of a run: spent, tokens, time and rows, each a figure with its word."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app import figures
from app.events.run_state import RunState
from app.texts import text
from app.ui.widgets.plain_label import PlainLabel


class Figure(QWidget):
    """A number in strong tabular digits and what it counts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = PlainLabel(role="strong")
        self._word = PlainLabel(role="muted")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._number, 0, Qt.AlignmentFlag.AlignBaseline)
        layout.addWidget(self._word, 0, Qt.AlignmentFlag.AlignBaseline)

    def show_figure(self, number: str, word: str) -> None:
        self._number.setText(number)
        self._word.setText(word)
        self.setAccessibleName(f"{number} {word}")


class Totals(QWidget):
    """What the header of the run panel says at its right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(24)
        self._rows, self._spent, self._tokens, self._time = (Figure(self) for _ in range(4))
        for figure in (self._rows, self._spent, self._tokens, self._time):
            layout.addWidget(figure)

    def show_run(self, run: RunState, elapsed: float) -> None:
        """Shows the sums of a run after `elapsed` seconds; nothing before the first one."""
        self.setVisible(run.status != "none")
        settled = run.rows_done + run.rows_failed + run.rows_cancelled
        if run.rows is not None:
            of = (
                text("runs.total.rows_of", n=figures.count(run.rows))
                if run.rows >= 0
                else text("runs.total.rows")
            )
            self._rows.show_figure(figures.count(settled), of)
        self._rows.setVisible(run.rows is not None)
        self._spent.show_figure(figures.cost(run.cost), text("runs.total.spent") if run.cost.known else "")
        self._tokens.show_figure(figures.count(run.usage.total), text("runs.total.tokens"))
        self._time.show_figure(figures.seconds(elapsed), text("runs.total.time"))
