"""RubberBand: picks what a rectangle touches; a mere click on the canvas picks nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt

from app.ui.canvas.area_items import NoteItem
from app.ui.canvas.interactions.gesture import Gesture, Pointer
from app.ui.canvas.node_item import NodeItem
from app.ui.canvas.selection import NOTHING, Selection

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView


class RubberBand(Gesture):
    def __init__(self, view: CanvasView, start: Pointer) -> None:
        super().__init__(view, start)
        self._before = self.scene.selection
        self._kept = self._before if start.adds else NOTHING

    def move(self, pointer: Pointer) -> None:
        area = QRectF(self.start.at, pointer.at).normalized()
        self.view.show_band(area)
        items = self.scene.items(area, Qt.ItemSelectionMode.IntersectsItemBoundingRect)
        nodes = frozenset(
            item.id for item in items if isinstance(item, NodeItem) and item.area.intersects(area)
        )
        notes = frozenset(
            item.id for item in items if isinstance(item, NoteItem) and item.area.intersects(area)
        )
        self.scene.select(self._kept.united(Selection(nodes=nodes, notes=notes)))

    def release(self, pointer: Pointer) -> None:
        self.view.show_band(None)
        if not self.moved:
            self.scene.select(self._kept)

    def cancel(self) -> None:
        self.view.show_band(None)
        self.scene.select(self._before)
