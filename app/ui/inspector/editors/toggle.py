"""The editor of a yes or no: a switch at the end of the label's line."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.spec import FieldSpec
from app.ui.inspector.around import Around
from app.ui.inspector.editors.editor import Editor
from app.ui.plain import visible
from app.ui.widgets.toggle import Toggle


class ToggleEditor(Editor):
    """For `ToggleField`. The switch stands beside the label, so the editor itself takes no room."""

    def __init__(
        self, spec: FieldSpec, texts: FieldTexts, around: Around, parent: QWidget | None = None
    ) -> None:
        super().__init__(spec, texts, around, parent)
        self._switch = Toggle(self)
        self._switch.toggled.connect(self._toggled)
        self.setFocusProxy(self._switch)
        self.setFixedHeight(0)
        self.retranslate()

    def show_value(self, value: Json) -> None:
        self.given = value
        self._switch.blockSignals(True)
        self._switch.setChecked(value is True)
        self._switch.blockSignals(False)
        self._switch.update()

    def retranslate(self) -> None:
        self._switch.setAccessibleName(visible(self.texts.label(self.spec)))

    def beside_label(self) -> QWidget:
        return self._switch

    def _toggled(self, on: bool) -> None:
        self.chosen(on)
