"""Paints what a card shows only under the pointer: its error port, and the flap with its quiet ports."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from app.ui import fonts
from app.ui.canvas.anatomy import FLAP_PAD, PORT, ROW
from app.ui.canvas.card import PortMark
from app.ui.canvas.ink import draw_soft, draw_text, fill_rounded
from app.ui.canvas.look import Look
from app.ui.canvas.node_item import NodeItem
from app.ui.canvas.port_painter import paint_labels, paint_port

_RADIUS = 12


def paint_hover(painter: QPainter, node: NodeItem, look: Look, *, flap: bool) -> None:
    """Draws in scene coordinates, over the cards."""
    if node.card.error and not node.card.error.joined:
        _paint_error(painter, node, node.card.error, look)
    if flap and not node.flap.isNull():
        _paint_flap(painter, node, look)


def _paint_error(painter: QPainter, node: NodeItem, error: PortMark, look: Look) -> None:
    centre = node.output_point(error.name)
    paint_port(painter, error, centre, look.theme)
    width = fonts.metrics(fonts.CHIP_STRONG, look.language).horizontalAdvance(error.label)
    box = QRectF(centre.x() + PORT, centre.y() - 11, width + 16, 22)
    fill_rounded(painter, box, 11, look.theme.panel, QPen(look.theme.border, 1))
    ink = look.theme.state("error").text
    middle = Qt.AlignmentFlag.AlignHCenter
    draw_text(painter, box, error.label, fonts.CHIP_STRONG, ink, look.language, middle)


def _paint_flap(painter: QPainter, node: NodeItem, look: Look) -> None:
    area, card = node.flap, node.card
    draw_soft(painter, area.translated(0, 4).adjusted(4, 4, -4, -4), _RADIUS, 12, look.theme.shadow)
    fill_rounded(painter, area, _RADIUS, look.theme.panel, QPen(look.theme.border, 1))
    first = QRectF(area.left(), area.top() + FLAP_PAD, area.width(), ROW)
    paint_labels(painter, card.quiet_inputs, card.quiet_outputs, first, look)
    for port in card.quiet_inputs:
        paint_port(painter, port, node.input_point(port.name), look.theme)
    for port in card.quiet_outputs:
        paint_port(painter, port, node.output_point(port.name), look.theme)
