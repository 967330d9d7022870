"""The editor of a connection: which of this machine's accounts a step uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from PySide6.QtWidgets import QPushButton, QWidget

from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.fields import ConnectionField
from app.sdk.spec import FieldSpec
from app.texts import text
from app.ui.inspector.around import Around
from app.ui.inspector.editors.editor import Editor, column
from app.ui.inspector.editors.inputs import Choices
from app.ui.plain import one_line
from app.ui.widgets.plain_label import PlainLabel


class ConnectionEditor(Editor):
    """For `ConnectionField`. A connection that the file wishes for and this machine hasn't is said so."""

    def __init__(
        self, spec: FieldSpec, texts: FieldTexts, around: Around, parent: QWidget | None = None
    ) -> None:
        super().__init__(spec, texts, around, parent)
        field = cast("ConnectionField", spec.field)
        self._kinds = field.kinds
        self._box = Choices(self)
        self._note = PlainLabel(role="warning", wrap=True, parent=self)
        self._add = QPushButton(self)
        self._add.setProperty("kind", "link")
        self._add.clicked.connect(lambda: self.around.open_preferences("models"))
        layout = column(self, 4)
        layout.addWidget(self._box)
        layout.addWidget(self._note)
        self.setFocusProxy(self._box)
        self._box.activated.connect(self._picked)
        self.retranslate()

    def show_value(self, value: Json) -> None:
        self.given = value
        self._fill()

    def retranslate(self) -> None:
        self._add.setText(text("inspector.connection.add"))
        self._fill()

    def refresh(self) -> None:
        self._fill()

    def beside_label(self) -> QWidget:
        return self._add

    def _fill(self) -> None:
        wish, kind = _named(self.given)
        self._box.blockSignals(True)
        self._box.clear()
        self._box.addItem(text("inspector.connection.none"), None)
        for line in self.around.shelf().connections:
            if not self._kinds or line.kind in self._kinds:
                self._box.addItem(one_line(line.name, 80), {"connection": line.name, "kind": line.kind})
        at = next((i for i in range(1, self._box.count()) if self._box.itemData(i)["connection"] == wish), 0)
        missing = bool(wish) and not at
        if missing:
            self._box.addItem(one_line(wish, 80), self.given)
            at = self._box.count() - 1
        self._box.setCurrentIndex(at)
        self._box.blockSignals(False)
        self._note.setText(text("inspector.connection.missing", name=wish, kind=kind) if missing else "")
        self._note.setVisible(missing)

    def _picked(self) -> None:
        picked: Json = self._box.currentData()
        if picked != self.given:
            self.chosen(picked)
            self._fill()


def _named(value: Json) -> tuple[str, str]:
    """The connection's name and kind in a field's plain value."""
    if not isinstance(value, Mapping):
        return "", ""
    return str(value.get("connection", "")), str(value.get("kind", ""))
