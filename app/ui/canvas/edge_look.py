"""What an edge shows: taken or not, active, broken; its pens and the pill on its middle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app import figures
from app.document.problem import Problem
from app.document.workflow import Edge
from app.events.run_state import NodeState, RunState
from app.sdk.ports import PortSpec
from app.texts import text
from app.ui import fonts
from app.ui.canvas.ink import draw_text, fill_rounded
from app.ui.canvas.look import Look
from app.ui.canvas.result_line import failed_reason
from app.ui.icons import paint_icon
from app.ui.plain import one_line
from app.ui.problem_words import what_happened
from app.ui.theme import Theme, mix, tint

EdgeState: TypeAlias = Literal["plain", "open", "taken", "active", "broken"]

_GLOW = ((5.5, 16), (9.0, 10), (14.0, 7))  # width, percent
_PILL_HEIGHT = 24
_PILL_WIDEST = 190


@dataclass(frozen=True, slots=True)
class EdgeLook:
    """`tone` names the port colour's route, `type` its data; `pill` is the sentence on the middle, `brief` what is
    said of it where two cards leave no room for more.
    """

    state: EdgeState
    port: PortSpec | None
    pill: str = ""
    tone: str = ""  # of the pill: "pass" or "fail"
    brief: str = ""

    def colour(self, theme: Theme) -> QColor:
        if self.state == "broken" or self.port is None:
            return theme.ports["error"]
        return theme.port(self.port.type, self.port.tone)


def edge_look(
    edge: Edge, port: PortSpec | None, run: RunState | None, problems: Sequence[Problem]
) -> EdgeLook:
    """How an edge looks now. `port` is the output that it leaves, None if there is none (any more)."""
    if problems:
        return EdgeLook("broken", port, one_line(what_happened(problems[0])), "error")
    if run is None or edge.source.node not in run.nodes:
        return EdgeLook("plain", port)
    source = run.nodes[edge.source.node]
    if not source.ports[edge.source.port]:
        return EdgeLook("open", port)
    target = run.nodes.get(edge.target.node)
    active = run.status == "running" and target is not None and target.active > 0
    state: EdgeState = "active" if active else "taken"
    rows = figures.count(source.ports[edge.source.port]) if run.rows is not None else ""
    return EdgeLook(state, port, _pill(port, rows, source), port.tone if port else "", rows)


def _pill(port: PortSpec | None, rows: str, source: NodeState) -> str:
    """Why this way was taken: only on routes, for a link that is always taken has no reason."""
    if port is None or port.tone not in ("pass", "fail"):
        return ""
    if rows:
        return text(f"canvas.pill.rows_{port.tone}", shown=rows)
    settled = source.latest.settled if source.latest else None
    if port.tone == "fail" and settled:
        return failed_reason(settled)
    return ""


def edge_pen(look: EdgeLook, theme: Theme) -> QPen:
    """The pen of an edge. Shared: never change it in place."""
    return _pen(look.state, look.colour(theme).rgb(), theme.canvas.rgb())


@lru_cache(maxsize=128)
def _pen(state: EdgeState, rgb: int, ground: int) -> QPen:
    colour = QColor.fromRgb(rgb)
    if state == "open":
        colour = mix(colour, QColor.fromRgb(ground), 75)
    pen = QPen(colour, 2.4 if state == "active" else 2.0)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    if state in ("open", "broken"):
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([3, 3])
    return pen


def paint_glow(painter: QPainter, path: QPainterPath, colour: QColor) -> None:
    """The halo of an active edge."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for width, percent in _GLOW:
        pen = QPen(tint(colour, percent), width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPath(path)


def flow_points(path: QPainterPath, phase: float) -> list[QPointF]:
    """Where the four dots of an active edge are; `phase` is the share of a lap, 0..1."""
    return [path.pointAtPercent((phase + i / 4) % 1.0) for i in range(4)]


def paint_dots(painter: QPainter, points: Sequence[QPointF], colour: QColor) -> None:
    """White dots with a rim in the edge's colour."""
    painter.setPen(QPen(colour, 2))
    painter.setBrush(QColor(Qt.GlobalColor.white))
    for point in points:
        painter.drawEllipse(point, 3.5, 3.5)


@dataclass(frozen=True, slots=True)
class Pill:
    """What stands on the middle of an edge, and where. Without words it is its icon alone."""

    words: str
    rect: QRectF


def pill_of(look: EdgeLook, middle: QPointF, language: str, cards: Sequence[QRectF]) -> Pill:
    """The whole sentence, unless it would lie over one of the cards."""
    whole = Pill(look.pill, _pill_rect(look.pill, middle, language))
    if not any(whole.rect.intersects(card) for card in cards):
        return whole
    return Pill(look.brief, _pill_rect(look.brief, middle, language))


def _pill_rect(words: str, middle: QPointF, language: str) -> QRectF:
    metrics = fonts.metrics(fonts.CHIP_STRONG, language)
    width = min(_PILL_WIDEST, metrics.horizontalAdvance(words)) + 40 if words else _PILL_HEIGHT
    return QRectF(middle.x() - width / 2, middle.y() - _PILL_HEIGHT / 2, width, _PILL_HEIGHT)


def paint_pill(painter: QPainter, edge: EdgeLook, pill: Pill, look: Look) -> None:
    """The reason on the middle of an edge."""
    theme = look.theme
    state = {"pass": "done", "fail": "warning"}.get(edge.tone, "error")
    icon = {"pass": "check", "fail": "triangle-alert"}.get(edge.tone, "circle-alert")
    colour = theme.state(state)
    rect = pill.rect
    ground = mix(colour.line, theme.canvas, 20 if theme.dark else 14)
    fill_rounded(painter, rect, _PILL_HEIGHT / 2, ground, QPen(mix(colour.line, theme.canvas, 55), 1))
    inset = 10 if pill.words else (_PILL_HEIGHT - 14) / 2
    paint_icon(painter, icon, colour.text, QRectF(rect.left() + inset, rect.center().y() - 7, 14, 14))
    if pill.words:
        words = rect.adjusted(29, 0, -10, 0)
        draw_text(painter, words, pill.words, fonts.CHIP_STRONG, colour.text, look.language)
