"""The fault line: what is wrong with one field, and what to do, in the colour of its weight."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.document.problem import Problem
from app.ui.appearance import appearance
from app.ui.icons import pixmap
from app.ui.plain import visible
from app.ui.problem_words import in_short
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel


class FaultLine(QWidget):
    """Hidden while there is nothing to say."""

    def __init__(self, tone: str = "error", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone = tone
        self._icon = QLabel(self)
        self._icon.setFixedSize(QSize(14, 16))
        self._words = PlainLabel(role=tone, wrap=True, parent=self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._words, 1)
        self.setVisible(False)
        appearance().changed.connect(self._tint)

    def text(self) -> str:
        """What stands there now."""
        return "" if self.isHidden() else self._words.text()

    def show_text(self, words: str) -> None:
        """Shows one sentence; an empty one hides the line."""
        self._words.setText(words)
        self.setVisible(bool(words))
        self.setAccessibleName(visible(words))
        self._tint()

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """What happened and what to do, one paragraph a problem."""
        warnings_only = all(problem.severity == "warning" for problem in problems)
        self._tone = "warning" if problems and warnings_only else "error"
        vary(self._words, role=self._tone)
        self.show_text(in_short(tuple(problems)))

    def _tint(self) -> None:
        name = "triangle-alert" if self._tone == "warning" else "circle-alert"
        colour = appearance().theme.state(self._tone).text
        self._icon.setPixmap(pixmap(name, colour, 14, self.devicePixelRatioF()))
