"""IconButton and IconTile: a bundled icon to press, and the coloured tile that names a step's kind."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from app.ui.appearance import appearance
from app.ui.icons import icon, paint_icon
from app.ui.plain import tooltip, visible
from app.ui.theme import tint


class IconButton(QToolButton):
    """A flat button with an icon; `label` is its tooltip and its name for screen readers."""

    def __init__(self, name: str, label: str, size: int = 18, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.setIconSize(QSize(size, size))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_label(label)
        self._tint()
        appearance().changed.connect(self._tint)

    def set_icon_name(self, name: str) -> None:
        """Shows another icon."""
        self._name = name
        self._tint()

    def set_label(self, label: str) -> None:
        """Another tooltip and accessible name."""
        self.setToolTip(tooltip(label))
        self.setAccessibleName(visible(label))

    def _tint(self) -> None:
        look = appearance().theme
        self.setIcon(icon(self._name, look.text2, tint(look.muted, 50), self.iconSize().width()))


class IconTile(QWidget):
    """An icon in a kind's colour on a tint of it, 32 x 32."""

    def __init__(self, name: str, kind: str, size: int = 32, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._kind = name, kind
        self.setFixedSize(size, size)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        appearance().changed.connect(self.update)

    def show_kind(self, name: str, kind: str) -> None:
        """Shows another icon and kind."""
        self._name, self._kind = name, kind
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = appearance().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_tile(painter, self._name, look.kind(self._kind), look.tile_tint, QRectF(self.rect()))


def paint_tile(painter: QPainter, name: str, ink: QColor, percent: int, rect: QRectF) -> None:
    """Draws an icon tile: the icon at just over half of the tile's size, corners of radius 9 at 32."""
    radius = rect.width() * 9 / 32
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tint(ink, percent))
    painter.drawRoundedRect(rect, radius, radius)
    inset = rect.width() * 7 / 32
    paint_icon(painter, name, ink, rect.adjusted(inset, inset, -inset, -inset))
