"""Gesture: what every interaction has: it begins with a press, follows the pointer, ends or is called off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the pointer is: in the scene, in the view, on the screen; and which keys are down."""

    at: QPointF
    view: QPoint
    where: QPoint
    keys: Qt.KeyboardModifier

    @property
    def adds(self) -> bool:
        """Shift or Ctrl: the selection grows instead of starting anew."""
        return bool(self.keys & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier))

    @property
    def free(self) -> bool:
        """Alt: nothing snaps."""
        return bool(self.keys & Qt.KeyboardModifier.AltModifier)


class Gesture:
    """Only shows what would happen; its end tells the intents what the person wants."""

    auto_pans = True  # near the view's border the canvas moves along
    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, view: CanvasView, start: Pointer) -> None:
        self.view = view
        self.scene = view.canvas
        self.start = start
        self.moved = False

    def follow(self, pointer: Pointer) -> None:
        """The pointer moved; the gesture proper begins once it is clear that it isn't a click."""
        if not self.moved:
            self.moved = (pointer.view - self.start.view).manhattanLength() >= 4
        if self.moved:
            self.move(pointer)

    def move(self, pointer: Pointer) -> None:
        """Shows what would happen if the button were let go here."""

    def release(self, pointer: Pointer) -> None:
        """The button was let go."""

    def cancel(self) -> None:
        """Escape: as if nothing had been begun."""
