"""The form page: a page whose settings are fields of Preferences, changed as they are edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.document.operations import FieldChange, Removed
from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.spec import FieldSpec
from app.ui.inspector.around import Nowhere
from app.ui.inspector.form import Form
from app.ui.kept_preferences import KeptPreferences
from app.ui.preferences.page import Page


class FormPage(Page):
    """Subclasses name their `specs` and how the preferences are spelled in the form."""

    specs: Sequence[FieldSpec] = ()

    def __init__(self, kept: KeptPreferences) -> None:
        super().__init__()
        self.kept = kept
        self.form = Form(self.specs, FieldTexts(f"preferences.{self.name}"), Nowhere())
        self.form.edited.connect(self._edited)
        self.content.addWidget(self.form)
        self.content.addStretch()
        kept.changed.connect(self._show)
        self._show()

    def shown(self) -> Mapping[str, Json]:
        """The preferences as the form's fields."""
        raise NotImplementedError

    def chosen(self, name: str, value: Json) -> Mapping[str, Any]:
        """What a field's value means as changes of the preferences."""
        raise NotImplementedError

    def retranslate(self) -> None:
        super().retranslate()
        self.form.retranslate()

    def _show(self) -> None:
        self.form.show_fields(self.shown())

    def _edited(self, name: str, change: FieldChange, goes_on: bool) -> None:
        value: Json = next(spec.default for spec in self.specs if spec.name == name)
        if not isinstance(change, Removed):
            value = change
        self.kept.change(**self.chosen(name, value))
