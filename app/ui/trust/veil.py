"""The veil: darkens a window while a sheet lies over it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from app.ui.appearance import appearance
from app.ui.theme import tint

_DARKNESS = 65  # percent


class Veil(QWidget):
    """Covers its window and grows with it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._cover()
        return False

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._cover()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = appearance().theme
        QPainter(self).fillRect(self.rect(), tint(look.app if look.dark else look.text, _DARKNESS))

    def _cover(self) -> None:
        window = self.parentWidget()
        if window is not None:
            self.setGeometry(window.rect())
            self.raise_()
