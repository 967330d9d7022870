"""The totals of a run: spent, tokens, time and rows, each a figure with its word."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app import figures
from app.events.run_state import RunState
from app.texts import text
from app.ui.widgets.plain_label import PlainLabel

_BETWEEN, _GAP = 6, 24  # pixels between a figure and its word, and between two figures


class Figure(QWidget):
    """A number in strong tabular digits and what it counts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = PlainLabel(role="strong")
        self._word = PlainLabel(role="muted")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_BETWEEN)
        layout.addWidget(self._number, 0, Qt.AlignmentFlag.AlignBaseline)
        layout.addWidget(self._word, 0, Qt.AlignmentFlag.AlignBaseline)

    def show_figure(self, number: str, word: str) -> None:
        self._number.setText(number)
        self._word.setText(word)
        self.setToolTip(f"{number} {word}")
        self.setAccessibleName(f"{number} {word}")

    def set_brief(self, brief: bool) -> None:
        """Leaves out the word, which the tooltip keeps."""
        self._word.setHidden(brief or not self._word.text())

    def room(self, *, brief: bool) -> int:
        """Its width in pixels, with and without its word."""
        number, word = self._number.sizeHint().width(), self._word.sizeHint().width()
        return number if brief or not self._word.text() else number + _BETWEEN + word


class Totals(QWidget):
    """What the header of the run panel says at its right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_GAP)
        self._rows, self._spent, self._tokens, self._time = (Figure(self) for _ in range(4))
        self._over_rows = False
        self._all = (self._rows, self._spent, self._tokens, self._time)
        for figure in self._all:
            layout.addWidget(figure)

    def minimumSizeHint(self) -> QSize:
        """It asks for no room, or what it says would keep the panel from getting narrower, and so from saying less."""
        return QSize(0, super().minimumSizeHint().height())

    def show_run(self, run: RunState, elapsed: float) -> None:
        """Shows the sums of a run after `elapsed` seconds; nothing before the first one."""
        self.setVisible(run.status != "none")
        settled = run.rows_done + run.rows_failed + run.rows_cancelled
        if run.rows is not None:
            of = (
                text("runs.total.rows_of", n=figures.count(run.rows))
                if run.rows >= 0
                else text("runs.total.rows", n=settled)
            )
            self._rows.show_figure(figures.count(settled), of)
        self._over_rows = run.rows is not None
        self._spent.show_figure(figures.cost(run.cost), text("runs.total.spent") if run.cost.known else "")
        self._tokens.show_figure(figures.count(run.usage.total), text("runs.total.tokens", n=run.usage.total))
        self._time.show_figure(figures.seconds(elapsed), text("runs.total.time"))

    def fit(self, room: int) -> None:
        """Says less where less has room (pixels): first the words go that money and time do without, then the tokens,
        then the word of the rows, then the time, then the rows. No figure is cut.
        """
        every = [figure for figure in self._all if figure is not self._rows or self._over_rows]
        told = (self._spent, self._time)
        main = [figure for figure in every if figure is not self._tokens]
        pair = [figure for figure in main if figure is not self._time]
        fewer = (
            (every, ()),
            (every, told),
            (main, told),
            (main, self._all),
            (pair, self._all),
            ([self._spent], self._all),
        )
        nothing: tuple[Sequence[Figure], Sequence[Figure]] = ((), ())
        left, brief = next((one for one in fewer if _room(*one) <= room), nothing)
        for figure in self._all:
            figure.set_brief(figure in brief)
            figure.setHidden(figure not in left)


def _room(shown: Sequence[Figure], brief: Sequence[Figure]) -> int:
    return sum(figure.room(brief=figure in brief) for figure in shown) + _GAP * (len(shown) - 1)
