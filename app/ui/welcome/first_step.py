"""The first step: what an empty canvas offers beside a step: a box for a sentence, templates, and recent files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.document.file_names import stem_of
from app.registry.registry import Registry
from app.texts import text
from app.ui.appearance import appearance
from app.ui.inspector.editors.editor import empty
from app.ui.palette.entries import Entry
from app.ui.palette.search_line import SearchLine
from app.ui.plain import tooltip
from app.ui.welcome.examples import Example, examples
from app.ui.welcome.fitting import fitting
from app.ui.welcome.pick_row import ROW, PickRow
from app.ui.widgets.plain_label import PlainLabel

_WIDTH = 560
_COLUMNS = 2
_MOST_RECENT = 2
_ROWS = 3  # of templates, or of what fits a sentence


class FirstStep(QWidget):
    """Emits `example(path)`, `step(entry id)`, `file(path)`. It is filled when it is first seen."""

    example = Signal(object)
    step = Signal(str)
    file = Signal(object)

    def __init__(self, registry: Registry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._registry = registry
        self._recent: Sequence[Path] = ()
        self._is_filled = False
        self._is_answered = False  # something was taken: the next empty canvas starts anew
        self.sentence = SearchLine(self)
        self.sentence.textEdited.connect(self._fill)
        self.sentence.accepted.connect(self._take_best)
        self.sentence.stepped.connect(self._to_picks)
        self._note = PlainLabel(role="muted", wrap=True)
        self._picks = QGridLayout()
        self._picks.setHorizontalSpacing(12)
        self._picks.setVerticalSpacing(0)
        for row in range(_ROWS):  # the box stays where it is while somebody types
            self._picks.setRowMinimumHeight(row, ROW)
        for column in range(_COLUMNS):
            self._picks.setColumnStretch(column, 1)
        self._recent_title = PlainLabel(role="label-strong")
        self._recent_rows = QGridLayout()
        self._recent_rows.setHorizontalSpacing(12)
        for column in range(_COLUMNS):
            self._recent_rows.setColumnStretch(column, 1)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(0, 12, 0, 0)
        column_.setSpacing(8)
        column_.addWidget(self.sentence)
        column_.addWidget(self._note)
        column_.addLayout(self._picks)
        column_.addWidget(self._recent_title)
        column_.addLayout(self._recent_rows)
        self.setFixedWidth(_WIDTH)
        appearance().changed.connect(self._retext)

    @property
    def picks(self) -> list[PickRow]:
        """What can be taken now, the best first."""
        items = (self._picks.itemAt(at) for at in range(self._picks.count()))
        return [row for item in items if item and isinstance(row := item.widget(), PickRow)]

    def show_recent(self, files: Sequence[Path]) -> None:
        """The files that were open lately."""
        self._recent = files[:_MOST_RECENT]
        if self._is_filled:
            self._fill_recent()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_answered:
            self._is_answered = False
            self.sentence.clear()
            self._fill()
        if not self._is_filled:
            self._is_filled = True
            self._retext()
            self._fill_recent()

    def _retext(self) -> None:
        if not self._is_filled:
            return
        self.sentence.setPlaceholderText(text("canvas.empty.sentence"))
        self.sentence.setAccessibleName(text("canvas.empty.sentence.name"))
        self._recent_title.setText(text("start.recent"))
        self._fill()

    def _fill(self, _: str = "") -> None:
        words = self.sentence.text().strip()
        fits = fitting(words, self._registry) if words else None
        found: list[Example | Entry] = []
        if fits:
            pairs = zip(
                (*fits.templates, *[None] * _ROWS)[:_ROWS],
                (*fits.steps, *[None] * _ROWS)[:_ROWS],
                strict=True,
            )
            found = [one for pair in pairs for one in pair if one is not None]
        else:
            found = [*examples(self._registry)]
        code = "templates" if not words else "fits" if fits else "none"
        self._note.setText(text(f"canvas.empty.{code}"))
        empty(self._picks)
        for at, one in enumerate(found[: _ROWS * _COLUMNS]):
            self._picks.addWidget(self._row(one), at // _COLUMNS, at % _COLUMNS)

    def _row(self, one: Example | Entry) -> PickRow:
        if isinstance(one, Entry):
            row = PickRow(one.title, one.summary, one.icon, one.kind)
            row.clicked.connect(partial(self.step.emit, one.id))
        else:
            row = PickRow(one.title, one.summary)
            row.clicked.connect(partial(self.example.emit, one.path))
        row.clicked.connect(self._answered)
        return row

    def _answered(self) -> None:
        self._is_answered = True

    def _fill_recent(self) -> None:
        empty(self._recent_rows)
        for at, path in enumerate(self._recent):
            row = PickRow(stem_of(path.name), path.parent.name or str(path.parent))
            row.setToolTip(tooltip(str(path)))
            row.clicked.connect(partial(self.file.emit, path))
            self._recent_rows.addWidget(row, 0, at)
        self._recent_title.setVisible(bool(self._recent))

    def _take_best(self) -> None:
        """Enter takes the best one; without a sentence there is none."""
        if self.sentence.text().strip() and self.picks:
            self.picks[0].click()

    def _to_picks(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down and self.picks:
            self.picks[0].setFocus(Qt.FocusReason.TabFocusReason)
