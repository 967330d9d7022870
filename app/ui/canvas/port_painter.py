"""Paints ports: colour and shape say the type, filled says joined."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from app.ui import fonts
from app.ui.canvas.anatomy import HEADER, PORT, ROW, Anatomy
from app.ui.canvas.card import Card, PortMark
from app.ui.canvas.ink import draw_text
from app.ui.canvas.look import Look
from app.ui.fonts import TextStyle
from app.ui.theme import PORT_FAMILY, Theme

_RING = 3  # in the canvas colour, so that edges end cleanly
_LABEL = 14  # from the card's edge


def port_colour(port: PortMark, theme: Theme) -> QColor:
    """The colour of a port and of the edges that leave it."""
    return theme.ports["error"] if port.gone else theme.port(port.type, port.tone)


def paint_ports(painter: QPainter, card: Card, anatomy: Anatomy, look: Look, *, labels: bool) -> None:
    """Draws all ports of a card, and their labels beside them."""
    for port in card.inputs:
        centre = anatomy.input_point(port.name)
        if centre is not None:
            paint_port(painter, port, centre, look.theme)
    for port in card.outputs:
        centre = anatomy.output_point(port.name)
        if centre is not None:
            paint_port(painter, port, centre, look.theme)
    if card.error and card.error.joined:
        centre = anatomy.output_point(card.error.name)
        if centre is not None:
            paint_port(painter, card.error, centre, look.theme)
    if labels:
        paint_labels(painter, card.inputs, card.outputs, QRectF(0, HEADER, anatomy.width, ROW), look)


def paint_port(painter: QPainter, port: PortMark, centre: QPointF, theme: Theme) -> None:
    """One port: a ring in the canvas colour, then the shape, filled or hollow."""
    colour = port_colour(port, theme)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.canvas)
    painter.drawPath(port_shape(port, centre, PORT / 2 + _RING))
    if port.joined and not port.gone:
        painter.setBrush(colour)
        painter.drawPath(port_shape(port, centre, PORT / 2))
        return
    pen = QPen(colour, 2.5)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if port.gone:
        pen.setStyle(Qt.PenStyle.DotLine)
    painter.setPen(pen)
    painter.drawPath(port_shape(port, centre, PORT / 2 - 1.25))


def port_shape(port: PortMark, centre: QPointF, reach: float) -> QPainterPath:
    """Circle: text, anything; diamond: single values; square: data; hexagon: files; triangle: verdicts."""
    path = QPainterPath()
    family = "any" if port.tone else PORT_FAMILY[port.type]
    x, y = centre.x(), centre.y()
    if family == "scalar":
        far = reach * 1.12
        path.addPolygon(_polygon((x, y - far), (x + far, y), (x, y + far), (x - far, y)))
    elif family == "data":
        near = reach * 0.9
        path.addRoundedRect(QRectF(x - near, y - near, 2 * near, 2 * near), near / 3, near / 3)
    elif family == "file":
        half = reach * 0.55
        upper = (x - reach, y), (x - half, y - reach), (x + half, y - reach)
        path.addPolygon(_polygon(*upper, (x + reach, y), (x + half, y + reach), (x - half, y + reach)))
    elif family == "verdict":
        path.addPolygon(
            _polygon((x - reach * 0.8, y - reach), (x + reach * 1.1, y), (x - reach * 0.8, y + reach))
        )
    else:
        path.addEllipse(centre, reach, reach)
    path.closeSubpath()
    return path


def _polygon(*points: tuple[float, float]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points])


def paint_labels(
    painter: QPainter,
    inputs: Sequence[PortMark],
    outputs: Sequence[PortMark],
    first: QRectF,
    look: Look,
) -> None:
    """The labels of rows of ports; `first` is the area of the first row."""
    for row, (left, right) in enumerate(zip_longest(inputs, outputs)):
        wanted = [_label_width(port, look.language) if port else 0.0 for port in (left, right)]
        shares = _shares(wanted[0], wanted[1], first.width() - 2 * _LABEL - (8 if left and right else 0))
        area = first.translated(0, row * ROW).adjusted(_LABEL, 0, -_LABEL, 0)
        if left:
            area.setWidth(shares[0])
            _paint_label(painter, left, area, look, Qt.AlignmentFlag.AlignLeft)
        if right:
            area = QRectF(first.right() - _LABEL - shares[1], area.top(), shares[1], ROW)
            _paint_label(painter, right, area, look, Qt.AlignmentFlag.AlignRight)


def _shares(left: float, right: float, room: float) -> tuple[float, float]:
    """The width of either label: both whole if they fit, else the shorter one keeps up to half."""
    if left + right <= room:
        return left + 0.5, right + 0.5
    if left <= room / 2:
        return left + 0.5, room - left
    if right <= room / 2:
        return room - right, right + 0.5
    return room / 2, room / 2


def _label_style(port: PortMark) -> TextStyle:
    return fonts.CHIP_STRONG if port.tone or port.gone else fonts.SMALL_MEDIUM


def _label_width(port: PortMark, language: str) -> float:
    return fonts.metrics(_label_style(port), language).horizontalAdvance(port.label)


def _paint_label(
    painter: QPainter, port: PortMark, area: QRectF, look: Look, align: Qt.AlignmentFlag
) -> None:
    theme = look.theme
    # A route's label must read as text, so it takes the state's text colour, not the line's.
    tones = {
        "pass": theme.state("done").text,
        "fail": theme.state("warning").text,
        "error": theme.state("error").text,
    }
    colour = theme.state("error").text if port.gone else tones.get(port.tone, theme.muted)
    draw_text(painter, area, port.label, _label_style(port), colour, look.language, align)
