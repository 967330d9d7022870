"""The example card: a workflow's picture, what it does, what it needs; pressed, it opens."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.texts import has, text
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_soft, fill_rounded
from app.ui.canvas.placed import SpecLookup
from app.ui.plain import visible
from app.ui.welcome.examples import STARTER, Example
from app.ui.welcome.graph_picture import GraphPicture
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel
from app.ui.widgets.state_icon import StateIcon


class ExampleCard(QAbstractButton):
    """A button as large as a card."""

    def __init__(
        self, example: Example, specs: SpecLookup, mapped: Collection[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.example = example
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(292)
        picture = GraphPicture(example.workflow, specs)
        title = ElidedLabel(example.title, "strong")
        summary = PlainLabel(example.summary, "label", wrap=True)
        summary.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        words = QVBoxLayout()
        words.setContentsMargins(16, 10, 16, 14)
        words.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(title, 1)
        if example.stem == STARTER:  # beside its title: on the picture it would cover steps
            head.addWidget(PlainLabel(text("start.start_here"), "badge"))
        words.addLayout(head)
        words.addWidget(summary, 1)
        words.addLayout(self._needs(mapped))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        layout.addWidget(picture)
        layout.addLayout(words, 1)
        self.setAccessibleName(visible(example.title))
        self.setAccessibleDescription(f"{example.summary} {self._need_words(mapped)[2]}")

    def _needs(self, mapped: Collection[str]) -> QHBoxLayout:
        icon, tone, words = self._need_words(mapped)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(StateIcon(icon, tone, 18))
        row.addWidget(ElidedLabel(words, "done" if tone == "done" else "label"), 1)
        if tone == "done" and not self.example.hosts:
            row.addWidget(PlainLabel(text("figure.free"), "done"))
        return row

    def _need_words(self, mapped: Collection[str]) -> tuple[str, str, str]:
        missing = self.example.missing_roles(mapped)
        if missing:
            return "key", "waiting", text("start.needs_role", roles=tuple(map(_role, missing)))
        if self.example.hosts:
            return "globe", "waiting", text("start.needs_net")
        return "check", "done", text("start.runs_now")

    def paintEvent(self, event: QPaintEvent) -> None:
        look = appearance().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        card = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -2.5)
        if not look.dark:
            draw_soft(painter, card.translated(0, 2), 12, 5, look.shadow)
        edge = QPen(look.accent2, 2) if self.hasFocus() or self.underMouse() else QPen(look.border, 1)
        fill_rounded(painter, card, 12, look.card, edge)


def _role(role: str) -> str:
    """A role as people read it; one that a person named is its own word."""
    code = f"model.role.{role}"
    return text(code) if has(code, "en") else role
