"""The canvas's ground: its colour and the grid of dots."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap

from app.ui.canvas.anatomy import GRID
from app.ui.canvas.ink import is_vector
from app.ui.theme import Theme

_DOTS_FROM = 0.5  # zoom
_DOT = 2.2  # diameter in logical pixels
_CELLS = 10  # a tile's side in cells of the grid
_TILE = GRID * _CELLS


def paint_backdrop(painter: QPainter, area: QRectF, zoom: float, theme: Theme) -> None:
    """Fills `area` of the scene and draws the dots in it."""
    if zoom < _DOTS_FROM:
        painter.fillRect(area, theme.canvas)
    elif is_vector(painter):
        painter.fillRect(area, theme.canvas)
        _paint_dots(painter, area, theme.grid)
    else:
        _paint_tiles(painter, area, theme)


def _paint_tiles(painter: QPainter, area: QRectF, theme: Theme) -> None:
    """Thousands of dots cost more than all cards together; ready-made tiles of them are a copy of pixels."""
    dpr = painter.device().devicePixelRatioF()
    transform = painter.worldTransform()
    tile = _tile(transform.m11() * dpr, theme.canvas.rgb(), theme.grid.rgb())
    first_x, last_x = math.floor(area.left() / _TILE), math.floor(area.right() / _TILE)
    first_y, last_y = math.floor(area.top() / _TILE), math.floor(area.bottom() / _TILE)
    painter.save()
    painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
    painter.resetTransform()
    tile.setDevicePixelRatio(dpr)
    for x in range(first_x, last_x + 1):
        for y in range(first_y, last_y + 1):
            corner = transform.map(QPointF(x * _TILE, y * _TILE))
            # Whole pixels: the copy stays a copy, and no dot is off by more than half of one.
            place = QPointF(math.floor(corner.x() * dpr) / dpr, math.floor(corner.y() * dpr) / dpr)
            painter.drawPixmap(place, tile)
    painter.restore()


@lru_cache(maxsize=8)
def _tile(scale: float, ground: int, dots: int) -> QPixmap:
    """One pixel larger than needed, so that rounding leaves no gap between two tiles."""
    side = math.ceil(_TILE * scale) + 1
    image = QImage(side, side, QImage.Format.Format_RGB32)
    image.fill(QColor.fromRgb(ground))
    painter = QPainter(image)
    painter.scale(scale, scale)
    _paint_dots(painter, QRectF(0, 0, _TILE, _TILE), QColor.fromRgb(dots))
    painter.end()
    return QPixmap.fromImage(image)


def _paint_dots(painter: QPainter, area: QRectF, colour: QColor) -> None:
    """One dot in the middle of every cell, so that a tile cuts none."""
    left = math.floor(area.left() / GRID) * GRID + GRID / 2
    top = math.floor(area.top() / GRID) * GRID + GRID / 2
    columns, rows = math.ceil(area.width() / GRID) + 1, math.ceil(area.height() / GRID) + 1
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, _DOT, c=Qt.PenCapStyle.RoundCap))
    painter.drawPoints(
        [QPointF(left + x * GRID, top + y * GRID) for x in range(columns) for y in range(rows)]
    )
