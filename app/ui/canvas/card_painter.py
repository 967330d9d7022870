"""Paints a card: header, ports, preview, footer, border; the same for the window and for pictures."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app.ui import fonts
from app.ui.canvas.anatomy import FOOTER, HEADER, PREVIEW, RADIUS, Anatomy
from app.ui.canvas.card import Card, Fact, Mark
from app.ui.canvas.ink import draw_soft, draw_text, fill_rounded
from app.ui.canvas.look import Look
from app.ui.canvas.port_painter import paint_ports
from app.ui.icons import paint_icon
from app.ui.theme import Theme, mix, tint
from app.ui.widgets.icon_button import paint_tile

_CHIP = 22
_BADGE = 22
_TITLE_LEFT = 54
_EDGE = 12
_SHEET_IN, _SHEET_UP = (
    9,
    5,
)  # by how much each card of a stack is narrower and higher up; must stay within MARGIN
_GLOW = 20  # of a running card; must stay within MARGIN


class Detail(Enum):
    """How much of a card is drawn."""

    FULL = "full"
    BARS = "bars"  # too small to read: no text, the title as a bar


def paint_card(
    painter: QPainter, card: Card, look: Look, detail: Detail = Detail.FULL, *, still: bool = True
) -> None:
    """Draws the card with its top left corner at the origin.

    `still` False leaves out what the overlay moves: the spinner in the badge of a running node.
    """
    anatomy = card.anatomy
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if card.faded:
        painter.setOpacity(0.55)
    if card.opens:
        _paint_sheets(painter, card, anatomy, look.theme)
    _paint_ground(painter, card, anatomy, look.theme)
    if detail is Detail.BARS:
        _paint_bars(painter, card, anatomy, look.theme)
    else:
        _paint_header(painter, card, anatomy, look, still=still)
        if card.preview:
            _paint_preview(painter, card, anatomy, look)
        _paint_footer(painter, card, anatomy, look)
    _paint_border(painter, card, anatomy, look.theme)
    paint_ports(painter, card, anatomy, look, labels=detail is Detail.FULL)
    painter.setOpacity(1.0)


def badge_rect(anatomy: Anatomy) -> QRectF:
    """Where the state's badge stands."""
    return QRectF(anatomy.width - _EDGE - _BADGE, _EDGE, _BADGE, _BADGE)


def badge_colour(mark: Mark, theme: Theme, *, line: bool = False) -> QColor:
    """The colour of a badge's icon, or of lines and tints that go with it."""
    if mark.tone == "person":
        return theme.kind("strong")
    if mark.tone == "muted":
        return theme.muted
    state = theme.state(mark.tone)
    return state.line if line else state.text


def border_colour(card: Card, theme: Theme) -> QColor:
    """The colour of a card's border."""
    return theme.state(card.border).line if card.border else theme.border


def _paint_ground(painter: QPainter, card: Card, anatomy: Anatomy, theme: Theme) -> None:
    if card.border == "running":
        draw_soft(painter, anatomy.rect, RADIUS, _GLOW, tint(theme.state("running").line, 45))
    elif not card.faded:
        draw_soft(painter, anatomy.rect.translated(0, 6).adjusted(4, 4, -4, -4), RADIUS, 14, theme.shadow)
    fill_rounded(
        painter, anatomy.rect, RADIUS, mix(theme.muted, theme.card, 10) if card.unknown else theme.card
    )


def _paint_sheets(painter: QPainter, card: Card, anatomy: Anatomy, theme: Theme) -> None:
    """The edges of two more cards under this one, so that it is seen to hold others."""
    pen = QPen(border_colour(card, theme) if card.border else theme.border_strong, 1.0)
    for sheet in (2, 1):
        rect = anatomy.rect.adjusted(_SHEET_IN * sheet, -_SHEET_UP * sheet, -_SHEET_IN * sheet, 0)
        fill_rounded(painter, rect, RADIUS, mix(theme.card, theme.canvas, 100 - 25 * sheet), pen)


def _paint_border(painter: QPainter, card: Card, anatomy: Anatomy, theme: Theme) -> None:
    if card.progress is not None:
        _paint_progress(painter, card, anatomy, theme)
    width = {"": 1.0, "running": 2.0}.get(card.border, 1.5)
    pen = QPen(border_colour(card, theme), width)
    if card.unknown:
        pen = QPen(theme.border_strong, 1.2, Qt.PenStyle.DashLine)
    fill_rounded(painter, anatomy.rect, RADIUS, QColor(Qt.GlobalColor.transparent), pen)


def _paint_progress(painter: QPainter, card: Card, anatomy: Anatomy, theme: Theme) -> None:
    outline = QPainterPath()
    outline.addRoundedRect(anatomy.rect, RADIUS, RADIUS)
    strip = QPainterPath()
    share = min(1.0, max(0.0, card.progress or 0.0))
    strip.addRect(QRectF(0, anatomy.height - 5, anatomy.width * share, 5))
    painter.fillPath(outline.intersected(strip), theme.state("running").line)


def _paint_header(painter: QPainter, card: Card, anatomy: Anatomy, look: Look, *, still: bool) -> None:
    theme = look.theme
    paint_tile(painter, card.icon, theme.kind(card.kind), theme.tile_tint, QRectF(_EDGE, _EDGE, 32, 32))
    right = anatomy.width - _EDGE
    if card.badge:
        _paint_badge(painter, card.badge, badge_rect(anatomy), theme, still=still)
        right -= _BADGE + 6
    for icon, shown in (("ban", card.disabled), ("sticky-note", card.note), ("pin", card.pinned)):
        if shown:
            paint_icon(painter, icon, theme.muted, QRectF(right - 14, _EDGE + 4, 14, 14))
            right -= 20
    title = QRectF(_TITLE_LEFT, 12, right - _TITLE_LEFT, 18)
    draw_text(painter, title, card.title, fonts.STRONG, theme.text, look.language)
    subtitle = QRectF(_TITLE_LEFT, 30, anatomy.width - _EDGE - _TITLE_LEFT, 16)
    draw_text(painter, subtitle, card.subtitle, fonts.SMALL, theme.muted, look.language)


def _paint_badge(painter: QPainter, mark: Mark, rect: QRectF, theme: Theme, *, still: bool) -> None:
    fill_rounded(painter, rect, _BADGE / 2, tint(badge_colour(mark, theme, line=True), theme.badge_tint))
    if still or not mark.spins:
        paint_icon(painter, mark.icon, badge_colour(mark, theme), rect.adjusted(5, 5, -5, -5))


def _paint_preview(painter: QPainter, card: Card, anatomy: Anatomy, look: Look) -> None:
    area = QRectF(_EDGE, anatomy.ports_bottom - 4, anatomy.width - 2 * _EDGE, PREVIEW)
    # Of a text that is being written its end is the news.
    elide = Qt.TextElideMode.ElideLeft if card.writing else Qt.TextElideMode.ElideRight
    draw_text(painter, area, card.preview, fonts.SMALL, look.theme.text2, look.language, elide=elide)


def _paint_footer(painter: QPainter, card: Card, anatomy: Anatomy, look: Look) -> None:
    theme, top = look.theme, anatomy.footer_top
    painter.setPen(QPen(theme.border, 1))
    painter.drawLine(QPointF(_EDGE, top), QPointF(anatomy.width - _EDGE, top))
    x: float = _EDGE
    limit = anatomy.width - _EDGE
    for fact in card.facts:
        width = chip_width(fact, look.language)
        if x + width > limit + 4:
            break  # a number is left out rather than cut
        paint_chip(painter, fact, QRectF(x, top + (FOOTER - _CHIP) / 2 - 1, width, _CHIP), look)
        x += width + 6


def chip_width(fact: Fact, language: str) -> float:
    """How wide a chip is: its text and the room beside it."""
    return fonts.metrics(fonts.CHIP_STRONG, language).horizontalAdvance(fact.text) + 14


def paint_chip(painter: QPainter, fact: Fact, rect: QRectF, look: Look) -> None:
    """A short fact on a rounded ground."""
    theme = look.theme
    colour = {"": theme.text2, "muted": theme.muted}.get(fact.tone) or theme.state(fact.tone).text
    fill_rounded(painter, rect, rect.height() / 2, theme.input)
    style = fonts.CHIP if fact.tone == "muted" else fonts.CHIP_STRONG
    draw_text(painter, rect, fact.text, style, colour, look.language, Qt.AlignmentFlag.AlignHCenter)


def _paint_bars(painter: QPainter, card: Card, anatomy: Anatomy, theme: Theme) -> None:
    kind = theme.kind(card.kind)
    fill_rounded(painter, QRectF(_EDGE, _EDGE, 32, 32), 9, tint(kind, 3 * theme.tile_tint))
    fill_rounded(
        painter, QRectF(_TITLE_LEFT, 17, (anatomy.width - _TITLE_LEFT) * 0.55, 10), 5, tint(theme.text, 55)
    )
    fill_rounded(
        painter, QRectF(_TITLE_LEFT, 33, (anatomy.width - _TITLE_LEFT) * 0.4, 7), 3.5, tint(theme.muted, 45)
    )
    if card.badge:
        colour = badge_colour(card.badge, theme, line=True)
        fill_rounded(painter, badge_rect(anatomy), _BADGE / 2, tint(colour, 55))
    if card.facts:
        bar = QRectF(_EDGE, anatomy.footer_top + 13, anatomy.width * 0.6, 12)
        fill_rounded(painter, bar, 6, theme.input)


def header_rect(anatomy: Anatomy) -> QRectF:
    """The header, where a double click edits the title."""
    return QRectF(0, 0, anatomy.width, HEADER)


def title_rect(anatomy: Anatomy) -> QRectF:
    """Where the title stands; its editor is put there."""
    return QRectF(_TITLE_LEFT - 6, 9, anatomy.width - _TITLE_LEFT - 4, 24)
