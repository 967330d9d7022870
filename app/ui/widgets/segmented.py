"""Segmented: one choice of a few, side by side on one track."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.theme import tint

_HEIGHT = 34
_INSET = 3


class Segmented(QWidget):
    """Emits `chosen(value)` when a person picks another segment; arrow keys walk them."""

    chosen = Signal(str)

    def __init__(self, options: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        """`options` are (value, text); the first is current."""
        super().__init__(parent)
        self._options = tuple(options)
        self._current = 0
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._named()
        appearance().changed.connect(self.update)

    def value(self) -> str:
        """The current segment's value."""
        return self._options[self._current][0]

    def set_value(self, value: str) -> None:
        """Makes a segment current without emitting `chosen`."""
        self._current = next(
            (i for i, option in enumerate(self._options) if option[0] == value), self._current
        )
        self._named()

    def set_options(self, options: Sequence[tuple[str, str]]) -> None:
        """Other texts (a switched language) or segments; keeps the value if it is still there."""
        value = self.value()
        self._options, self._current = tuple(options), 0
        self.set_value(value)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        metrics = fonts.metrics(fonts.LABEL_STRONG, appearance().language)
        widest = max((metrics.horizontalAdvance(text) for _, text in self._options), default=0)
        return QSize(round((widest + 34) * len(self._options)) + 2 * _INSET, _HEIGHT)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            share = (event.position().x() - _INSET) / max(1, self.width() - 2 * _INSET)
            self._pick(int(share * len(self._options)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step:
            self._pick(self._current + step)
        else:
            super().keyPressEvent(event)

    def _pick(self, index: int) -> None:
        if 0 <= index < len(self._options) and index != self._current:
            self._current = index
            self._named()
            self.chosen.emit(self.value())

    def _named(self) -> None:
        self.setAccessibleName(self._options[self._current][1])
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = appearance().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.accent2, 2) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(look.input)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 9, 9)
        width = (self.width() - 2 * _INSET) / len(self._options)
        for index, (_, text) in enumerate(self._options):
            segment = QRectF(_INSET + index * width, _INSET, width, self.height() - 2 * _INSET)
            current = index == self._current
            if current:
                painter.setPen(QPen(tint(look.border_strong, 40), 1))
                painter.setBrush(look.hover if look.dark else look.card)
                painter.drawRoundedRect(segment.adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
            style = fonts.LABEL_STRONG if current else fonts.LABEL
            painter.setFont(fonts.font(style, appearance().language))
            painter.setPen(look.text if current else look.text2)
            painter.drawText(segment, Qt.AlignmentFlag.AlignCenter, text)
