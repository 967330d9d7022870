"""Ink: drawing text, chips and soft shadows the way the whole canvas does."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPaintEngine, QPainter, QPainterPath, QPen, QPixmap

from app.ui import fonts
from app.ui.fonts import TextStyle
from app.ui.theme import tint

_LEFT = Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignRight
_MIDDLE = Qt.AlignmentFlag.AlignHCenter
# Inter's baseline lies this far under a line's middle; Chinese takes the same, so that digits align.
_BASELINE = 0.364


def is_vector(painter: QPainter) -> bool:
    """Whether the picture becomes a file of shapes, where fonts and bitmaps can't be relied on."""
    return painter.paintEngine().type() == QPaintEngine.Type.SVG


def draw_text(
    painter: QPainter,
    rect: QRectF,
    words: str,
    style: TextStyle,
    colour: QColor,
    language: str,
    align: Qt.AlignmentFlag = _LEFT,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> float:
    """Draws one line of plain text into `rect`, shortened where it doesn't fit; gives the width it took."""
    metrics = fonts.metrics(style, language)
    width = metrics.horizontalAdvance(words)
    if width > rect.width():
        words = metrics.elidedText(words, elide, rect.width())
        width = metrics.horizontalAdvance(words)
    x = rect.left()
    if align & _RIGHT:
        x = rect.right() - width
    elif align & _MIDDLE:
        x = rect.center().x() - width / 2
    font = fonts.font(style, language)
    baseline = rect.center().y() + font.pixelSize() * _BASELINE
    if is_vector(painter):
        path = QPainterPath()
        path.addText(QPointF(x, baseline), font, words)
        painter.fillPath(path, colour)
    else:
        painter.setFont(font)
        painter.setPen(colour)
        painter.drawText(QPointF(x, baseline), words)
    return width


def fill_rounded(
    painter: QPainter, rect: QRectF, radius: float, fill: QColor, edge: QPen | None = None
) -> None:
    """A rounded rectangle; its edge lies inside `rect`."""
    painter.setBrush(fill)
    if edge is None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(rect, radius, radius)
        return
    half = edge.widthF() / 2
    painter.setPen(edge)
    painter.drawRoundedRect(rect.adjusted(half, half, -half, -half), radius - half, radius - half)


def draw_soft(painter: QPainter, rect: QRectF, radius: float, blur: int, colour: QColor) -> None:
    """A soft rounded shape that fades out over `blur` pixels around `rect`: a shadow or a glow."""
    if is_vector(painter):
        _soft_shape(painter, rect, radius, blur, colour, step=3)
        return
    side = 2 * (blur + int(radius)) + 2
    tile = _soft_tile(radius, blur, colour.rgba(), 2)
    corner = side / 2 - 0.5
    outer = rect.adjusted(-blur, -blur, blur, blur)
    xs = (outer.left(), outer.left() + corner, outer.right() - corner, outer.right())
    ys = (outer.top(), outer.top() + corner, outer.bottom() - corner, outer.bottom())
    edges = (0.0, corner, corner + 1, float(side))
    for i in range(3):
        for j in range(3):
            target = QRectF(QPointF(xs[i], ys[j]), QPointF(xs[i + 1], ys[j + 1]))
            source = QRectF(QPointF(edges[i] * 2, edges[j] * 2), QPointF(edges[i + 1] * 2, edges[j + 1] * 2))
            painter.drawPixmap(target, tile, source)


@lru_cache(maxsize=64)
def _soft_tile(radius: float, blur: int, rgba: int, scale: int) -> QPixmap:
    side = 2 * (blur + int(radius)) + 2
    image = QImage(side * scale, side * scale, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(scale, scale)
    core = QRectF(blur, blur, side - 2 * blur, side - 2 * blur)
    _soft_shape(painter, core, radius, blur, QColor.fromRgba(rgba), step=1)
    painter.end()
    return QPixmap.fromImage(image)


def _soft_shape(painter: QPainter, rect: QRectF, radius: float, blur: int, colour: QColor, step: int) -> None:
    """Stacks ever smaller shapes so that the opacity rises smoothly from the rim to the core."""
    painter.setPen(Qt.PenStyle.NoPen)
    reached = 0.0
    for grow in range(blur, -blur // 2, -step):
        depth = (blur - grow) / (1.5 * blur)
        wanted = colour.alphaF() * depth * depth * (3 - 2 * depth)
        # What this layer must add so that all layers together reach `wanted`.
        layer = (wanted - reached) / (1 - reached)
        reached = wanted
        painter.setBrush(tint(colour, 100 * layer))
        corner = max(1.0, radius + grow)
        painter.drawRoundedRect(rect.adjusted(-grow, -grow, grow, grow), corner, corner)
