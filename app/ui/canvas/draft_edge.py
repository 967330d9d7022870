"""The edge that a person is drawing, and what is said at the pointer meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from app.ui import fonts
from app.ui.canvas.ink import draw_text, fill_rounded
from app.ui.canvas.look import Look
from app.ui.icons import paint_icon

_WORDS = QSizeF(560, 60)  # how far the words at the pointer reach at most, in pixels of the view


@dataclass(slots=True)
class DraftEdge:
    """The edge that a person is drawing. `refusal` says why it can't end here."""

    path: QPainterPath
    colour_of: str  # a port colour's name
    tip: QPointF
    refusal: str = ""
    hint: str = ""
    fits: bool = False

    def area(self, zoom: float) -> QRectF:
        """What edge and words cover at most, in the scene."""
        reach = QPointF(_WORDS.width(), _WORDS.height()) / zoom
        words = QRectF(self.tip - reach, self.tip + reach)
        return self.path.boundingRect().adjusted(-8, -8, 8, 8).united(words)


def paint_draft(painter: QPainter, draft: DraftEdge, look: Look) -> None:
    """The edge up to the pointer, and the words beside it."""
    theme = look.theme
    colour = theme.ports["error"] if draft.refusal else theme.ports[draft.colour_of]
    pen = QPen(colour, 2.2)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    if not draft.fits:
        pen.setDashPattern([3, 3])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(draft.path)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(draft.tip, 4.5, 4.5)
    words = draft.refusal or draft.hint
    if words:
        painter.save()
        painter.translate(draft.tip)
        zoom = painter.worldTransform().m11()
        painter.scale(1 / zoom, 1 / zoom)  # words at the pointer keep their size at every zoom
        _paint_words(painter, words, look, refused=bool(draft.refusal))
        painter.restore()


def _paint_words(painter: QPainter, words: str, look: Look, *, refused: bool) -> None:
    theme = look.theme
    width = fonts.metrics(fonts.LABEL, look.language).horizontalAdvance(words) + (40 if refused else 22)
    # At the view's right border they stand further left rather than outside.
    room = painter.device().width() - painter.worldTransform().dx() - width - 8
    box = QRectF(min(16.0, room), 12, width, 28)
    line = theme.state("error").line if refused else theme.border_strong
    fill_rounded(painter, box, 9, theme.panel, QPen(line, 1))
    left = 11.0
    if refused:
        icon = QRectF(box.left() + 9, box.center().y() - 7, 14, 14)
        paint_icon(painter, "ban", theme.state("error").text, icon)
        left = 29.0
    draw_text(painter, box.adjusted(left, 0, 0, 0), words, fonts.LABEL, theme.text, look.language)
