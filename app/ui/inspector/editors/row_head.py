"""The row head: the line that folds a row: its sentence, and buttons to move and remove it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from app.texts import text
from app.ui.inspector.editors.editor import line
from app.ui.plain import visible
from app.ui.style_sheet import vary
from app.ui.widgets.icon_button import IconButton
from app.ui.widgets.plain_label import ElidedLabel


class RowHead(QWidget):
    """Space and Enter fold, Alt and arrows move, Delete removes."""

    clicked = Signal()
    asks_move = Signal(int)
    asks_removal = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(36)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._item, self._at, self._of, self._open = "", 0, 1, False
        self._fold = IconButton("chevron-right", "", 14)
        self._fold.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._fold.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._words = ElidedLabel()
        self._up, self._down = IconButton("chevron-up", "", 14), IconButton("chevron-down", "", 14)
        self._bin = IconButton("trash-2", "", 14)
        self._up.clicked.connect(lambda: self.asks_move.emit(-1))
        self._down.clicked.connect(lambda: self.asks_move.emit(1))
        self._bin.clicked.connect(self.asks_removal)
        layout = line(0)
        layout.setContentsMargins(2, 0, 2, 0)
        layout.addWidget(self._fold)
        layout.addWidget(self._words, 1)
        for button in (self._up, self._down, self._bin):
            button.setFixedSize(24, 24)
            layout.addWidget(button)
        self.setLayout(layout)
        self.retranslate()

    def show_summary(self, words: str) -> None:
        shown = words or text("inspector.rows.empty", item=self._item)
        self._words.setText(shown)
        vary(self._words, role="" if words else "muted")
        self.setAccessibleName(visible(f"{self._item} {self._at + 1}: {shown}"))

    def show_open(self, is_open: bool) -> None:
        self._open = is_open
        self._fold.set_icon_name("chevron-down" if is_open else "chevron-right")

    def set_place(self, at: int, of: int, item: str) -> None:
        self._at, self._of, self._item = at, of, item
        self._up.setEnabled(at > 0)
        self._down.setEnabled(at < of - 1)

    def retranslate(self) -> None:
        self._up.set_label(text("inspector.rows.up"))
        self._down.set_label(text("inspector.rows.down"))
        self._bin.set_label(text("inspector.rows.remove"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        alt = event.modifiers() == Qt.KeyboardModifier.AltModifier
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clicked.emit()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.asks_removal.emit()
        elif alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.asks_move.emit(-1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)
