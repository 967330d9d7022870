"""Resize: the corner of a note, the right edge of a card."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from app.document.operations import ResizeNodes, SetNote
from app.ui.canvas.anatomy import MAX_WIDTH, MIN_WIDTH, WIDTH, snapped
from app.ui.canvas.area_items import NoteItem
from app.ui.canvas.area_painter import NOTE_LEAST
from app.ui.canvas.interactions.gesture import Gesture, Pointer
from app.ui.canvas.node_item import NodeItem
from app.ui.canvas.selection import only

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView


class ResizeNote(Gesture):
    cursor = Qt.CursorShape.SizeFDiagCursor

    def __init__(self, view: CanvasView, start: Pointer, note: NoteItem) -> None:
        super().__init__(view, start)
        self._note = note
        self._size = (note.note.width, note.note.height)
        self.scene.select(only("notes", note.id))

    def move(self, pointer: Pointer) -> None:
        by = pointer.at - self.start.at
        self._size = (
            max(NOTE_LEAST[0], snapped(self._note.note.width + by.x())),
            max(NOTE_LEAST[1], snapped(self._note.note.height + by.y())),
        )
        self._note.resize(*self._size)
        self.view.refresh()

    def release(self, pointer: Pointer) -> None:
        note = replace(self._note.note, width=self._size[0], height=self._size[1])
        self.cancel()
        if note != self._note.note:
            self.view.intents.operation_requested.emit(SetNote(self._note.id, note))

    def cancel(self) -> None:
        self._note.resize(self._note.note.width, self._note.note.height)
        self.view.refresh()


class ResizeCard(Gesture):
    cursor = Qt.CursorShape.SizeHorCursor

    def __init__(self, view: CanvasView, start: Pointer, node: NodeItem) -> None:
        super().__init__(view, start)
        self._node = node
        self._before = node.placed
        self.scene.select(only("nodes", node.id))

    def move(self, pointer: Pointer) -> None:
        wanted = snapped(self._before.width + pointer.at.x() - self.start.at.x())
        self._show(max(MIN_WIDTH, min(MAX_WIDTH, wanted)))

    def _show(self, width: int) -> None:
        self._node.show_placed(replace(self._node.placed, width=width))
        self.scene.move_node(self._node.id, self._node.pos())
        self.view.refresh()

    def release(self, pointer: Pointer) -> None:
        width = self._node.placed.width
        self.cancel()
        if width != self._before.width:
            usual = None if width == WIDTH else width
            self.view.intents.operation_requested.emit(ResizeNodes({self._node.id: usual}))

    def cancel(self) -> None:
        self._show(self._before.width)
