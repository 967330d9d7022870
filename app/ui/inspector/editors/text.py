"""The editor of a plain text: one line, or several that grow."""

from __future__ import annotations

from typing import cast

from PySide6.QtWidgets import QWidget

from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.fields import TextField
from app.sdk.spec import FieldSpec
from app.ui.inspector.around import Around
from app.ui.inspector.editors.editor import Editor, column
from app.ui.inspector.editors.inputs import LineInput, TextInput, monospace


class TextEditor(Editor):
    """For `TextField` without references."""

    def __init__(
        self, spec: FieldSpec, texts: FieldTexts, around: Around, parent: QWidget | None = None
    ) -> None:
        super().__init__(spec, texts, around, parent)
        field = cast("TextField", spec.field)
        self._input = LineInput(self) if field.lines == 1 else TextInput(field.lines, parent=self)
        if field.monospace:
            self._input.setFont(monospace())
        column(self).addWidget(self._input)
        self.setFocusProxy(self._input)
        if isinstance(self._input, LineInput):
            self._input.textEdited.connect(self.typed)
        else:
            self._input.textChanged.connect(self._changed)
        self._showing = False
        self.retranslate()

    def show_value(self, value: Json) -> None:
        self.given = value
        self._showing = True
        self._input.show_text(value if isinstance(value, str) else "")
        self._showing = False

    def retranslate(self) -> None:
        self._input.setPlaceholderText(self.texts.placeholder(self.spec))

    def _changed(self) -> None:
        if not self._showing:
            self.typed(self._input.text())
