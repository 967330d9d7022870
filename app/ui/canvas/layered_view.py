"""LayeredView: paints ground, then items or far layer, then what gestures show and what moves."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.appearance import appearance
from app.ui.canvas.backdrop import paint_backdrop
from app.ui.canvas.draft_edge import DraftEdge
from app.ui.canvas.far_layer import FarLayer
from app.ui.canvas.overlay import Overlay
from app.ui.canvas.scene import CanvasScene
from app.ui.canvas.zoom_view import ZoomView

_FRAME = 33  # ms between two pictures of what moves
_FADE = 1800  # ms that a refusal stays readable


class LayeredView(ZoomView):
    """Runs the clock of what moves, and only while something in sight does."""

    def __init__(self, canvas: CanvasScene, parent: QWidget | None = None) -> None:
        super().__init__(canvas, parent)
        self.overlay = Overlay(canvas, self.touch)
        self._far = FarLayer(canvas)
        self._animation = QTimer(self, interval=_FRAME)
        self._animation.timeout.connect(self._animate)
        self._fading = QTimer(self, interval=_FADE, singleShot=True)
        self._fading.timeout.connect(self._fade)
        canvas.selection_changed.connect(self.refresh)
        canvas.outline_changed.connect(self._animate_or_rest)
        canvas.states_changed.connect(self._animate_or_rest)
        self.looked.connect(self._animate_or_rest)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.is_far:
            super().paintEvent(event)
            return
        # Far away, one painter instead of thousands of items; their paint() is never called.
        painter = QPainter(self.viewport())
        painter.setClipRegion(event.region())
        painter.setTransform(self.viewportTransform())
        exposed = self.mapToScene(event.rect()).boundingRect()
        paint_backdrop(painter, exposed, self.zoom, self.canvas.look.theme)
        self._far.paint(painter, self.canvas.look.theme)
        self.overlay.paint_far(painter, exposed)
        painter.end()

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        paint_backdrop(painter, QRectF(rect), self.zoom, self.canvas.look.theme)

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        self.overlay.paint(painter, QRectF(rect), motion=self._motion())

    @staticmethod
    def _motion() -> bool:
        return appearance().motion

    def _animate_or_rest(self) -> None:
        if self.is_far:
            self.refresh()
        nodes, edges = self.overlay.moving(self.visible())
        moving = bool(nodes or edges)
        if moving and self._motion() and self.isVisible():
            if not self._animation.isActive():
                self._animation.start()
        elif self._animation.isActive():
            self._animation.stop()
            self.refresh()

    @property
    def is_animating(self) -> bool:
        """Whether pictures of what moves are being drawn."""
        return self._animation.isActive()

    def _animate(self) -> None:
        if not self.is_far:
            self.overlay.tick(_FRAME / 1000, self.visible())

    def show_draft(self, draft: DraftEdge | None) -> None:
        """The edge that is being drawn, or none."""
        self._fading.stop()
        self._touch_draft()
        self.overlay.draft = draft
        self._touch_draft()

    def _fade(self) -> None:
        self.show_draft(None)

    def let_draft_fade(self) -> None:
        """Keeps the words at the pointer readable for a while."""
        self._fading.start()

    def _touch_draft(self) -> None:
        if self.overlay.draft is not None:
            self.touch(self.overlay.draft.area(self.zoom))

    def show_band(self, area: QRectF | None) -> None:
        """The rubber band, or none."""
        for band in (self.overlay.band, area):
            if band is not None:
                self.touch(band)
        self.overlay.band = area

    def show_target(self, area: QRectF | None) -> None:
        """What a drop would change, or none."""
        if area == self.overlay.target:
            return
        for target in (self.overlay.target, area):
            if target is not None:
                self.touch(target.adjusted(-12, -12, 12, 12))
        self.overlay.target = area
