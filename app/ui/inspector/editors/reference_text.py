"""The editor of a text with references: the text, an Insert button, and what each name stands for."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.fields import TextField
from app.sdk.spec import FieldSpec
from app.texts import text
from app.ui.inspector.around import Around
from app.ui.inspector.editors.editor import Editor, column, line
from app.ui.inspector.editors.inputs import monospace
from app.ui.inspector.editors.large import open_large
from app.ui.inspector.editors.reference_input import ReferenceInput
from app.ui.inspector.editors.reference_legend import ReferenceLegend
from app.ui.inspector.editors.wanted import Wanted
from app.ui.widgets.icon_button import IconButton


class ReferenceTextEditor(Editor):
    """For `TextField` (and `FileField`) with references."""

    def __init__(
        self, spec: FieldSpec, texts: FieldTexts, around: Around, parent: QWidget | None = None
    ) -> None:
        super().__init__(spec, texts, around, parent)
        lines = spec.field.lines if isinstance(spec.field, TextField) else 1
        self.input = ReferenceInput(around, lines, self)
        if isinstance(spec.field, TextField) and spec.field.monospace:
            self.input.setFont(monospace())
        self._insert = QPushButton(self)
        self._insert.setProperty("kind", "link")
        self._insert.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._insert.clicked.connect(self.input.offer)
        self._large = IconButton("maximize", "", 14)
        self._large.clicked.connect(lambda: open_large(self, ReferenceTextEditor(spec, texts, around)))
        self._tools = QWidget(self)
        tools = line(2)
        self._tools.setLayout(tools)
        tools.addWidget(self._insert)
        tools.addWidget(self._large)
        self._large.setVisible(lines > 1)
        self._legend = ReferenceLegend(around, self)
        layout = column(self)
        layout.addWidget(self.input)
        layout.addWidget(self._legend)
        self.setFocusProxy(self.input)
        self._showing = False
        self.input.textChanged.connect(self._changed)
        self.input.wanted.connect(self._want)
        self.retranslate()

    def show_value(self, value: Json) -> None:
        self.given = value
        self._showing = True
        self.input.show_text(value if isinstance(value, str) else "")
        self._showing = False
        self._legend.show_text(self.input.text())

    def retranslate(self) -> None:
        self.input.setPlaceholderText(self.texts.placeholder(self.spec))
        self._insert.setText(text("inspector.insert"))
        self._insert.setToolTip(text("inspector.insert.tip"))
        self._large.set_label(text("inspector.large"))
        self._legend.show_text(self.input.text())

    def refresh(self) -> None:
        self.input.refresh()
        self._legend.show_text(self.input.text())

    def grow(self) -> None:
        self.input.set_large()
        self._large.hide()

    def beside_label(self) -> QWidget:
        return self._tools

    def _changed(self) -> None:
        if not self._showing and self.input.text() != self.given:
            self.typed(self.input.text())
            self._legend.show_text(self.input.text())

    def _want(self, source: object, before: str, after: str) -> None:
        self.wanted.emit(Wanted(source, lambda reference: before + reference + after))  # pyright: ignore[reportArgumentType]
