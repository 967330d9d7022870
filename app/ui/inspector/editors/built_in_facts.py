"""The built-in model's facts: what it can and can't do, as measured, in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from app.adapters.shelf import Measured
from app.texts import text
from app.ui.appearance import appearance
from app.ui.icons import pixmap
from app.ui.inspector.editors.editor import column, line
from app.ui.widgets.plain_label import PlainLabel

_SIGNS = {"yes": ("check", "done"), "no": ("x", "error"), "careful": ("triangle-alert", "warning")}


class BuiltInFacts(QFrame):
    """One line a fact: a check, a cross or a triangle, and a sentence with its numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "fact")
        self._column = column(self, 4)
        self._column.setContentsMargins(12, 10, 12, 10)
        self._facts: tuple[Measured, ...] = ()
        self._lines: list[QWidget] = []
        appearance().changed.connect(self._draw)

    def show_facts(self, facts: Sequence[Measured]) -> None:
        if tuple(facts) != self._facts:
            self._facts = tuple(facts)
            self._draw()

    def _draw(self) -> None:
        for old in self._lines:
            self._column.removeWidget(old)
            old.deleteLater()
        self._lines = [self._fact(fact) for fact in self._facts]
        for new in self._lines:
            self._column.addWidget(new)

    def _fact(self, fact: Measured) -> QWidget:
        name, tone = _SIGNS[fact.verdict]
        sign = QLabel()
        sign.setFixedSize(QSize(16, 18))
        sign.setPixmap(pixmap(name, appearance().theme.state(tone).text, 14, self.devicePixelRatioF()))
        words = PlainLabel(text(f"built_in.{fact.code}", **fact.args), "label", wrap=True)
        holder = QWidget()
        row = line(8)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(words, 1)
        holder.setLayout(row)
        return holder
