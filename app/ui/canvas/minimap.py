"""Minimap: the whole workflow small, with the part in sight marked; a press or drag goes there."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from app.texts import text
from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_text, fill_rounded
from app.ui.canvas.view import CanvasView
from app.ui.theme import Theme, mix, tint

_SIZE = QSize(168, 104)
_PAD = 8
_CAPTION = 24
_REDRAW = 120  # ms: moving things don't repaint it for every frame


class Minimap(QWidget):
    """Belongs to one view."""

    def __init__(self, view: CanvasView, parent: QWidget) -> None:
        super().__init__(parent)
        self._view = view
        self._blocks: QPixmap | None = None  # the workflow alone, without what is in sight
        self._drawn = QRectF()  # the part of the scene that it shows
        self.setFixedSize(_SIZE)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._later = QTimer(self, interval=_REDRAW, singleShot=True)
        self._later.timeout.connect(self.update)
        view.looked.connect(self._soon)
        view.zoom_changed.connect(self._soon)
        view.canvas.outline_changed.connect(self._outlined)
        appearance().changed.connect(self._outlined)

    def caption(self) -> str:
        """How large the workflow is, in words."""
        scene = self._view.canvas
        steps = text("canvas.minimap.steps", n=len(scene.nodes))
        return f"{steps} · {text('canvas.minimap.links', n=len(scene.edges))}"

    def _outlined(self) -> None:
        self._blocks = None
        self.setAccessibleName(self.caption())
        self._soon()

    def _soon(self) -> None:
        if not self._later.isActive():
            self._later.start()

    def _picture(self) -> QRectF:
        return QRectF(_PAD, _PAD, self.width() - 2 * _PAD, self.height() - _PAD - _CAPTION)

    def _world(self) -> QRectF:
        """The part of the scene that the map shows: all of it, and what is in sight."""
        return self._view.canvas.content().united(self._view.visible()).adjusted(-40, -40, 40, 40)

    def _scale(self, world: QRectF, picture: QRectF) -> float:
        return min(picture.width() / max(1.0, world.width()), picture.height() / max(1.0, world.height()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def _go(self, event: QMouseEvent) -> None:
        world, picture = self._world(), self._picture()
        away = (event.position() - picture.center()) / self._scale(world, picture)
        self._view.look_at(world.center() + away)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = appearance().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill_rounded(painter, QRectF(self.rect()), 10, look.panel, QPen(look.border, 1))
        picture, world = self._picture(), self._world()
        if self._blocks is None or self._drawn != world:
            self._blocks, self._drawn = self._draw_blocks(picture, world, look), world
        painter.drawPixmap(picture.topLeft(), self._blocks)
        painter.save()
        painter.setClipRect(picture)
        painter.translate(picture.center())
        scale = self._scale(world, picture)
        painter.scale(scale, scale)
        painter.translate(-world.center())
        seen = QPen(look.accent2, 1.2)
        seen.setCosmetic(True)
        painter.setPen(seen)
        painter.setBrush(tint(look.accent2, 6))
        inset = 1 / scale
        sight = self._view.visible().adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(sight, 5 / scale, 5 / scale)
        painter.restore()
        line = QRectF(_PAD + 3, self.height() - _CAPTION + 2, self.width() - 2 * _PAD, _CAPTION - 6)
        draw_text(painter, line, self.caption(), fonts.MICRO, look.text2, appearance().language)

    def _draw_blocks(self, picture: QRectF, world: QRectF, look: Theme) -> QPixmap:
        """The workflow as coloured blocks: kept, for it would be drawn again under everything that moves."""
        dpr = self.devicePixelRatioF()
        pixmap = QPixmap((picture.size() * dpr).toSize())
        pixmap.setDevicePixelRatio(dpr)
        pixmap.fill(look.panel)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        scale = self._scale(world, picture)
        colours = {kind: mix(colour, look.panel, 75) for kind, colour in look.kinds.items()}
        for node in self._view.canvas.nodes.values():
            area = node.area
            corner = (area.topLeft() - world.center()) * scale + picture.center() - picture.topLeft()
            block = QRectF(corner, area.size() * scale)
            painter.setBrush(colours.get(node.kind, colours["unknown"]))
            radius = min(2.5, block.height() / 3)
            painter.drawRoundedRect(block, radius, radius)
        painter.end()
        return pixmap
