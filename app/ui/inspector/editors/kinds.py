"""Which kind of field gets which editor."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QWidget

from app.registry.node_texts import FieldTexts
from app.sdk import fields
from app.sdk.spec import FieldSpec
from app.ui.inspector.around import Around
from app.ui.inspector.editors.choice import ChoiceEditor
from app.ui.inspector.editors.connection import ConnectionEditor
from app.ui.inspector.editors.editor import Editor
from app.ui.inspector.editors.file import FileEditor
from app.ui.inspector.editors.list import ListEditor
from app.ui.inspector.editors.model import ModelEditor
from app.ui.inspector.editors.number import NumberEditor
from app.ui.inspector.editors.reference_text import ReferenceTextEditor
from app.ui.inspector.editors.table import TableEditor
from app.ui.inspector.editors.text import TextEditor
from app.ui.inspector.editors.toggle import ToggleEditor
from app.ui.inspector.editors.value import ValueEditor

_EDITORS: Mapping[type[fields.Field], type[Editor]] = {
    fields.NumberField: NumberEditor,
    fields.ToggleField: ToggleEditor,
    fields.ChoiceField: ChoiceEditor,
    fields.ListField: ListEditor,
    fields.TableField: TableEditor,
    fields.ModelField: ModelEditor,
    fields.ConnectionField: ConnectionEditor,
    fields.FileField: FileEditor,
    fields.ValueField: ValueEditor,
}


def editor_for(spec: FieldSpec, texts: FieldTexts, around: Around, parent: QWidget | None = None) -> Editor:
    """A new editor of the field's kind, showing its default."""
    editor = _kind_for(spec.field)(spec, texts, around, parent)
    editor.show_value(spec.default)
    return editor


def _kind_for(field: fields.AnyField) -> type[Editor]:
    if isinstance(field, fields.RowsField):
        # Rows hold editors themselves.
        from app.ui.inspector.editors.rows import RowsEditor

        return RowsEditor
    if isinstance(field, fields.TextField):
        return ReferenceTextEditor if field.references else TextEditor
    return _EDITORS[type(field)]
