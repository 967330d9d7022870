"""The workflow's name in the top bar: reads like a title, is edited in its place."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.plain import visible

_LONGEST = 120
_WIDEST = 300  # px


class NameEdit(QLineEdit):
    """Emits `named(text)` when a person has given another name; Escape gives up."""

    named = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self.setMaxLength(_LONGEST)
        self.setProperty("kind", "name")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.editingFinished.connect(self._finish)
        self.textChanged.connect(self._fit)
        appearance().changed.connect(self._fit)

    def show_name(self, name: str) -> None:
        """Shows the document's name, unless it is being edited."""
        self._name = name
        if not self.hasFocus():
            self.setText(visible(name))
            self.setCursorPosition(0)

    def edit(self) -> None:
        """Lets a person type another name."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._name)
            self.clearFocus()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.setText(self._name)

    def _finish(self) -> None:
        name = self.text().strip()
        if name and name != self._name and name != visible(self._name):
            self.named.emit(name)
        else:
            self.setText(visible(self._name))
        self.setCursorPosition(0)

    def _fit(self) -> None:
        metrics = fonts.metrics(fonts.HEADING, appearance().language)
        self.setFixedWidth(min(_WIDEST, round(metrics.horizontalAdvance(self.text() or "  ")) + 16))
