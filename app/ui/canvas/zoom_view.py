"""ZoomView: a scene on the screen that is zoomed about the pointer and panned, without scroll bars."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QNativeGestureEvent, QPainter, QResizeEvent, QTransform, QWheelEvent
from PySide6.QtWidgets import QGraphicsView, QWidget

from app.ui.canvas.scene import CanvasScene

LEAST_ZOOM, MOST_ZOOM = 0.05, 3.0
FAR_BELOW = 0.25  # under this zoom the far layer draws everything
_SETTLE = 140  # ms after the last change of zoom until cards are painted anew, sharp
_NEARLY = 0.85  # so much smaller than the least zoom may be what then is all in sight
_STEP = 1.15  # zoom of one notch of the wheel


class ZoomView(QGraphicsView):
    """Emits `zoom_changed`, and `looked` when another part of the scene is in sight.

    Once fitted, it shows all of the workflow at any size, until somebody zooms, pans or says `stay`; from then on
    another size leaves in the middle what is there.
    """

    zoom_changed = Signal(float)
    looked = Signal()

    def __init__(self, canvas: CanvasScene, parent: QWidget | None = None) -> None:
        super().__init__(canvas, parent)
        self._fitted = self._whole = False
        self._odd = QSize(0, 0)
        self.least_fit = LEAST_ZOOM  # under it nothing is fitted: then a part is shown, around `heed`
        self.heed = QRectF()
        self.canvas = canvas  # a view does not keep its scene alive
        self._settling = QTimer(self, interval=_SETTLE, singleShot=True)
        self._settling.timeout.connect(self.settle)
        self._set_up()

    def _set_up(self) -> None:
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setAcceptDrops(True)

    @property
    def zoom(self) -> float:
        return self.transform().m11()

    def set_zoom(self, zoom: float, around: QPoint | None = None) -> None:
        """Zooms so that the scene's point at `around` (in the view; None: its middle) stays where it is."""
        self._fitted = False
        zoom = max(LEAST_ZOOM, min(MOST_ZOOM, zoom))
        if zoom == self.zoom:
            return
        fixed = around if around is not None else self.viewport().rect().center()
        point = self.mapToScene(fixed)
        self.canvas.settled_zoom = None
        self.setTransform(QTransform.fromScale(zoom, zoom))
        drift = self.mapFromScene(point) - fixed
        self.pan(-drift.x(), -drift.y())
        self._settling.start()
        self.zoom_changed.emit(zoom)

    def fit(self, most: float = 1.0, *, whole: bool = False) -> None:
        """Shows all of the workflow, at 100 % at most; what can't be read then is shown in part, unless `whole`."""
        self._whole = whole
        least = LEAST_ZOOM if whole else self.least_fit
        content = self.canvas.content()
        if content.isNull():
            self.set_zoom(1.0)
            self.centerOn(0, 0)
            self._fitted = True
            return
        port = self.viewport().rect()
        side, below = min(48, port.width() // 12), min(72, port.height() // 5)
        room = port.adjusted(side, side, -side, -below)
        zoom = min(room.width() / content.width(), room.height() / content.height(), most)
        if 0.94 < zoom < 1:
            zoom = 1.0  # a margin a little narrower is better than blurred letters
        if zoom < least * _NEARLY:
            zoom = least
        self.set_zoom(zoom)
        self.centerOn(content.center() + QPointF(0, 12 / self.zoom))
        if zoom == least:
            self._look_at_what_counts(content)
        self._fitted = True
        self.looked.emit()

    def _look_at_what_counts(self, content: QRectF) -> None:
        """Of a workflow that doesn't fit: the step to heed, or the left end, from which it is read."""
        start = QRectF(content.left(), content.center().y(), 1, 1)
        area = start if self.heed.isNull() else self.heed
        room = self.viewport().height()
        # In the middle, or what floats at the bottom would lie over it.
        above = (
            0 if content.height() * self.zoom < room else round((room - area.height() * self.zoom) / 2) - 1
        )
        self.ensureVisible(area, 24, max(0, above))

    def stay(self) -> None:
        """Leaves the picture as it is, also when the view gets another size."""
        self._fitted = False

    def look_at(self, point: QPointF) -> None:
        """Brings a point of the scene into the middle."""
        self._fitted = False
        self.centerOn(point)

    def pan(self, dx: int, dy: int) -> None:
        """Moves the picture by pixels of the view."""
        self._fitted = False
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - dx)
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() - dy)

    def reveal(self, area: QRectF) -> None:
        """Brings a part of the scene into sight, moving no further than needed."""
        self._fitted = False
        self.ensureVisible(area, 40, 40)

    def visible(self) -> QRectF:
        """The part of the scene that is in sight."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        if self.is_far:
            self.viewport().update()
        self.looked.emit()

    def settle(self) -> None:
        """The zoom stays as it is for now: cards are painted for exactly this one."""
        self.canvas.settled_zoom = self.zoom
        self.refresh()

    @property
    def is_far(self) -> bool:
        """Whether nothing can be read any more."""
        return self.zoom < FAR_BELOW

    def refresh(self) -> None:
        """Asks for a repaint of all that is in sight."""
        self.viewport().update()

    def touch(self, area: QRectF) -> None:
        """Asks for a repaint of a part of the scene."""
        self.viewport().update(self.mapFromScene(area).boundingRect().adjusted(-2, -2, 2, 2))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fitted:
            self.refit()
        elif event.oldSize().isValid():  # what was in the middle stays there
            grown = event.size() - event.oldSize() + self._odd
            half = QSize(grown.width() // 2, grown.height() // 2)
            self._odd = grown - half * 2  # one pixel more at a time makes a difference every other time
            self.pan(half.width(), half.height())

    def refit(self) -> None:
        """Fits again what nobody has moved since it was fitted."""
        if self._fitted:
            self.fit(whole=self._whole)

    def wheelEvent(self, event: QWheelEvent) -> None:
        fingers = event.pixelDelta()
        zooming = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if not fingers.isNull() and event.phase() != Qt.ScrollPhase.NoScrollPhase and not zooming:
            self.pan(fingers.x(), fingers.y())  # two fingers on a touchpad
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.pan(event.angleDelta().y() or event.angleDelta().x(), 0)
        else:
            steps = event.angleDelta().y() / 120
            self.set_zoom(self.zoom * _STEP**steps, event.position().toPoint())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        pinch = Qt.NativeGestureType.ZoomNativeGesture
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == pinch:
            self.set_zoom(self.zoom * (1 + event.value()), event.position().toPoint())
            return True
        return super().viewportEvent(event)
