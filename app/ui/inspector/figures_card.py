"""The figures card: what a step took in its last run, next to its settings."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from app.ui.inspector.step_facts import StepFigures
from app.ui.widgets.plain_label import PlainLabel


class FiguresCard(QFrame):
    """A title, up to three figures with their captions, and one line on what they are of."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "fact")
        self._title = PlainLabel(role="label-strong")
        self._cells = [(PlainLabel(role="title"), PlainLabel(role="small")) for _ in range(3)]
        self._note = PlainLabel(role="small", wrap=True)
        layout = QGridLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setHorizontalSpacing(10)
        layout.setVerticalSpacing(2)
        layout.addWidget(self._title, 0, 0, 1, 3)
        layout.setRowMinimumHeight(1, 6)
        for at, (value, caption) in enumerate(self._cells):
            layout.addWidget(value, 2, at)
            layout.addWidget(caption, 3, at)
            layout.setColumnStretch(at, 1)
        layout.addWidget(self._note, 4, 0, 1, 3)

    def show_figures(self, title: str, figures: StepFigures | None) -> None:
        """Hidden while there is nothing to show."""
        self.setVisible(figures is not None)
        if figures is None:
            return
        self._title.setText(title)
        for (value, caption), (shown, name) in zip(
            self._cells, (*figures.cells, ("", ""), ("", ""), ("", "")), strict=False
        ):
            value.setText(shown)
            caption.setText(name)
        self._note.setText(figures.note)
        self._note.setVisible(bool(figures.note))
