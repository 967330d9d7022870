"""The output card: one result of a run as plain text, with the whole of it on demand."""

from __future__ import annotations

import json

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app import figures
from app.document.workflow import Json
from app.events.run_events import Preview
from app.texts import text
from app.ui.plain import visible
from app.ui.runs.rating_buttons import RatingButtons
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel

_COUNTED = {"list": "items", "table": "rows", "record": "", "text": "characters"}


class OutputCard(QFrame):
    """Emits `wanted(reference)` when a person asks for all of a value that came as a preview, and `rated(word)` as
    RatingButtons.
    """

    wanted = Signal(str)
    rated = Signal(str)

    def __init__(self, name: str, preview: Preview, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        vary(self, role="card")
        self._preview = preview
        self._text = QPlainTextEdit(visible(preview.text))
        self._text.setReadOnly(True)
        self._text.setAccessibleName(visible(name))
        self._text.setMinimumHeight(64)
        self._all = QPushButton(text("runs.output.all"))
        self._copy = QPushButton(text("runs.output.copy"))
        for button in (self._all, self._copy):
            vary(button, kind="link")
            button.setCursor(Qt.CursorShape.PointingHandCursor)
        self._all.setVisible(bool(preview.ref))
        self._all.clicked.connect(lambda: self.wanted.emit(preview.ref))
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._text.toPlainText()))
        self.thumbs = RatingButtons()
        self.thumbs.rated.connect(self.rated)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(ElidedLabel(name, "strong"), 1)
        head.addWidget(PlainLabel(self._size(), "small"))
        head.addWidget(self._all)
        head.addWidget(self._copy)
        head.addWidget(self.thumbs)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 12)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self._text, 1)

    def show_all(self, value: Json) -> None:
        """Shows the whole value instead of its preview."""
        whole = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
        self._text.setPlainText(visible(whole))
        self._all.hide()

    def _size(self) -> str:
        unit = _COUNTED.get(self._preview.type, "")
        n = self._preview.size
        return text(f"runs.output.{unit}", shown=figures.count(n)) if unit else ""
