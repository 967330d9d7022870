"""The field row: label, editor, help and problems of one field."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from app.document.problem import Problem
from app.document.workflow import Json
from app.sdk.fields import ToggleField
from app.sdk.spec import FieldSpec
from app.texts import text
from app.ui.inspector.around import Around
from app.ui.inspector.editors.editor import column, line
from app.ui.inspector.editors.kinds import editor_for
from app.ui.inspector.fault_line import FaultLine
from app.ui.node_texts import FieldTexts
from app.ui.plain import visible
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel


class FieldRow(QWidget):
    """Emits the editor's `edited(value, goes_on)` and `wanted(Wanted)`."""

    edited = Signal(object, bool)
    wanted = Signal(object)

    def __init__(self, spec: FieldSpec, texts: FieldTexts, around: Around, *, compact: bool = False) -> None:
        super().__init__()
        self.spec = spec
        self._texts = texts
        self._is_toggle = isinstance(spec.field, ToggleField)
        self.editor = editor_for(spec, texts, around)
        self._label = ElidedLabel(role="strong" if self._is_toggle else "label")
        self._required = PlainLabel(role="small")
        self._help = PlainLabel(role="small" if not self._is_toggle else "muted", wrap=True)
        self._faults = FaultLine()
        self._own_fault = FaultLine()
        self._hidden_marks = FaultLine("warning")
        self._clean = QPushButton()
        vary(self._clean, kind="link")
        self._clean.clicked.connect(self._remove_marks)
        self._lay_out(compact)
        self.editor.edited.connect(self._on_edit)
        self.editor.wanted.connect(self.wanted)
        self.editor.fault.connect(self._own_fault.show_text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.retranslate()

    def show_value(self, value: Json) -> None:
        self.editor.show_value(value)
        self._look_at(value)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """The problems of this field, below it with what to do."""
        self._faults.show_problems(problems)
        self.editor.mark(bool(problems))

    def retranslate(self) -> None:
        self._label.setText(self._texts.label(self.spec))
        help_line = self._texts.help(self.spec)
        self._help.setText(help_line)
        self._help.setVisible(bool(help_line))
        self._required.setText(text("inspector.required"))
        self._clean.setText(text("inspector.marks.remove"))
        self.editor.setAccessibleName(self._texts.label(self.spec))
        self.editor.setAccessibleDescription(help_line)
        self.editor.retranslate()
        self._look_at(self.editor.value())

    def refresh(self) -> None:
        self.editor.refresh()

    def _lay_out(self, compact: bool) -> None:
        head = line(8)
        head.addWidget(self._label, 1)
        head.addWidget(self._required)
        beside = self.editor.beside_label()
        if beside is not None:
            head.addWidget(beside)
        layout = column(self, 4 if compact else 6)
        if self._is_toggle:
            layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.editor)
        layout.addWidget(self._help)
        layout.addWidget(self._own_fault)
        layout.addWidget(self._faults)
        layout.addWidget(self._hidden_marks)
        layout.addWidget(self._clean)

    def _on_edit(self, value: Json, goes_on: bool) -> None:
        self._look_at(value)
        self.edited.emit(value, goes_on)

    def _look_at(self, value: Json) -> None:
        """Says where a value is missing, and where letters hide that nobody can see."""
        self._required.setVisible(self.spec.field.required and value in (None, "", [], {}))
        hides = isinstance(value, str) and visible(value) != value
        self._hidden_marks.show_text(text("inspector.marks.hidden") if hides else "")
        self._clean.setVisible(hides)

    def _remove_marks(self) -> None:
        value = self.editor.value()
        if isinstance(value, str):
            clean = "".join(letter for letter in value if visible(letter) == letter)
            self.show_value(clean)
            self.editor.chosen(clean)
