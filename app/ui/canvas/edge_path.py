"""The course of an edge between two ports."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

_LEAST = 46  # how far a curve leaves a port straight on, at least
_LOOP = 62  # control points of a backward edge: it swings out by some 40, less than two cards are apart
_CLEAR = 34  # how far a backward edge stays away from the cards that it goes round


def edge_path(
    start: QPointF, end: QPointF, source: QRectF | None = None, target: QRectF | None = None
) -> QPainterPath:
    """A curve from an output to an input. `source` and `target` are their cards.

    An edge that goes backward loops through the gap between its two cards, never under one.
    """
    if end.x() < start.x() + 8 and source is not None and target is not None:
        return _backward(start, end, source, target)
    reach = max(_LEAST, abs(end.x() - start.x()) / 2)
    path = QPainterPath(start)
    path.cubicTo(QPointF(start.x() + reach, start.y()), QPointF(end.x() - reach, end.y()), end)
    return path


def _backward(start: QPointF, end: QPointF, source: QRectF, target: QRectF) -> QPainterPath:
    gap = _gap(source, target)
    middle = QPointF((start.x() + end.x()) / 2, gap)
    path = QPainterPath(start)
    path.cubicTo(QPointF(start.x() + _LOOP, start.y()), QPointF(start.x() + _LOOP, gap), middle)
    path.cubicTo(QPointF(end.x() - _LOOP, gap), QPointF(end.x() - _LOOP, end.y()), end)
    return path


def _gap(source: QRectF, target: QRectF) -> float:
    """The height at which a backward edge travels: between the cards, else under both."""
    if target.top() - source.bottom() >= 24:
        return (source.bottom() + target.top()) / 2
    if source.top() - target.bottom() >= 24:
        return (target.bottom() + source.top()) / 2
    return max(source.bottom(), target.bottom()) + _CLEAR


def polyline(path: QPainterPath, steps: int = 24) -> list[QPointF]:
    """Points along a path at even shares of its length, ends included."""
    return [path.pointAtPercent(i / steps) for i in range(steps + 1)]


def distance(point: QPointF, line: list[QPointF]) -> float:
    """The distance of a point from a polyline."""
    return min(_to_segment(point, a, b) for a, b in pairwise(line))


def _to_segment(p: QPointF, a: QPointF, b: QPointF) -> float:
    along = b - a
    length = QPointF.dotProduct(along, along)
    share = max(0.0, min(1.0, QPointF.dotProduct(p - a, along) / length)) if length else 0.0
    off = p - (a + along * share)
    return float((off.x() ** 2 + off.y() ** 2) ** 0.5)
