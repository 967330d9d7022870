"""Draws a workflow, and what a run showed on it, into a PNG or SVG file without a window."""

from __future__ import annotations

import math
import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter, QPainterPath
from PySide6.QtSvg import QSvgGenerator

from app import texts
from app.document.frames import TOP, at_level
from app.document.workflow import Workflow
from app.events.run_state import RunState
from app.ui.canvas.area_painter import group_rect, paint_group, paint_note
from app.ui.canvas.backdrop import paint_backdrop
from app.ui.canvas.card import Card
from app.ui.canvas.card_facts import card_of
from app.ui.canvas.card_painter import paint_card
from app.ui.canvas.card_state import total_of
from app.ui.canvas.edge_look import (
    EdgeLook,
    edge_look,
    edge_pen,
    flow_points,
    paint_dots,
    paint_glow,
    paint_pill,
    pill_of,
)
from app.ui.canvas.edge_path import edge_path
from app.ui.canvas.look import Look
from app.ui.canvas.placed import Placed, SpecLookup, place_all
from app.ui.canvas.places import places_of
from app.ui.theme import ThemeName, theme

_MARGIN = 48
_EMPTY = QRectF(0, 0, 480, 240)
_MOST_PIXELS = 60_000_000  # 240 MB while it is drawn; Qt's own programs open no larger ones


def render_workflow(
    workflow: Workflow,
    specs: SpecLookup,
    run: RunState | None,
    path: Path,
    *,
    theme_name: ThemeName = "dark",
    language: str = "en",
    scale: float = 2.0,
) -> float:
    """Writes the picture to `path` (.png or .svg); gives the scale it was drawn at, which is less than
    asked where the picture would become too large. Needs no display. Raises OSError, ValueError.
    """
    _ensure_application()
    with _language(language):
        drawing = _Drawing.of(workflow, specs, run, Look(theme(theme_name), language))
        if path.suffix.lower() == ".svg":
            _write_svg(drawing, path)
            return 1.0
        if path.suffix.lower() != ".png":
            raise ValueError(f"not .png or .svg: {path.name}")
        return _write_png(drawing, path, scale)


def _ensure_application() -> None:
    if QGuiApplication.instance() is None:
        # Pictures are drawn in memory: no display is asked for, so none needs to be there.
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        _kept.append(QGuiApplication([]))


_kept: list[QGuiApplication] = []  # Qt needs it to live as long as fonts do


@contextmanager
def _language(language: str) -> Generator[None]:
    before = texts.language()
    texts.set_language(language)
    try:
        yield
    finally:
        texts.set_language(before)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Everything that is painted, and where."""

    workflow: Workflow
    placed: Mapping[str, Placed]
    cards: Mapping[str, Card]
    areas: Mapping[str, QRectF]
    run: RunState | None
    look: Look

    @classmethod
    def of(cls, workflow: Workflow, specs: SpecLookup, run: RunState | None, look: Look) -> _Drawing:
        workflow = at_level(workflow, TOP)  # what is inside a frame stands for itself on the frame's card
        placed = place_all(workflow, specs)
        cards = {node: card_of(where, run) for node, where in placed.items()}
        places = places_of(workflow)
        areas = {node: card.anatomy.rect.translated(*places[node]) for node, card in cards.items()}
        return cls(workflow, placed, cards, areas, run, look)

    def bounds(self) -> QRectF:
        """The part of the scene that the picture shows."""
        area = QRectF()
        for part in (*self.areas.values(), *self._groups().values(), *self._notes().values()):
            area = area.united(part)
        for _, course in self._edges():
            area = area.united(course.boundingRect())
        return (area if not area.isNull() else _EMPTY).adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)

    def paint(self, painter: QPainter, bounds: QRectF) -> None:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        paint_backdrop(painter, bounds, 1.0, self.look.theme)
        self._paint_behind(painter)
        edges = list(self._edges())
        self._paint_edges(painter, edges)
        for node, card in self.cards.items():
            painter.save()
            painter.translate(self.areas[node].topLeft())
            paint_card(painter, card, self.look)
            painter.restore()
        for shown, course in edges:
            if shown.state == "active":
                paint_dots(painter, flow_points(course, 0.1), shown.colour(self.look.theme))
            if shown.pill:
                middle, cards = course.pointAtPercent(0.5), tuple(self.areas.values())
                paint_pill(painter, shown, pill_of(shown, middle, self.look.language, cards), self.look)

    def _paint_behind(self, painter: QPainter) -> None:
        for group_id, area in self._groups().items():
            group = self.workflow.layout.groups[group_id]
            paint_group(painter, group, area, total_of(group.nodes, self.run), self.look)
        for note_id, area in self._notes().items():
            paint_note(painter, self.workflow.layout.notes[note_id], area, self.look)

    def _paint_edges(self, painter: QPainter, edges: list[tuple[EdgeLook, QPainterPath]]) -> None:
        for shown, course in edges:
            if shown.state == "active":
                paint_glow(painter, course, shown.colour(self.look.theme))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for shown, course in edges:
            painter.setPen(edge_pen(shown, self.look.theme))
            painter.drawPath(course)

    def _edges(self) -> Iterator[tuple[EdgeLook, QPainterPath]]:
        for edge in self.workflow.graph.edges:
            if edge.source.node not in self.cards or edge.target.node not in self.cards:
                continue
            source, target = self.areas[edge.source.node], self.areas[edge.target.node]
            out = self.cards[edge.source.node].anatomy.output_point(edge.source.port)
            into = self.cards[edge.target.node].anatomy.input_point(edge.target.port)
            start = source.topLeft() + (out or QPointF(source.width(), source.height() / 2))
            end = target.topLeft() + (into or QPointF(0, target.height() / 2))
            port = self.placed[edge.source.node].output(edge.source.port)
            yield edge_look(edge, port, self.run, ()), edge_path(start, end, source, target)

    def _groups(self) -> dict[str, QRectF]:
        groups = self.workflow.layout.groups.items()
        areas = {
            name: group_rect(self.areas[n] for n in group.nodes if n in self.areas) for name, group in groups
        }
        return {name: area for name, area in areas.items() if not area.isNull()}

    def _notes(self) -> dict[str, QRectF]:
        return {
            note_id: QRectF(note.x, note.y, note.width, note.height)
            for note_id, note in self.workflow.layout.notes.items()
        }


def _write_png(drawing: _Drawing, path: Path, scale: float) -> float:
    bounds = drawing.bounds()
    scale = min(scale, math.sqrt(_MOST_PIXELS / (bounds.width() * bounds.height())))
    size = QSize(math.ceil(bounds.width() * scale), math.ceil(bounds.height() * scale))
    image = QImage(size, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.scale(scale, scale)
    painter.translate(-bounds.topLeft())
    drawing.paint(painter, bounds)
    painter.end()
    if not image.save(str(path)):
        raise OSError(f"can't write {path}")
    return scale


def _write_svg(drawing: _Drawing, path: Path) -> None:
    bounds = drawing.bounds()
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(bounds.size().toSize())
    generator.setViewBox(QRectF(QPointF(0, 0), bounds.size()))
    generator.setTitle(drawing.workflow.name)
    painter = QPainter()
    if not painter.begin(generator):
        raise OSError(f"can't write {path}")
    painter.translate(-bounds.topLeft())
    drawing.paint(painter, bounds)
    painter.end()
