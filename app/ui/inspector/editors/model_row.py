"""The model row: how one line of the model list is drawn."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.texts import text
from app.ui import fonts, model_words
from app.ui.appearance import appearance
from app.ui.icons import paint_icon
from app.ui.inspector.editors.model_list import ModelRow, row_at
from app.ui.plain import one_line
from app.ui.theme import Theme, tint

_HEADING = 30
_ROW = 50
_ROW_WITH_MORE = 68
_CHIP = 18


class ModelRowPainter(QStyledItemDelegate):
    """Name and abilities above; price and where data goes below. What can't be picked says why.

    A role has two names, its own and that of the model which answers: its abilities stand on a line of their own.
    """

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        row = row_at(index)
        more = _figures(row) or _is_answered_role(row)
        return QSize(260, _HEADING if row.is_heading else _ROW_WITH_MORE if more else _ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = row_at(index)
        area = QRect(option.rect)  # pyright: ignore[reportAttributeAccessIssue]
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)  # pyright: ignore[reportAttributeAccessIssue]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.is_heading:
            _heading(painter, row, area)
        else:
            _model(painter, row, area.adjusted(2, 1, -2, -1), chosen=chosen)
        painter.restore()


def _heading(painter: QPainter, row: ModelRow, area: QRect) -> None:
    painter.setPen(appearance().theme.muted)
    painter.setFont(fonts.font(fonts.SMALL_MEDIUM, appearance().language))
    words = area.adjusted(10, 8, -10, 0)
    painter.drawText(
        words, Qt.AlignmentFlag.AlignVCenter, _elided(painter, one_line(row.title), words.width())
    )


def _model(painter: QPainter, row: ModelRow, area: QRect, *, chosen: bool) -> None:
    look, language = appearance().theme, appearance().language
    if chosen:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.hover)
        painter.drawRoundedRect(area, 8, 8)
    faint = not row.can_be_picked
    role = row.choice.role if row.choice else ""
    colour = look.kind("cheap" if role == "small" else "strong" if role == "strong" else "unknown")
    tile = QRectF(area.left() + 8, area.top() + 11, 26, 26)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tint(colour, look.tile_tint))
    painter.drawRoundedRect(tile, 7, 7)
    paint_icon(painter, model_words.icon_of(row.line, role), colour, tile.adjusted(6, 6, -6, -6))
    left, right = area.left() + 44, area.right() - 10
    top = QRect(left, area.top() + 5, right - left, 20)
    more = QRect(left, area.top() + 44, right - left, 20)
    is_role = _is_answered_role(row)
    if is_role:
        _chips(painter, row, look, more)
    end = top.right() if is_role else _chips(painter, row, look, top, from_right=True)
    painter.setFont(fonts.font(fonts.STRONG, language))
    painter.setPen(look.muted if faint else look.text)
    title = QRect(left, top.top(), end - left - 6, top.height())
    painter.drawText(title, Qt.AlignmentFlag.AlignVCenter, _elided(painter, _title(row), title.width()))
    _facts(painter, row, look, QRect(left, area.top() + 26, right - left, 18))
    if figures := _figures(row):
        _words(painter, more, figures, look.muted)


def _is_answered_role(row: ModelRow) -> bool:
    return row.line is not None and row.choice is not None and bool(row.choice.role)


def _figures(row: ModelRow) -> str:
    """Of models, not of roles: a role's model is in the list with its own."""
    return "" if row.line is None or _is_answered_role(row) else model_words.figure_words(row.line)


def _title(row: ModelRow) -> str:
    if row.choice is None or not row.choice.role:
        return one_line(row.title)
    return " · ".join(filter(None, (row.title, one_line(row.answers))))


def _chips(painter: QPainter, row: ModelRow, look: Theme, area: QRect, *, from_right: bool = False) -> int:
    """Draws what the model can do; gives where the chips begin."""
    style = fonts.SMALL_MEDIUM
    painter.setFont(fonts.font(style, appearance().language))
    abilities = model_words.ability_words(row.line) if row.line else []
    metrics = fonts.metrics(style, appearance().language)
    widths = [round(metrics.horizontalAdvance(words)) + 14 for words in abilities]
    first = area.right() - sum(width + 4 for width in widths) if from_right else area.left()
    left = first
    for words, width in zip(abilities, widths, strict=True):
        chip = QRect(left, area.center().y() - _CHIP // 2, width, _CHIP)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.input)
        painter.drawRoundedRect(chip, _CHIP / 2, _CHIP / 2)
        painter.setPen(look.text2)
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, words)
        left += width + 4
    return first


def _facts(painter: QPainter, row: ModelRow, look: Theme, area: QRect) -> None:
    painter.setFont(fonts.font(fonts.SMALL, appearance().language))
    if row.line is None:
        _words(painter, area, model_words.role_summary(row.choice.role if row.choice else ""), look.muted)
        return
    if row.missing:
        _words(painter, area, text("model.lacks", abilities=row.missing), look.state("warning").text)
        return
    price = model_words.price_words(row.line, short=True)
    colour = {"free": look.state("done").text, "unknown": look.state("warning").text}.get(
        row.line.price_state, look.text2
    )
    width = _words(painter, area, price, colour)
    place = area.adjusted(width + 14, 0, 0, 0)
    icon = QRectF(place.left(), place.center().y() - 6, 13, 13)
    paint_icon(painter, model_words.PLACE_ICONS[row.line.place], look.muted, icon)
    _words(painter, place.adjusted(18, 0, 0, 0), model_words.place_words(row.line), look.muted)


def _words(painter: QPainter, area: QRect, words: str, colour: QColor) -> int:
    painter.setPen(colour)
    shown = _elided(painter, one_line(words), max(0, area.width()))
    painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, shown)
    return painter.fontMetrics().horizontalAdvance(shown)


def _elided(painter: QPainter, words: str, width: int) -> str:
    return painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, width)
