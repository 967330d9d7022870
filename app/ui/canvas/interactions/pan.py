"""Pan: moves the canvas under the pointer (space or the middle button)."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.ui.canvas.interactions.gesture import Gesture, Pointer


class Pan(Gesture):
    auto_pans = False
    cursor = Qt.CursorShape.ClosedHandCursor

    def follow(self, pointer: Pointer) -> None:
        delta = pointer.view - self.start.view
        self.start = pointer
        self.view.pan(delta.x(), delta.y())
