"""The table of models: what each costs, how fast it is, what it can do, where data goes, and how it fits here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPainter
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
from app.adapters.memory_state import MemoryState
from app.adapters.model_library import ModelEntry
from app.adapters.shelf import ModelLine, Shelf
from app.texts import text
from app.ui import fonts, model_words
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_text
from app.ui.icons import icon
from app.ui.models.installed_words import fact_of
from app.ui.plain import one_line, tooltip
from app.ui.widgets.icon_button import paint_tile

_COLUMNS = ("model", "price_in", "price_out", "speed", "context", "can", "place", "here", "role")
_NAME, _IN, _OUT, _SPEED, _CONTEXT, _CAN, _PLACE, _HERE, _ROLE = range(9)
_WIDTHS = {_IN: 80, _OUT: 80, _SPEED: 92, _CONTEXT: 104, _CAN: 200, _PLACE: 186, _HERE: 250, _ROLE: 80}
_LINE, _SUBTITLE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_ROW = 44
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NARROW = ((1290, _CAN), (1080, _HERE), (890, _CONTEXT), (780, _SPEED), (690, _ROLE))
_LEAST_NAME, _ENOUGH_NAME = 200, 300
_MOST_CAN = 220  # pixels more for what a model can do, where names have enough


class ModelTable(QTreeWidget):
    """Emits `picked(ModelLine)` where the person walks to a model."""

    picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setColumnCount(len(_COLUMNS))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setIconSize(QSize(15, 15))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setProperty("role", "bare")
        self.setItemDelegateForColumn(_NAME, _Named(self))
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionsMovable(False)
        for column, width in _WIDTHS.items():
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, width)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        self.currentItemChanged.connect(self._walked)

    def show_models(
        self,
        models: Sequence[ModelLine],
        shelf: Shelf,
        entries: Mapping[str, ModelEntry],
        memory: MemoryState | None,
        *,
        gpu: bool,
    ) -> None:
        """The models in this order; `entries` are those of this computer by name."""
        current = self.current()
        self.setAccessibleName(text("models.list"))
        self.setHeaderLabels([text(f"models.column.{name}") for name in _COLUMNS])
        for column in (_IN, _OUT, _SPEED, _CONTEXT):
            self.headerItem().setTextAlignment(column, _RIGHT)
        roles = {shelf.model(choice): role for role, choice in shelf.roles.items()}
        self.blockSignals(True)
        self.clear()
        for line in models:
            entry = entries.get(line.model) if line.kind == "embedded" else None
            item = _item(line, entry, memory, roles.get(line, ""), gpu=gpu)
            self.addTopLevelItem(item)
            if current and (line.connection, line.model) == (current.connection, current.model):
                self.setCurrentItem(item)
        self.blockSignals(False)
        self.setFixedHeight(self.content_height())

    def current(self) -> ModelLine | None:
        item = self.currentItem()
        return cast("ModelLine", item.data(_NAME, _LINE)) if item else None

    def pick(self, name: str) -> None:
        """Walks to a model of this computer."""
        for at in range(self.topLevelItemCount()):
            item = self.topLevelItem(at)
            line = cast("ModelLine", item.data(_NAME, _LINE)) if item else None
            if item and line and line.kind == "embedded" and line.model == name:
                self.setCurrentItem(item)

    def content_height(self) -> int:
        """What all rows need."""
        return self.header().sizeHint().height() + self.topLevelItemCount() * _ROW + 4

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        for least, column in _NARROW:
            self.setColumnHidden(column, self.width() < least)
        fixed = sum(width for column, width in _WIDTHS.items() if not self.isColumnHidden(column))
        more = max(0, self.viewport().width() - fixed - _ENOUGH_NAME)
        self.header().resizeSection(_CAN, _WIDTHS[_CAN] + min(more, _MOST_CAN))

    def _walked(self, item: QTreeWidgetItem | None) -> None:
        if item is not None:
            self.picked.emit(item.data(_NAME, _LINE))


def _item(
    line: ModelLine, entry: ModelEntry | None, memory: MemoryState | None, role: str, *, gpu: bool
) -> QTreeWidgetItem:
    look = appearance().theme
    place = model_words.place_words(line)
    speed = line.speed or (entry.speed.writing if entry and entry.speed else None)
    prices = _prices(line)
    item = QTreeWidgetItem()
    words = {
        _IN: prices[0],
        _OUT: prices[1],
        _SPEED: text("models.speed.short", tokens=figures.count(round(speed))) if speed else "–",
        _CONTEXT: f"{line.context:,}" if line.context else "–",
        _CAN: ", ".join(model_words.ability_words(line)),
        _PLACE: one_line(place[:1].upper() + place[1:]),
        _ROLE: model_words.role_title(role) if role else "",
    }
    for column, shown in words.items():
        item.setText(column, shown)
        item.setForeground(column, QBrush(look.text2))
    item.setData(_NAME, _LINE, line)
    subtitle = model_words.connection_title(line.connection, line.kind)
    item.setData(_NAME, _SUBTITLE, one_line(subtitle))
    item.setText(_NAME, one_line(line.name))
    item.setToolTip(_NAME, tooltip(line.model))
    if "tools_by_schema" in line.abilities:
        item.setToolTip(_CAN, tooltip(text("model.tools_by_schema")))
    state = {"free": look.state("done").text, "unknown": look.state("warning").text}.get(line.price_state)
    for column in (_IN, _OUT):
        item.setTextAlignment(column, _RIGHT)
        item.setForeground(column, QBrush(state or look.text))
    for column in (_SPEED, _CONTEXT):
        item.setTextAlignment(column, _RIGHT)
    item.setIcon(_PLACE, icon(model_words.PLACE_ICONS[line.place], look.text2, size=15))
    _show_here(item, line, entry, memory, gpu=gpu)
    item.setForeground(_ROLE, QBrush(look.accent2))
    item.setSizeHint(_NAME, QSize(_LEAST_NAME, _ROW))
    return item


def _show_here(
    item: QTreeWidgetItem, line: ModelLine, entry: ModelEntry | None, memory: MemoryState | None, *, gpu: bool
) -> None:
    look = appearance().theme
    if entry is None:
        words = model_words.gpu_words([line.on_gpu]) if line.place == "computer" else ""
        item.setText(_HERE, words or "–")
        item.setForeground(_HERE, QBrush(look.text2))
        return
    fact = fact_of(entry, memory, gpu=gpu)
    colour: QColor = look.state(fact.tone).text
    item.setText(_HERE, one_line(fact.words))
    item.setToolTip(_HERE, tooltip(fact.words))
    item.setForeground(_HERE, QBrush(colour))
    item.setIcon(_HERE, icon(fact.icon, colour, size=15))


def _prices(line: ModelLine) -> tuple[str, str]:
    if line.price_state == "free":
        return text("figure.free"), text("figure.free")
    if line.input_price is None or line.output_price is None:
        return text("figure.unknown"), text("figure.unknown")
    return model_words.dollars(line.input_price), model_words.dollars(line.output_price)


class _Named(QStyledItemDelegate):
    """A tile, the model's name, and below it whose it is."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        line = index.data(_LINE)
        name, subtitle = str(index.data(Qt.ItemDataRole.DisplayRole)), str(index.data(_SUBTITLE) or "")
        background = QStyleOptionViewItem(option)
        self.initStyleOption(background, index)
        background.text = ""  # type: ignore[attr-defined]
        style = background.widget.style()  # type: ignore[attr-defined]
        style.drawControl(style.ControlElement.CE_ItemViewItem, background, painter, background.widget)  # type: ignore[attr-defined]
        look, language = appearance().theme, appearance().language
        rect = QRectF(option.rect)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        here = isinstance(line, ModelLine) and line.place == "computer"
        tile = QRectF(rect.left() + 6, rect.center().y() - 13, 26, 26)
        kind = "verifier" if here else "cheap"
        shape = model_words.icon_of(line if isinstance(line, ModelLine) else None)
        paint_tile(painter, shape, look.kind(kind), look.tile_tint, tile)
        area = rect.adjusted(42, 4, -4, -4)
        top = QRectF(area.left(), area.top(), area.width(), area.height() / 2)
        below = top.translated(0, area.height() / 2)
        draw_text(painter, top, name, fonts.STRONG, look.text, language)
        draw_text(painter, below, subtitle, fonts.SMALL, look.muted, language)
        painter.restore()
