"""The field row: label, editor, help and problems of one field."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractButton, QPushButton, QSizePolicy, QWidget

from app.document.problem import Problem
from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.fields import ToggleField
from app.sdk.spec import FieldSpec
from app.texts import text
from app.ui.inspector.around import Around
from app.ui.inspector.editors.editor import column, line
from app.ui.inspector.editors.kinds import editor_for
from app.ui.inspector.fault_line import FaultLine
from app.ui.plain import visible
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel


class FieldRow(QWidget):
    """Emits the editor's `edited(value, goes_on)` and `wanted(Wanted)`."""

    edited = Signal(object, bool)
    wanted = Signal(object)

    def __init__(
        self,
        spec: FieldSpec,
        texts: FieldTexts,
        around: Around,
        parent: QWidget | None = None,
        *,
        compact: bool = False,
    ) -> None:
        super().__init__(parent)
        self.spec = spec
        self._texts = texts
        self._is_toggle = isinstance(spec.field, ToggleField)
        self.editor = editor_for(spec, texts, around, self)
        self._label = ElidedLabel(role="strong" if self._is_toggle else "label", parent=self)
        self._required = PlainLabel(role="small", parent=self)
        self._help = PlainLabel(role="muted" if self._is_toggle else "small", wrap=True, parent=self)
        # Most fields never have anything wrong with them: these lines are made when they are needed.
        self._faults: FaultLine | None = None
        self._own_fault: FaultLine | None = None
        self._hidden_marks: FaultLine | None = None
        self._clean: QPushButton | None = None
        self._lay_out(compact)
        self.editor.edited.connect(self._on_edit)
        self.editor.wanted.connect(self.wanted)
        self.editor.fault.connect(self._show_own_fault)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.retranslate()

    def show_value(self, value: Json) -> None:
        self.editor.show_value(value)
        self._look_at(value)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """The problems of this field, below it with what to do."""
        if problems or self._faults is not None:
            self._faults = self._faults or self._line()
            self._faults.show_problems(problems)
            self.editor.mark(bool(problems))

    def faults(self) -> str:
        """The problems that stand below the field now, in words."""
        return self._faults.text() if self._faults is not None else ""

    def retranslate(self) -> None:
        self._label.setText(self._texts.label(self.spec))
        help_line = self._texts.help(self.spec)
        self._help.setText(help_line)
        self._help.setVisible(bool(help_line))
        self._required.setText(text("inspector.required"))
        if self._clean is not None:
            self._clean.setText(text("inspector.marks.remove"))
        self._name_for_readers(help_line)
        self.editor.retranslate()
        self._look_at(self.editor.value())

    def _name_for_readers(self, help_line: str) -> None:
        """Screen readers read the widget that has the focus; buttons name themselves."""
        target = self.editor.focusProxy()
        while target is not None and target.focusProxy() is not None:
            target = target.focusProxy()
        if target is not None and not isinstance(target, QAbstractButton):
            target.setAccessibleName(visible(self._texts.label(self.spec)))
            target.setAccessibleDescription(visible(help_line))

    def refresh(self) -> None:
        self.editor.refresh()

    def _lay_out(self, compact: bool) -> None:
        head = line(8)
        head.addWidget(self._label, 1)
        head.addWidget(self._required)
        beside = self.editor.beside_label()
        if beside is not None:
            head.addWidget(beside)
        self._column = column(self, 4 if compact else 6)
        if self._is_toggle:
            self._column.setSpacing(0)
        self._column.addLayout(head)
        self._column.addWidget(self.editor)
        self._column.addWidget(self._help)

    def _line(self, tone: str = "error") -> FaultLine:
        made = FaultLine(tone, self)
        self._column.addWidget(made)
        return made

    def _show_own_fault(self, words: str) -> None:
        if words or self._own_fault is not None:
            self._own_fault = self._own_fault or self._line()
            self._own_fault.show_text(words)

    def _on_edit(self, value: Json, goes_on: bool) -> None:
        self._look_at(value)
        self.edited.emit(value, goes_on)

    def _look_at(self, value: Json) -> None:
        """Says where a value is missing, and where letters hide that nobody can see."""
        self._required.setVisible(self.spec.field.required and value in (None, "", [], {}))
        hides = isinstance(value, str) and visible(value) != value
        if hides or self._hidden_marks is not None:
            self._show_hidden_marks(hides=hides)

    def _show_hidden_marks(self, *, hides: bool) -> None:
        if self._hidden_marks is None or self._clean is None:
            self._hidden_marks = self._line("warning")
            self._clean = QPushButton(text("inspector.marks.remove"), self)
            self._clean.setProperty("kind", "link")
            self._clean.clicked.connect(self._remove_marks)
            self._column.addWidget(self._clean)
        self._hidden_marks.show_text(text("inspector.marks.hidden") if hides else "")
        self._clean.setVisible(hides)

    def _remove_marks(self) -> None:
        value = self.editor.value()
        if isinstance(value, str):
            clean = "".join(letter for letter in value if visible(letter) == letter)
            self.show_value(clean)
            self.editor.chosen(clean)
