"""The scope stepper: which row, element or turn is shown, by number, with steps to the one before and after."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app import figures
from app.texts import text
from app.ui.inspector.levels import Level
from app.ui.widgets.icon_button import IconButton
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel

_MOST = 1_000_000_000


class ScopeStepper(QWidget):
    """One line for each level. `moved(numbers)`: the person wants to see these, counted from 0."""

    moved = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._numbers: list[int] = []
        self.lines: list[LevelLine] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self.hide()

    def show_place(
        self, levels: Sequence[Level], numbers: Sequence[int], counts: Sequence[int | None]
    ) -> None:
        """The levels with the numbers that are shown; `counts` are how many there are, None where not known."""
        while len(self.lines) > len(levels):
            line = self.lines.pop()
            self._layout.removeWidget(line)
            line.deleteLater()
        while len(self.lines) < len(levels):
            line = LevelLine()
            line.moved.connect(partial(self._move, len(self.lines)))
            self.lines.append(line)
            self._layout.addWidget(line)
        self._numbers = list(numbers)
        for line, level, number, count in zip(self.lines, levels, numbers, counts, strict=True):
            line.show_number(level, number, count)
        self.setVisible(bool(levels))

    def _move(self, level: int, number: int) -> None:
        """What lies further in begins anew: another row has other elements."""
        inner = [0] * (len(self._numbers) - level - 1)
        self.moved.emit((*self._numbers[:level], number, *inner))


class LevelLine(QWidget):
    """`moved(number)` counts from 0."""

    moved = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number, self._count = 0, 1
        self._word = ElidedLabel(role="label")
        self._of = PlainLabel(role="small")
        self.before, self.after = IconButton("chevron-left", "", 16), IconButton("chevron-right", "", 16)
        self.field = QLineEdit()
        self.field.setFixedWidth(64)
        self.field.setValidator(QIntValidator(1, _MOST, self))
        self.field.editingFinished.connect(self._typed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._word, 1)
        for part in (self.before, self.field, self._of, self.after):
            layout.addWidget(part)
        self.before.clicked.connect(lambda: self.moved.emit(self._number - 1))
        self.after.clicked.connect(lambda: self.moved.emit(self._number + 1))

    def show_number(self, level: Level, number: int, count: int | None, *, short: bool = False) -> None:
        """`short`: without the frame, where that is the step in question."""
        self._number, self._count = number, _MOST if count is None else count
        code = f"inspector.data.one.{level.kind}" if short else f"inspector.data.level.{level.kind}"
        name = text(code, title=level.title)
        self._word.setText(name)
        self.field.setAccessibleName(name)
        if not self.field.hasFocus() or self.field.text() == "":
            self.field.setText(str(number + 1))
        self._of.setText("" if count is None else text("inspector.data.of", n=figures.count(count)))
        self._of.setVisible(count is not None)
        self.before.setEnabled(number > 0)
        self.after.setEnabled(number + 1 < self._count)
        self.before.set_label(text(f"inspector.data.before.{level.kind}"))
        self.after.set_label(text(f"inspector.data.after.{level.kind}"))

    def words(self) -> str:
        """What stands there."""
        return " ".join(filter(None, (self._word.text(), self.field.text(), self._of.text())))

    def _typed(self) -> None:
        number = min(max(int(self.field.text() or 1), 1), self._count) - 1
        self.field.setText(str(number + 1))
        if number != self._number:
            self.moved.emit(number)
