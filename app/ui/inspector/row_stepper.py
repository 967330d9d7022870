"""The row stepper: which row of a run over rows is shown, with steps to the one before and after."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.texts import text
from app.ui.inspector.editors.editor import line
from app.ui.inspector.step_data import numbers_of
from app.ui.widgets.icon_button import IconButton
from app.ui.widgets.plain_label import PlainLabel


class RowStepper(QWidget):
    """Emits `stepped(index)`; hidden while there is but one."""

    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._at, self._count, self._scope = 0, 0, ""
        self._before, self._after = IconButton("chevron-up", "", 16), IconButton("chevron-down", "", 16)
        self._words = PlainLabel(role="label")
        layout = line(4)
        layout.addWidget(self._words, 1)
        layout.addWidget(self._before, 0, Qt.AlignmentFlag.AlignRight)
        layout.addWidget(self._after)
        self.setLayout(layout)
        self._before.clicked.connect(lambda: self.stepped.emit(self._at - 1))
        self._after.clicked.connect(lambda: self.stepped.emit(self._at + 1))
        self.retranslate()

    def show_place(self, at: int, count: int, scope: str) -> None:
        """`scope` is "#17" for row 17 (people count from 1), "#17/map#2" for the third element of a frame in it."""
        self._at, self._count, self._scope = at, count, scope
        self._before.setEnabled(at > 0)
        self._after.setEnabled(at < count - 1)
        self.setVisible(count > 1)
        self.retranslate()

    def retranslate(self) -> None:
        self._before.set_label(text("inspector.data.row_before"))
        self._after.set_label(text("inspector.data.row_after"))
        numbers = numbers_of(self._scope) or (self._at,)
        if len(numbers) == 1:
            self._words.setText(text("inspector.data.row", row=numbers[0] + 1, count=self._count))
            return
        path = " › ".join(str(number + 1) for number in numbers)
        self._words.setText(text("inspector.data.element", path=path, at=self._at + 1, count=self._count))
