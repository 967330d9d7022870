"""The source menu: the values that a text may refer to, by the titles of the steps that give them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QCompleter,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.texts import text
from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.icons import paint_icon
from app.ui.inspector.around import Source
from app.ui.plain import one_line, tooltip
from app.ui.theme import tint

SOURCE = Qt.ItemDataRole.UserRole
_ROW = 40


class SourceMenu(QCompleter):
    """Pops up below the cursor; typing on filters it by step, output and part. Emits `picked(Source)`."""

    picked = Signal(object)

    def __init__(self, field: QWidget) -> None:
        super().__init__(field)
        self.setWidget(field)
        self._model = QStandardItemModel(self)
        self.setModel(self._model)
        self.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setMaxVisibleItems(7)
        self.list = QListView()
        self.list.setUniformItemSizes(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setPopup(self.list)
        self.list.setItemDelegate(_SourceRow(self.list))  # after setPopup, which sets its own
        self.activated[QModelIndex].connect(self._activated)  # pyright: ignore[reportIndexIssue, reportUnknownMemberType]

    def fill(self, sources: Sequence[Source]) -> None:
        """Other sources; what a link brings already stands first, in the order given."""
        self._model.clear()
        for source in sources:
            item = QStandardItem(full_name(source))
            item.setData(source, SOURCE)
            item.setToolTip(tooltip(full_name(source)))
            self._model.appendRow(item)

    def _activated(self, index: QModelIndex) -> None:
        self.picked.emit(index.data(SOURCE))

    def is_empty(self) -> bool:
        return self._model.rowCount() == 0


def full_name(source: Source) -> str:
    """The step, its output, and the part of it: "Customer request › Message › subject"."""
    return " › ".join(one_line(part, 80) for part in (source.step, source.port_label, *source.path) if part)


class _SourceRow(QStyledItemDelegate):
    """The output strong above its step, the type at the end; a link sign where picking adds one."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, _ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        source: Source = index.data(SOURCE)
        look, language = appearance().theme, appearance().language
        area = QRect(option.rect).adjusted(2, 1, -2, -1)  # pyright: ignore[reportAttributeAccessIssue]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:  # pyright: ignore[reportAttributeAccessIssue]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.hover)
            painter.drawRoundedRect(area, 7, 7)
        icon = area.adjusted(8, 0, 0, 0)
        icon = QRect(icon.left(), area.center().y() - 6, 14, 14)
        paint_icon(painter, "check" if source.input else "link", look.muted, icon.toRectF())
        right = area.right() - 8
        kind = text(f"canvas.type.{source.type}")
        small = fonts.font(fonts.SMALL, language)
        painter.setFont(small)
        painter.setPen(tint(look.muted, 100))
        width = round(fonts.metrics(fonts.SMALL, language).horizontalAdvance(kind)) + 2
        painter.drawText(
            QRect(right - width, area.top(), width, area.height()), Qt.AlignmentFlag.AlignVCenter, kind
        )
        words = QRect(area.left() + 30, area.top() + 3, right - width - area.left() - 38, 17)
        painter.setPen(look.text)
        painter.setFont(fonts.font(fonts.LABEL_STRONG, language))
        strong = " › ".join(one_line(part, 80) for part in (source.port_label, *source.path))
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, _elided(painter, strong, words.width()))
        painter.setPen(look.text2)
        painter.setFont(small)
        words.translate(0, 16)
        note = source.step if source.input else text("inspector.source.adds_link", step=source.step)
        painter.drawText(
            words, Qt.AlignmentFlag.AlignVCenter, _elided(painter, one_line(note), words.width())
        )
        painter.restore()


def _elided(painter: QPainter, words: str, width: int) -> str:
    return painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, width)
