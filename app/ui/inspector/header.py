"""The header: the step's tile, its title to type over, its type and its state."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.ui.inspector.editors.editor import column, line
from app.ui.inspector.editors.inputs import LineInput
from app.ui.inspector.step_facts import StepFacts
from app.ui.widgets.chip import Badge
from app.ui.widgets.icon_button import IconTile
from app.ui.widgets.plain_label import ElidedLabel

_TILE = 36


class Header(QWidget):
    """Emits `renamed(title, goes_on)`; an empty title is the type's own again."""

    renamed = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tile = IconTile("puzzle", "unknown", _TILE, self)
        middle = QWidget(self)
        self.title = LineInput(middle)
        self.title.setProperty("kind", "flat")
        self.title.setProperty("role", "title")
        self._type = ElidedLabel(role="muted", parent=middle)
        self._badge = Badge("", parent=middle)
        words = column(middle, 0)
        words.addWidget(self.title)
        below = line(0)
        below.setContentsMargins(5, 0, 0, 0)  # below the first letter of the title
        below.addWidget(self._type, 1)
        below.addWidget(self._badge)  # beside the type, so that the title has the whole width
        words.addLayout(below)
        layout = line(8)
        layout.addWidget(self._tile, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(middle, 1)
        self.setLayout(layout)
        self._typing = False
        self._own_name = ""
        self.title.textEdited.connect(self._typed)
        self.title.left.connect(self._left)
        self.title.returnPressed.connect(self.title.clearFocus)

    def show_facts(self, facts: StepFacts) -> None:
        """Shows what a step is and how it stands."""
        self._tile.show_kind(facts.icon, facts.kind)
        self._own_name = facts.type_title
        self.title.setPlaceholderText(facts.type_title)
        if not self.title.hasFocus() or (facts.title and facts.title != self.title.text()):
            self.title.show_text(facts.title or facts.type_title)
            self.title.setCursorPosition(0)
        self._type.setText(facts.subtitle)
        self._badge.setVisible(bool(facts.state))
        self._badge.show_fact(facts.state, facts.state_tone, facts.state_icon)

    def _typed(self, title: str) -> None:
        self.renamed.emit("" if title.strip() == self._own_name else title, self._typing)
        self._typing = True

    def _left(self) -> None:
        self._typing = False
        if not self.title.text().strip():
            self.title.show_text(self._own_name)
        self.title.setCursorPosition(0)
