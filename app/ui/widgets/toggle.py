"""Toggle: an on/off switch, 38 x 22, that slides."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QRectF, QSize, Qt, QVariantAnimation
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.ui.appearance import appearance
from app.ui.theme import tint

_TRACK = QSize(38, 22)
_RING = 3  # room for the focus ring around the track


class Toggle(QAbstractButton):
    """A checkable button; `toggled` says when it changes. Space and Enter switch it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._slide = QVariantAnimation(
            self, duration=120, easingCurve=QEasingCurve(QEasingCurve.Type.OutCubic)
        )
        self._slide.setStartValue(0.0)
        self._slide.setEndValue(1.0)
        self._slide.valueChanged.connect(self.update)
        self.toggled.connect(self._moved)
        appearance().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(_TRACK.width() + 2 * _RING, _TRACK.height() + 2 * _RING)

    def _moved(self, on: bool) -> None:
        direction = QVariantAnimation.Direction.Forward if on else QVariantAnimation.Direction.Backward
        self._slide.setDirection(direction)
        if self.isVisible() and appearance().motion:
            self._slide.start()
        self.update()

    def _place(self) -> float:
        """Where the knob is: 0 = off, 1 = on."""
        if self._slide.state() == QVariantAnimation.State.Running:
            return float(self._slide.currentValue())
        return 1.0 if self.isChecked() else 0.0

    def paintEvent(self, event: QPaintEvent) -> None:
        look = appearance().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(_RING, (self.height() - _TRACK.height()) / 2, _TRACK.width(), _TRACK.height())
        if self.hasFocus():
            painter.setPen(QPen(look.accent2, 2))
            painter.drawRoundedRect(track.adjusted(-2, -2, 2, 2), 13, 13)
        ground = look.accent if self.isChecked() else look.border_strong
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground if self.isEnabled() else tint(ground, 45))
        painter.drawRoundedRect(track, 11, 11)
        painter.setBrush(QColor(Qt.GlobalColor.white))
        painter.drawEllipse(QRectF(track.left() + 3 + self._place() * 16, track.top() + 3, 16, 16))
