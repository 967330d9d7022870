"""The start page: examples at the left, how a first run goes and recent files at the right."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.registry.registry import Registry
from app.texts import text
from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_text
from app.ui.style_sheet import vary
from app.ui.welcome.example_card import ExampleCard
from app.ui.welcome.examples import examples
from app.ui.welcome.recent_list import RecentList
from app.ui.widgets.plain_label import PlainLabel

_SIDE = 420
_CARD = 300  # the least width of a card
_NARROW = 1100  # below, the right column goes under the cards
_STEPS = ("pick", "look", "price", "run")


class StartPage(QScrollArea):
    """Emits what was chosen: `example(path)`, `file(path)`, `open`, `tutorial`."""

    example = Signal(object)
    file = Signal(object)
    open = Signal()
    tutorial = Signal()

    def __init__(self, registry: Registry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._registry = registry
        self._mapped: Collection[str] = ()
        self._files: Sequence[Path] = ()
        self._lost: Collection[Path] = ()
        self._cards: list[ExampleCard] = []
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        appearance().changed.connect(self._retext)

    def show_start(self, files: Sequence[Path], mapped: Collection[str]) -> None:
        """The recent files and the roles that have a model on this machine."""
        self._files, self._mapped = files, mapped
        self._build()

    def show_recent(self, files: Sequence[Path], lost: Collection[Path]) -> None:
        """The recent files, and those of them that aren't there any more."""
        self._files, self._lost = files, lost
        if self.widget() is not None:
            self._recent.show_files(files, lost)

    def show_lost(self, lost: Collection[Path]) -> None:
        """Those of the recent files that aren't there any more."""
        if lost != self._lost:
            self.show_recent(self._files, lost)

    def _retext(self) -> None:
        if self.widget() is not None:
            self._build()

    def _build(self) -> None:
        page = QWidget()
        vary(page, role="app")
        self._left = self._examples()
        self._right = self._side()
        self._row = QHBoxLayout(page)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.addWidget(self._left, 1)
        self._row.addWidget(self._right)
        self.setWidget(page)
        self._arrange()

    def _examples(self) -> QWidget:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(48, 34, 40, 32)
        column.setSpacing(16)
        column.addWidget(PlainLabel(text("start.title"), "display"))
        column.addWidget(PlainLabel(text("start.examples.more"), "muted", wrap=True))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(16)
        column.addLayout(self._grid)
        column.addStretch(1)
        self._cards = []
        for found in examples(self._registry):
            card = ExampleCard(found, self._registry.get, self._mapped)
            card.clicked.connect(lambda _checked=False, path=found.path: self.example.emit(path))
            self._cards.append(card)
        return left

    def _side(self) -> QWidget:
        side = QWidget()
        vary(side, role="panel")
        column = QVBoxLayout(side)
        column.setContentsMargins(24, 34, 24, 24)
        column.setSpacing(14)
        column.addWidget(PlainLabel(text("start.how"), "heading"))
        column.addWidget(_Steps())
        build = _link(text("start.tutorial"))
        build.clicked.connect(self.tutorial)
        column.addWidget(build, alignment=Qt.AlignmentFlag.AlignLeft)
        head = QHBoxLayout()
        head.addWidget(PlainLabel(text("start.recent"), "heading"), 1)
        other = _link(text("action.file.open"))
        other.clicked.connect(self.open)
        head.addWidget(other)
        column.addLayout(head)
        self._recent = RecentList()
        self._recent.show_files(self._files, self._lost)
        self._recent.chosen.connect(self.file)
        column.addWidget(self._recent, 1)
        return side

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.widget() is not None:
            self._arrange()

    def _arrange(self) -> None:
        narrow = self.width() < _NARROW
        self._row.setDirection(
            QHBoxLayout.Direction.TopToBottom if narrow else QHBoxLayout.Direction.LeftToRight
        )
        self._right.setMinimumWidth(0 if narrow else _SIDE)
        self._right.setMaximumWidth(16777215 if narrow else _SIDE)
        room = self.width() - 88 - (0 if narrow else _SIDE)
        columns = max(1, min(3, room // (_CARD + 16)))
        for index, card in enumerate(self._cards):
            self._grid.addWidget(card, index // columns, index % columns)
        for column in range(3):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)


def _link(words: str) -> QPushButton:
    link = QPushButton(words)
    vary(link, kind="link")
    link.setCursor(Qt.CursorShape.PointingHandCursor)
    return link


class _Steps(QWidget):
    """Four numbered steps, joined by a line."""

    _HEIGHT = 58

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(self._HEIGHT * len(_STEPS))
        self.setAccessibleName(" ".join(text(f"start.how.{step}") for step in _STEPS))

    def sizeHint(self) -> QSize:
        return QSize(300, self._HEIGHT * len(_STEPS))

    def paintEvent(self, event: QPaintEvent) -> None:
        look, language = appearance().theme, appearance().language
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.border, 2))
        painter.drawLine(13, 14, 13, self._HEIGHT * (len(_STEPS) - 1))
        for index, step in enumerate(_STEPS):
            top = index * self._HEIGHT
            circle = QRectF(1, top + 1, 24, 24)
            painter.setPen(QPen(look.accent if index == 0 else look.border_strong, 1.5))
            painter.setBrush(look.accent if index == 0 else look.panel)
            painter.drawEllipse(circle)
            ink = look.on_accent if index == 0 else look.text2
            draw_text(
                painter,
                circle,
                str(index + 1),
                fonts.CHIP_STRONG,
                ink,
                language,
                Qt.AlignmentFlag.AlignHCenter,
            )
            words = QRectF(40, top + 2, self.width() - 44, 20)
            draw_text(painter, words, text(f"start.how.{step}"), fonts.STRONG, look.text, language)
            more = text(f"start.how.{step}.more")
            draw_text(painter, words.translated(0, 20), more, fonts.LABEL, look.muted, language)
