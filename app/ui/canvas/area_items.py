"""GroupItem and NoteItem: what lies behind the cards."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.document.workflow import Group, Note
from app.ui.canvas.area_painter import group_rect, paint_group, paint_note
from app.ui.canvas.card import Fact
from app.ui.canvas.look import Look
from app.ui.canvas.node_item import NodeItem

Z_GROUP = 0.0
Z_NOTE = 1.0
_SHADOW = 16


class GroupItem(QGraphicsItem):
    """A tinted area that follows its members."""

    def __init__(self, group_id: str, group: Group, look: Look) -> None:
        super().__init__()
        self.id = group_id
        self.shown = group
        self.members: tuple[NodeItem, ...] = ()
        self.area = QRectF()
        self._total: Fact | None = None
        self._look = look
        self.setZValue(Z_GROUP)

    @property
    def colour(self) -> str:
        return self.shown.colour

    def show_group(self, group: Group, members: Sequence[NodeItem]) -> None:
        self.shown, self.members = group, tuple(members)
        self.follow()
        self.update()

    def follow(self) -> None:
        """Takes the place that the members' places ask for."""
        area = group_rect(member.area for member in self.members)
        if area != self.area:
            self.prepareGeometryChange()
            self.area = area

    def show_total(self, total: Fact | None) -> None:
        if total != self._total:
            self._total = total
            self.update()

    def show_look(self, look: Look) -> None:
        self._look = look
        self.update()

    def boundingRect(self) -> QRectF:
        return self.area

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        paint_group(painter, self.shown, self.area, self._total, self._look)


class NoteItem(QGraphicsItem):
    """A sticky card at a place and of a size of its own."""

    def __init__(self, note_id: str, note: Note, look: Look) -> None:
        super().__init__()
        self.id = note_id
        self.note = note
        self._size = (note.width, note.height)
        self._look = look
        self.setZValue(Z_NOTE)
        self.setPos(note.x, note.y)

    @property
    def colour(self) -> str:
        return self.note.colour

    @property
    def area(self) -> QRectF:
        """Its rectangle in the scene."""
        return QRectF(self.pos().x(), self.pos().y(), *self._size)

    def show_note(self, note: Note) -> None:
        self.note = note
        self.setPos(note.x, note.y)
        self.resize(note.width, note.height)
        self.update()

    def resize(self, width: int, height: int) -> None:
        """Shows another size; the document learns of it when the gesture ends."""
        if (width, height) != self._size:
            self.prepareGeometryChange()
            self._size = (width, height)

    def show_look(self, look: Look) -> None:
        self._look = look
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, *self._size).adjusted(-_SHADOW, -_SHADOW, _SHADOW, _SHADOW)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        paint_note(painter, self.note, QRectF(0, 0, *self._size), self._look)
