"""Keeps painted cards as pixmaps, so that showing a node again costs one copy of pixels."""

from __future__ import annotations

import math
from collections import OrderedDict

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter, QPixmap

from app.ui.canvas.anatomy import MARGIN
from app.ui.canvas.card import Card
from app.ui.canvas.card_painter import Detail, paint_card
from app.ui.canvas.look import Look

BUCKET = 0.25  # cards are painted for zooms in these steps and scaled in between
BARS_BELOW = 0.45  # under this zoom text can't be read
_BYTES = 96 * 1024 * 1024


def scale_for(zoom: float, settled: float | None) -> float:
    """The scale at which a card is painted: exact once the zoom has settled, else the next step up."""
    if settled is not None and math.isclose(zoom, settled, rel_tol=1e-6):
        return zoom
    return max(BUCKET, math.ceil(zoom / BUCKET - 1e-6) * BUCKET)


class CardCache:
    """Pixmaps by node, the least recently shown ones dropped past a limit of memory."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[object, QPixmap]] = OrderedDict()
        self._bytes = 0

    def pixmap(self, node: str, card: Card, look: Look, zoom: float, scale: float, dpr: float) -> QPixmap:
        """The card's picture; one of its pixels is 1 / (scale * dpr) logical pixels."""
        detail = Detail.BARS if zoom < BARS_BELOW else Detail.FULL
        key = (card, look.theme.name, look.language, scale, dpr, detail)
        kept = self._kept.get(node)
        # Comparing the card object first keeps the usual case at one identity check.
        if kept is not None and kept[0] == key:
            self._kept.move_to_end(node)
            return kept[1]
        pixmap = _paint(card, look, scale * dpr, detail)
        self.forget(node)
        self._kept[node] = (key, pixmap)
        self._bytes += _size(pixmap)
        while self._bytes > _BYTES and len(self._kept) > 1:
            self.forget(next(iter(self._kept)))
        return pixmap

    def forget(self, node: str) -> None:
        """Drops a node's picture."""
        kept = self._kept.pop(node, None)
        if kept is not None:
            self._bytes -= _size(kept[1])

    def clear(self) -> None:
        self._kept.clear()
        self._bytes = 0


def _paint(card: Card, look: Look, scale: float, detail: Detail) -> QPixmap:
    area = card.anatomy.rect.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
    width, height = math.ceil(area.width() * scale), math.ceil(area.height() * scale)
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.scale(scale, scale)
    painter.translate(MARGIN, MARGIN)
    paint_card(painter, card, look, detail, still=False)
    painter.end()
    return QPixmap.fromImage(image)


def _size(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4
