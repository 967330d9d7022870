"""Paints what lies behind the cards: groups and notes."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPen, QTextLayout, QTextOption

from app.document.workflow import Group, Note
from app.ui import fonts
from app.ui.canvas.card import Fact
from app.ui.canvas.card_painter import chip_width, paint_chip
from app.ui.canvas.ink import draw_soft, draw_text, fill_rounded
from app.ui.canvas.look import Look
from app.ui.plain import one_line, visible
from app.ui.theme import mix, tint

GROUP_PAD = 24
GROUP_TITLE = 34
GROUP_RADIUS = 18
NOTE_RADIUS = 12
NOTE_LEAST = (120, 64)
HANDLE = 16  # the corner of a note that resizes it
_NOTE_PAD = 12


def group_rect(cards: Iterable[QRectF]) -> QRectF:
    """The area of a group around its members' cards; null if it has none."""
    area = QRectF()
    for card in cards:
        area = area.united(card)
    if area.isNull():
        return area
    return area.adjusted(-GROUP_PAD, -GROUP_PAD - GROUP_TITLE + 8, GROUP_PAD, GROUP_PAD)


def title_bar(area: QRectF) -> QRectF:
    """The part of a group that moves, selects and renames it."""
    return QRectF(area.left(), area.top(), area.width(), GROUP_TITLE)


def paint_group(painter: QPainter, group: Group, area: QRectF, total: Fact | None, look: Look) -> None:
    """A tinted area with its title and what its members cost together."""
    theme = look.theme
    colour = theme.note(group.colour)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    fill_rounded(painter, area, GROUP_RADIUS, tint(colour, 7 if theme.dark else 6), QPen(tint(colour, 40), 1))
    bar = title_bar(area).adjusted(16, 4, -14, 0)
    if total is not None:
        width = chip_width(total, look.language)
        paint_chip(painter, total, QRectF(bar.right() - width, bar.center().y() - 11, width, 22), look)
        bar.setRight(bar.right() - width - 8)
    ink = mix(colour, theme.text, 70)
    draw_text(painter, bar, one_line(group.title), fonts.LABEL_STRONG, ink, look.language)


def paint_note(painter: QPainter, note: Note, area: QRectF, look: Look) -> None:
    """A sticky card with plain, wrapped text."""
    theme = look.theme
    colour = theme.note(note.colour)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    draw_soft(painter, area.translated(0, 4).adjusted(4, 4, -4, -4), NOTE_RADIUS, 10, theme.shadow)
    ground = mix(colour, theme.card, 14 if theme.dark else 12)
    fill_rounded(painter, area, NOTE_RADIUS, ground, QPen(mix(colour, theme.card, 38), 1))
    _paint_paragraphs(
        painter, note.text, area.adjusted(_NOTE_PAD, _NOTE_PAD - 2, -_NOTE_PAD, -_NOTE_PAD + 2), look
    )
    painter.setPen(QPen(mix(colour, theme.card, 60), 1.2))
    corner = area.bottomRight()
    for reach in (5, 9):
        painter.drawLine(corner + QPointF(-reach - 2, -4), corner + QPointF(-4, -reach - 2))


def _paint_paragraphs(painter: QPainter, words: str, area: QRectF, look: Look) -> None:
    """Lays out plain text line by line: nothing in it is ever read as markup."""
    metrics = fonts.metrics(fonts.LABEL, look.language)
    height = metrics.height() * 1.2
    y = area.top()
    for paragraph in visible(words[:4000]).split("\n"):
        for line in _wrapped(paragraph, area.width(), look.language):
            if y + height > area.bottom() + 2:
                return
            row = QRectF(area.left(), y, area.width(), height)
            draw_text(painter, row, line, fonts.LABEL, look.theme.text, look.language)
            y += height


def _wrapped(paragraph: str, width: float, language: str) -> list[str]:
    layout = QTextLayout(paragraph, fonts.font(fonts.LABEL, language))
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    lines: list[str] = []
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        # Qt counts in UTF-16, Python in characters.
        units = paragraph.encode("utf-16-le")
        start, length = line.textStart(), line.textLength()
        lines.append(units[2 * start : 2 * (start + length)].decode("utf-16-le", "ignore").rstrip())
    layout.endLayout()
    return lines or [""]
