"""OnePage: several pages in one place, as large as the one that is on top, so that nothing scrolls for those below."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QStackedWidget, QWidget


class OnePage(QStackedWidget):
    """A stack for scrolling areas; Qt's own is as large as its largest page."""

    def __init__(self, first: QWidget) -> None:
        super().__init__()
        self.addWidget(first)
        self.currentChanged.connect(self._turned)

    def _turned(self, _: int) -> None:
        self.updateGeometry()

    def _top(self) -> QWidget:
        return self.currentWidget() or QWidget()

    def sizeHint(self) -> QSize:
        return self._top().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self._top().minimumSizeHint()

    def hasHeightForWidth(self) -> bool:
        return self._top().hasHeightForWidth()

    def heightForWidth(self, width: int) -> int:
        return self._top().heightForWidth(width)
