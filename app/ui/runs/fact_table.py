"""A table of facts: right-aligned figures, states as icon and word, rows made only when they are seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import cast

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_text, fill_rounded
from app.ui.icons import paint_icon
from app.ui.plain import one_line, tooltip
from app.ui.style_sheet import vary
from app.ui.theme import tint
from app.ui.widgets.column_widths import DraggedColumns

_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
_ROW = 28
_LEAST, _MOST = 150, 460  # pixels of a column that takes what is left, as far as its texts need them
_MOST_FIGURES = 180
_MARK = 22  # pixels of a small icon behind a text
_MEASURED = 120  # characters; more need more than the most anyway
_CELL_ROLE = Qt.ItemDataRole.UserRole
_FIGURES = fonts.TextStyle(12, fonts.LABEL.weight, tabular=True)
_FIGURES_STRONG = fonts.TextStyle(12, fonts.LABEL_STRONG.weight, tabular=True)


@dataclass(frozen=True, slots=True)
class Column:
    """A title already in the person's language; `width` 0 takes what is left, if that is enough to read."""

    title: str
    width: int = 0
    figures: bool = False  # right-aligned, digits in columns
    whole: bool = False  # gets wider before it is shortened, as figures do


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place. `tone` is "", "muted", "link" or a state's name; `kind` a step kind's dot."""

    text: str = ""
    tone: str = ""
    icon: str = ""
    strong: bool = False
    kind: str = ""
    indent: int = 0
    tip: str = ""  # the tooltip; empty: the whole text
    share: float | None = None  # draws a bar of 0..1 instead of the text
    mark: str = ""  # a small icon behind the text
    ground: bool = False  # stands on the ground of a heading


class FactModel(QAbstractTableModel):
    """Rows on demand: `cells(row)` is asked for what is on the screen and nothing else."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._columns: Sequence[Column] = ()
        self._count = 0
        self._cells: Callable[[int], Sequence[Cell]] = lambda _row: ()
        self.failed: Callable[[int], bool] = lambda _row: False

    @property
    def columns(self) -> Sequence[Column]:
        return self._columns

    def show(self, columns: Sequence[Column], count: int, cells: Callable[[int], Sequence[Cell]]) -> None:
        """Other facts; keeps the view's place where columns and number of rows allow it."""
        if tuple(columns) != tuple(self._columns) or count < self._count:
            self.beginResetModel()
            self._columns, self._count, self._cells = tuple(columns), count, cells
            self.endResetModel()
            return
        self._cells = cells
        if count > self._count:
            self.beginInsertRows(_NO_INDEX, self._count, count - 1)
            self._count = count
            self.endInsertRows()
        if count:
            self.dataChanged.emit(self.index(0, 0), self.index(count - 1, len(self._columns) - 1))

    def title(self, column: int) -> str:
        return self._columns[column].title if column < len(self._columns) else ""

    def cell(self, index: _Index) -> Cell:
        cells = self._cells(index.row())
        return cells[index.column()] if index.column() < len(cells) else Cell()

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == _CELL_ROLE:
            return self.cell(index)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return one_line(self.cell(index).text)
        if role == Qt.ItemDataRole.ToolTipRole:
            cell = self.cell(index)
            return tooltip(cell.tip or cell.text)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Vertical or section >= len(self._columns):
            return None
        column = self._columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.figures else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None


class FactTable(QTableView):
    """Emits `opened(row)` for a double click or Enter. With a name, it keeps what its columns are dragged to."""

    opened = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, name: str = "") -> None:
        super().__init__(parent)
        self._facts = FactModel(self)
        self.setModel(self._facts)
        vary(self, role="facts")
        self.setItemDelegate(_CellPainter(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setMinimumSectionSize(40)
        self._dragged = DraggedColumns(name, self.horizontalHeader(), self._facts.title)
        self._dragged.given_back.connect(self._share_out)
        self._needed: dict[int, int] = {}
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._share_out)
        self.doubleClicked.connect(self._open)

    def mark_failed(self, failed: Callable[[int], bool]) -> None:
        """Gives the rows for which `failed(row)` holds a red ground."""
        self._facts.failed = failed

    def show_facts(
        self, columns: Sequence[Column], count: int, cells: Callable[[int], Sequence[Cell]]
    ) -> None:
        """Shows `count` rows; `cells(row)` gives one, left to right."""
        new = tuple(columns) != tuple(self._facts.columns)
        with self._dragged.setting():
            self._facts.show(columns, count, cells)
        if new:
            self._needed.clear()
            self._share_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_out()

    def need(self, section: int, width: float) -> None:
        """Hears of a cell that was drawn how many pixels it takes to be read whole."""
        if width > self._needed.get(section, 0):
            self._needed[section] = ceil(width)
            self._later.start()

    def _share_out(self) -> None:
        """What was dragged stays so. What figures need they get first, then texts, up to a bound; what is left then
        goes to texts. Where there is too little, texts keep the least and the table scrolls.
        """
        columns, header = self._facts.columns, self.horizontalHeader()
        dragged = {at: width for at in range(len(columns)) if (width := self._dragged.width(at))}
        free = {at: column for at, column in enumerate(columns) if at not in dragged}
        widths = {at: column.width for at, column in free.items() if column.width}
        least = {at: self._least(at) for at, column in free.items() if not column.width}
        room = self.viewport().width() - sum(dragged.values())
        spare = room - sum(widths.values()) - sum(least.values())
        for at in [at for at in widths if columns[at].figures or columns[at].whole]:
            more = min(self._needed.get(at, 0), _MOST_FIGURES) - widths[at]
            more = max(0, min(more, spare))
            widths[at] += more
            spare -= more
        wish = {at: max(0, min(self._needed.get(at, 0), _MOST) - width) for at, width in least.items()}
        given = shared(max(0, min(spare, sum(wish.values()))), wish)
        widths |= {at: width + given[at] for at, width in least.items()}
        rest = shared(max(0, spare - sum(given.values())), {at: widths[at] for at in least})
        with self._dragged.setting():
            for at, width in (widths | dragged).items():
                header.resizeSection(at, width + rest.get(at, 0))

    def _least(self, section: int) -> int:
        """Of a column of texts: enough to read, or less where its texts are short."""
        title = self.horizontalHeader().sectionSizeHint(section)
        return min(_LEAST, max(title, self._needed.get(section, _LEAST)))

    def _open(self, index: QModelIndex) -> None:
        self.opened.emit(index.row())

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._show_ring()

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        super().currentChanged(current, previous)
        self._show_ring()

    def _show_ring(self) -> None:
        """The row that is current shows where the keys go; without one, the whole table does."""
        ring = "" if self.currentIndex().isValid() else "yes"
        if self.property("ring") != ring:
            vary(self, ring=ring)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)


class _CellPainter(QStyledItemDelegate):
    """Draws a Cell: icon or dot, text in its tone, elided at its end."""

    def __init__(self, table: FactTable) -> None:
        super().__init__(table)
        self._table = table

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(60, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = cast("FactModel", index.model())
        cell, column = model.cell(index), model.columns[index.column()]
        look, language = appearance().theme, appearance().language
        area = QRectF(option.rect)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, tint(look.accent2, 14 if look.dark else 9))
            if index.column() == 0:
                edge = look.accent2 if state & QStyle.StateFlag.State_Active else look.border_strong
                painter.fillRect(QRectF(area.left(), area.top(), 3, area.height()), edge)
        elif model.failed(index.row()):
            painter.fillRect(area, tint(look.state("error").line, 7))
        elif cell.ground:
            painter.fillRect(area, tint(look.input, 60))
        painter.fillRect(QRectF(area.left(), area.bottom() - 0.5, area.width(), 1), look.border)
        inside = area.adjusted(10 + cell.indent * 18, 0, -10, 0)
        colour = _colour(cell)
        if cell.share is not None:
            track = QRectF(inside.left(), inside.center().y() - 3, inside.width(), 6)
            fill_rounded(painter, track, 3, look.input)
            track.setWidth(max(6.0, track.width() * cell.share))
            fill_rounded(painter, track, 3, look.accent2)
            painter.restore()
            return
        if cell.kind:
            fill_rounded(
                painter, QRectF(inside.left(), inside.center().y() - 5, 10, 10), 3, look.kind(cell.kind)
            )
            inside.adjust(20, 0, 0, 0)
        if cell.icon:
            badge = QRectF(inside.left(), inside.center().y() - 9, 18, 18)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tint(colour, look.badge_tint))
            painter.drawEllipse(badge)
            paint_icon(painter, cell.icon, colour, badge.adjusted(4, 4, -4, -4))
            inside.adjust(26, 0, 0, 0)
        style = _style(cell.strong, column.figures)
        if cell.mark:
            width = fonts.metrics(style, language).horizontalAdvance(one_line(cell.text))
            place = QRectF(
                min(inside.left() + width + 8, inside.right() - 14), inside.center().y() - 7, 14, 14
            )
            paint_icon(painter, cell.mark, look.text2, place)
        words = one_line(cell.text)
        taken = fonts.metrics(style, language).horizontalAdvance(words[:_MEASURED])
        beside = area.width() - inside.width() + (_MARK if cell.mark else 0)
        self._table.need(index.column(), beside + taken)
        align = Qt.AlignmentFlag.AlignRight if column.figures else Qt.AlignmentFlag.AlignLeft
        draw_text(painter, inside, words, style, colour, language, align)
        painter.restore()


def shared(amount: int, parts: Mapping[int, int]) -> dict[int, int]:
    """An amount of pixels in the proportion of the parts; the last one gets what rounding leaves."""
    total, left = sum(parts.values()), amount
    given = dict.fromkeys(parts, 0)
    for at, part in parts.items():
        given[at] = amount * part // total if total else 0
        left -= given[at]
    if given and total:
        given[max(given)] += left
    return given


def _style(strong: bool, figures: bool) -> fonts.TextStyle:
    if figures:
        return _FIGURES_STRONG if strong else _FIGURES
    return fonts.LABEL_STRONG if strong else fonts.LABEL


def _colour(cell: Cell) -> QColor:
    look = appearance().theme
    match cell.tone:
        case "":
            return look.text if cell.strong else look.text2
        case "muted":
            return look.muted
        case "link":
            return look.accent2
        case "person":
            return look.kind("strong")
        case tone:
            return look.state(tone).text
