"""The entry row: an icon tile, a title and one plain line."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.palette.entries import Entry
from app.ui.plain import one_line
from app.ui.widgets.icon_button import paint_tile

_ROW = 48
_HEADING = 34
_TILE = 32
_WORDS_LEFT = 50


class EntryRow(QStyledItemDelegate):
    """Draws entries and the names of their groups."""

    def __init__(self, parent: QListView) -> None:
        super().__init__(parent)
        self._list = parent

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(180, _ROW if _is_entry(index) else _HEADING)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        area = QRect(option.rect)  # pyright: ignore[reportAttributeAccessIssue]
        state = option.state  # pyright: ignore[reportAttributeAccessIssue]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row: Entry | str = index.data(Qt.ItemDataRole.UserRole)
        if isinstance(row, str):
            _heading(painter, row, area)
        else:
            chosen = bool(state & QStyle.StateFlag.State_Selected)
            hovered = bool(state & QStyle.StateFlag.State_MouseOver)
            _ground(painter, area, chosen=chosen, hovered=hovered, focused=chosen and self._list.hasFocus())
            _entry(painter, row, area)
        painter.restore()


def words_room(width: int) -> int:
    """Pixels that the words have in a row of this width."""
    return width - _WORDS_LEFT - 8


def _is_entry(index: QModelIndex | QPersistentModelIndex) -> bool:
    return isinstance(index.data(Qt.ItemDataRole.UserRole), Entry)


def _heading(painter: QPainter, words: str, area: QRect) -> None:
    painter.setPen(appearance().theme.text2)
    painter.setFont(fonts.font(fonts.LABEL, appearance().language))
    painter.drawText(area.adjusted(8, 8, -8, 0), Qt.AlignmentFlag.AlignVCenter, words)


def _ground(painter: QPainter, area: QRect, *, chosen: bool, hovered: bool, focused: bool) -> None:
    look = appearance().theme
    if chosen or hovered:
        painter.setPen(look.accent2 if focused else Qt.PenStyle.NoPen)
        painter.setBrush(look.hover)
        painter.drawRoundedRect(QRectF(area).adjusted(0.5, 1.5, -0.5, -1.5), 9, 9)


def _entry(painter: QPainter, entry: Entry, area: QRect) -> None:
    look, language = appearance().theme, appearance().language
    tile = QRectF(area.left() + 8, area.center().y() - _TILE / 2 + 0.5, _TILE, _TILE)
    paint_tile(painter, entry.icon, look.kind(entry.kind), look.tile_tint, tile)
    words = QRect(area.left() + _WORDS_LEFT, area.top() + 5, words_room(area.width()), 20)
    for style, colour, line in (
        (fonts.STRONG, look.text, entry.title),
        (fonts.SMALL, look.muted, entry.summary),
    ):
        painter.setFont(fonts.font(style, language))
        painter.setPen(colour)
        shown = painter.fontMetrics().elidedText(one_line(line), Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, shown)
        words.translate(0, 18)
