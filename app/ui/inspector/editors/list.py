"""The editor of a list of short texts: one a line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.spec import FieldSpec
from app.ui.inspector.around import Around
from app.ui.inspector.editors.editor import Editor, column
from app.ui.inspector.editors.inputs import TextInput


class ListEditor(Editor):
    """For `ListField`. Empty lines are room to type in, not entries."""

    def __init__(
        self, spec: FieldSpec, texts: FieldTexts, around: Around, parent: QWidget | None = None
    ) -> None:
        super().__init__(spec, texts, around, parent)
        self._input = TextInput(3, parent=self)
        self._showing = False
        column(self).addWidget(self._input)
        self.setFocusProxy(self._input)
        self._input.textChanged.connect(self._changed)
        self.retranslate()

    def show_value(self, value: Json) -> None:
        self.given = value
        if list(_texts(value)) != _entries(self._input.text()):
            self._showing = True
            self._input.show_text("\n".join(t.replace("\n", " ") for t in _texts(value)))
            self._showing = False

    def retranslate(self) -> None:
        self._input.setPlaceholderText(self.texts.placeholder(self.spec))

    def _changed(self) -> None:
        entries = _entries(self._input.text())
        if not self._showing and entries != list(_texts(self.given)):
            self.typed(entries)


def _entries(shown: str) -> list[Json]:
    return [line for line in shown.split("\n") if line.strip()]


def _texts(value: Json) -> Sequence[str]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    return [entry if isinstance(entry, str) else str(entry) for entry in value]
