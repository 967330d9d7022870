"""The bill as a tree: workflows with their steps, or models, connections and days, with cost and share of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias, cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app import figures
from app.adapters.model_names import short_name
from app.costs.bill import Bill, Line, Model
from app.costs.ledger import CONNECTION_TESTS
from app.texts import text
from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_text, fill_rounded
from app.ui.costs.amounts import a_call, line_cost
from app.ui.costs.model_colours import ModelColours
from app.ui.costs.month import day_in_month
from app.ui.plain import one_line
from app.ui.theme import tint
from app.ui.widgets.column_widths import DraggedColumns

Split: TypeAlias = Literal["workflow", "model", "connection", "day"]
Title = Callable[[Line], str]

_COLUMNS = ("name", "model", "rows", "calls", "a_call", "cost", "share")
_NAME, _MODEL, _ROWS, _CALLS, _A_CALL, _COST, _SHARE = range(7)
_WIDTHS = {_MODEL: 120, _ROWS: 100, _CALLS: 76, _A_CALL: 92, _COST: 158, _SHARE: 160}
_LEAST_NAME, _MOST_MODEL = 120, 320
_LINE = Qt.ItemDataRole.UserRole
_ROW = 30
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NARROW = ((560, _SHARE), (660, _A_CALL), (760, _ROWS), (480, _MODEL))  # below so many pixels a column leaves


class CostTree(QTreeWidget):
    """Emits `day_chosen(day)` and `model_chosen(model)` where a line of that kind is activated."""

    day_chosen = Signal(str)
    model_chosen = Signal(object)

    def __init__(self, title: Title, parent: QWidget | None = None) -> None:
        """`title` is what people read for a step without a title of its own."""
        super().__init__(parent)
        self._title = title
        self._split: Split = "workflow"
        self._colours = ModelColours()
        self._open: set[str] | None = None
        self.setColumnCount(len(_COLUMNS))
        self.setRootIsDecorated(True)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setProperty("role", "bare")
        self.setItemDelegateForColumn(_SHARE, _ShareBar(self))
        self.setItemDelegateForColumn(_NAME, _Named(self))
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionsMovable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setMinimumSectionSize(40)
        self._dragged = DraggedColumns("costs", header, self._column_title)
        self._dragged.given_back.connect(self._fit)
        self.itemActivated.connect(self._activated)
        self.itemExpanded.connect(self._remember)
        self.itemCollapsed.connect(self._remember)

    def show_bill(self, bill: Bill, split: Split, colours: ModelColours) -> None:
        self._split, self._colours = split, colours
        self.setAccessibleName(text("costs.tree"))
        with self._dragged.setting():
            self.setHeaderLabels([text(f"costs.column.{name}") for name in _COLUMNS])
        self.headerItem().setText(_NAME, text(f"costs.column.{split}"))
        if split == "model":  # whose it is stands beside it
            self.headerItem().setText(_MODEL, text("costs.column.connection"))
        for column in (_ROWS, _CALLS, _A_CALL, _COST):
            self.headerItem().setTextAlignment(column, _RIGHT)
        self.blockSignals(True)
        self.clear()
        lines: Sequence[Line] = {
            "workflow": bill.workflows,
            "model": bill.models,
            "connection": bill.connections,
            "day": bill.days,
        }[split]
        for at, line in enumerate(lines):
            item = self._item(line, strong=bool(line.inner))
            self.addTopLevelItem(item)
            for step in line.inner:
                item.addChild(self._item(step, strong=False, step=True))
            item.setExpanded(at < 2 if self._open is None else line.key in self._open)
        if lines:
            self.addTopLevelItem(self._total(bill.total))
        self.blockSignals(False)
        self._fit()

    def content_height(self) -> int:
        """Of everything that is open."""
        rows = 0
        for at in range(self.topLevelItemCount()):
            item = self.topLevelItem(at)
            rows += 1 + (item.childCount() if item and item.isExpanded() else 0)
        return (rows + 1) * _ROW + 12

    def sizeHint(self) -> QSize:
        return QSize(600, self.content_height())

    def _item(self, line: Line, *, strong: bool, step: bool = False) -> QTreeWidgetItem:
        name = self._name(line, step=step)
        models = line.models
        words = (
            one_line(short_name(models[0][1])) if len(models) == 1 else text("costs.models", n=len(models))
        )
        if self._split == "model" and not step:
            words = models[0][0] or text("model.this_computer")
        rows = "" if line.rows is None else figures.count(line.rows)
        cells = [
            name,
            words,
            rows,
            figures.count(line.calls),
            a_call(line),
            line_cost(line),
            figures.line_share(line),
        ]
        item = QTreeWidgetItem(cells)
        item.setData(_NAME, _LINE, line)
        item.setSizeHint(_NAME, QSize(0, _ROW))
        item.setToolTip(_NAME, name)
        item.setToolTip(_MODEL, "\n".join(" · ".join(filter(None, model)) for model in models))
        style = fonts.STRONG if strong else fonts.BODY
        for column in range(len(_COLUMNS)):
            font = fonts.font(
                style if column in (_NAME, _COST) else fonts.TextStyle(12, QFont.Weight.Normal, tabular=True),
                appearance().language,
            )
            item.setFont(column, font)
            if column in (_ROWS, _CALLS, _A_CALL, _COST):
                item.setTextAlignment(column, _RIGHT)
        if line.free:
            item.setForeground(_COST, appearance().theme.state("done").text)
        elif line.unknown:
            item.setForeground(_COST, appearance().theme.state("warning").text)
        return item

    def _total(self, line: Line) -> QTreeWidgetItem:
        item = self._item(line, strong=True)
        item.setText(_NAME, text("costs.total"))
        for column in (_MODEL, _ROWS, _A_CALL):
            item.setText(column, "")
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        return item

    def _name(self, line: Line, *, step: bool) -> str:
        if step:
            return one_line(line.name) or self._title(line)
        if self._split == "day" and line.key:
            return day_in_month(line.key)
        if self._split == "connection":
            return one_line(line.name) or text("model.this_computer")
        if self._split == "workflow" and line.key == CONNECTION_TESTS:
            return text("costs.tests")
        name = short_name(line.name) if self._split == "model" else line.name
        return one_line(name) or text("figure.unknown")

    def _activated(self, item: QTreeWidgetItem) -> None:
        line = cast("Line", item.data(_NAME, _LINE))
        if self._split == "day" and line.key:
            self.day_chosen.emit(line.key)
        elif self._split == "model" and line.key:
            model: Model = line.models[0]
            self.model_chosen.emit(model)

    def _remember(self, _: QTreeWidgetItem) -> None:
        items = [self.topLevelItem(at) for at in range(self.topLevelItemCount())]
        self._open = {
            cast("Line", item.data(_NAME, _LINE)).key for item in items if item and item.isExpanded()
        }
        self.updateGeometry()

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._fit()

    def _fit(self) -> None:
        """What was dragged stays so. What the others leave goes to names and models, the larger part to names."""
        with self._dragged.setting():
            for least, column in _NARROW:
                is_other = column == _ROWS and self._split != "workflow"
                self.setColumnHidden(column, self.width() < least or is_other)
            shown = [at for at in range(len(_COLUMNS)) if not self.isColumnHidden(at)]
            widths = {at: self._dragged.width(at) or _WIDTHS.get(at, 0) for at in shown}
            left = self.viewport().width() - sum(widths[at] for at in shown if at not in (_NAME, _MODEL))
            if _MODEL in widths and self._dragged.width(_MODEL) is None:
                widths[_MODEL] = max(_WIDTHS[_MODEL], min(left * 2 // 5, _MOST_MODEL))
            if self._dragged.width(_NAME) is None:
                widths[_NAME] = max(_LEAST_NAME, left - widths.get(_MODEL, 0))
            for at, width in widths.items():
                self.header().resizeSection(at, width)

    def _column_title(self, column: int) -> str:
        return self.headerItem().text(column)

    def colour_of(self, line: Line) -> object:
        """The colour of a step's or model's square; None where a line has several models."""
        if len(line.models) != 1 or line.inner:
            return None
        return self._colours.of(line.models[0], appearance().theme)


class _Named(QStyledItemDelegate):
    """A name with its model's colour before it."""

    def __init__(self, tree: CostTree) -> None:
        super().__init__(tree)
        self._tree = tree

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        line = index.data(_LINE)
        colour = self._tree.colour_of(line) if isinstance(line, Line) and line.key else None
        if colour is None:
            super().paint(painter, option, index)
            return
        rect = QRectF(option.rect)  # type: ignore[attr-defined]
        option.rect = rect.adjusted(16, 0, 0, 0).toRect()  # type: ignore[attr-defined]
        super().paint(painter, option, index)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        square = QRectF(rect.left() + 4, rect.center().y() - 4, 8, 8)
        fill_rounded(painter, square, 2, colour)  # type: ignore[arg-type]
        painter.restore()


class _ShareBar(QStyledItemDelegate):
    """A share as a bar with its number."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        line = index.model().index(index.row(), _NAME, index.parent()).data(_LINE)
        if not isinstance(line, Line):
            return
        look, language = appearance().theme, appearance().language
        rect = QRectF(option.rect).adjusted(14, 0, -8, 0)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        words = QRectF(rect.right() - 52, rect.top(), 52, rect.height())
        draw_text(
            painter,
            words,
            figures.line_share(line),
            fonts.CHIP,
            look.text2,
            language,
            Qt.AlignmentFlag.AlignRight,
        )
        if line.key and line.cost.known:
            track = QRectF(rect.left(), rect.center().y() - 2.5, max(20.0, rect.width() - 62), 5)
            fill_rounded(painter, track, 2.5, look.input)
            track.setWidth(track.width() * line.tenths / 1000)
            if track.width() >= 1:
                strong = bool(line.inner) or not index.parent().isValid()
                fill_rounded(painter, track, 2.5, look.accent if strong else tint(look.accent2, 70))
        painter.restore()
