"""The search line: typed words, with the arrow keys going to the list below."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.icons import paint_icon
from app.ui.inspector.editors.inputs import LineInput


class SearchLine(LineInput):
    """Emits `stepped(KeyEvent)` for keys that move in the list, and `accepted()` on Enter."""

    stepped = Signal(object)
    accepted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = ""
        self.setTextMargins(22, 0, 0, 0)
        self.setClearButtonEnabled(False)

    def show_keys(self, keys: str) -> None:
        """The keys that lead here, shown while the line is empty."""
        self._keys = keys
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
        if event.key() in moves:
            self.stepped.emit(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.accepted.emit()
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            self.textEdited.emit("")
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        look = appearance().theme
        painter = QPainter(self)
        paint_icon(painter, "search", look.muted, QRectF(11, self.height() / 2 - 8, 16, 16))
        if self._keys and not self.text() and not self.hasFocus():
            painter.setFont(fonts.font(fonts.SMALL_MEDIUM, appearance().language))
            painter.setPen(look.muted)
            area = self.rect().adjusted(0, 0, -12, 0)
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._keys)
