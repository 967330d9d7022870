"""Looking: tells a run which steps are in sight, since only what somebody looks at is streamed as it is written.

In sight are the steps of the level that the canvas shows; none while another page covers it.
"""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QEvent, QObject

from app.ui.canvas.canvas import Canvas
from app.ui.run_stream import RunStream


class Looking(QObject):
    """Follows the canvas."""

    def __init__(self, canvas: Canvas, stream: RunStream) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._stream = stream
        stream.in_sight = self._in_sight
        canvas.level_changed.connect(stream.look)
        canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._stream.look()
        return super().eventFilter(watched, event)

    def _in_sight(self) -> Collection[str]:
        return self._canvas.scene.nodes.keys() if self._canvas.isVisible() else ()
