"""The text view: a value as it is, to read, select and copy."""

from __future__ import annotations

from PySide6.QtWidgets import QPlainTextEdit

from app.document.workflow import Json
from app.ui.inspector.editors.inputs import monospace
from app.ui.inspector.views.shape import as_shown
from app.ui.plain import visible


class PlainView(QPlainTextEdit):
    """Read-only; controls and invisible letters are drawn as marks."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)

    def show_value(self, value: Json, data_type: str) -> None:
        if not isinstance(value, str):
            self.setFont(monospace())
        self.setPlainText(visible(as_shown(value)))
