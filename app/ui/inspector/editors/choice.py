"""The editor of a choice: a drop-down whose current option explains itself."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.fields import ChoiceField
from app.sdk.spec import FieldSpec
from app.texts import text
from app.ui.inspector.around import Around
from app.ui.inspector.editors.editor import Editor, column
from app.ui.inspector.editors.inputs import Choices
from app.ui.plain import one_line, tooltip
from app.ui.widgets.plain_label import PlainLabel

_VALUE = Qt.ItemDataRole.UserRole


class ChoiceEditor(Editor):
    """For `ChoiceField`. A value of the file that isn't an option stays, and is shown as one."""

    def __init__(
        self, spec: FieldSpec, texts: FieldTexts, around: Around, parent: QWidget | None = None
    ) -> None:
        super().__init__(spec, texts, around, parent)
        self._field = cast("ChoiceField", spec.field)
        self._box = Choices(self)
        self._help = PlainLabel(role="small", wrap=True, parent=self)
        layout = column(self, 4)
        layout.addWidget(self._box)
        layout.addWidget(self._help)
        self.setFocusProxy(self._box)
        self._box.activated.connect(self._picked)
        self.retranslate()

    def show_value(self, value: Json) -> None:
        self.given = value
        self._fill()

    def retranslate(self) -> None:
        self._fill()

    def _fill(self) -> None:
        self._box.blockSignals(True)
        self._box.clear()
        for option in self._field.options:
            self._box.addItem(self.texts.option(self.spec, option), option.value)
            explained = self.texts.option_help(self.spec, option)
            self._box.setItemData(self._box.count() - 1, tooltip(explained), Qt.ItemDataRole.ToolTipRole)
        known = [option.value for option in self._field.options]
        if self.given in known:
            self._box.setCurrentIndex(known.index(str(self.given)))
        else:
            self._box.addItem(
                text("inspector.choice.unknown", value=one_line(str(self.given), 60)), self.given
            )
            self._box.setCurrentIndex(self._box.count() - 1)
        self._box.blockSignals(False)
        self._explain()

    def _explain(self) -> None:
        option = next((o for o in self._field.options if o.value == self.given), None)
        explained = self.texts.option_help(self.spec, option) if option else ""
        self._help.setText(explained)
        self._help.setVisible(bool(explained))

    def _picked(self) -> None:
        picked = self._box.currentData(_VALUE)
        if picked != self.given:
            self.chosen(picked)
            self._explain()
