"""The role card: what a role is for, and the model that stands for it on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QWidget

from app.adapters.shelf import FoundLine, ModelLine, Shelf
from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.fields import ModelChoice, ModelField
from app.sdk.spec import encode_value
from app.settings import RoleTarget
from app.ui import model_words
from app.ui.inspector.around import Source
from app.ui.inspector.editors.editor import column, line
from app.ui.inspector.editors.model import ModelEditor, choice_of
from app.ui.inspector.own_specs import own
from app.ui.style_sheet import vary
from app.ui.widgets.icon_button import IconTile
from app.ui.widgets.plain_label import PlainLabel

_SPEC = own("model", ModelField(label="Model"), ModelChoice, {})
_KINDS = {"small": "cheap", "strong": "strong"}


class RoleCard(QFrame):
    """Emits `chosen(RoleTarget)`."""

    chosen = Signal(object)

    def __init__(
        self,
        role: str,
        shelf: Callable[[], Shelf],
        take: Callable[[FoundLine], None],
        price: Callable[[ModelLine], None],
    ) -> None:
        super().__init__()
        vary(self, role="card")
        self._role = role
        self._title = PlainLabel(role="strong")
        self._words = PlainLabel(role="muted", wrap=True)
        self.editor = ModelEditor(
            _SPEC, FieldTexts("preferences.role"), _OnlyModels(shelf, take, price), offers_roles=False
        )
        self.editor.edited.connect(self._picked)
        words = QWidget()
        lines = column(words, 1)
        lines.addWidget(self._title)
        lines.addWidget(self._words)
        head = line(10)
        head.addWidget(IconTile(model_words.ROLE_ICONS.get(role, "brain"), _KINDS.get(role, "strong")))
        head.addWidget(words, 1)
        layout = column(self, 12)
        layout.setContentsMargins(14, 12, 14, 14)
        layout.addLayout(head)
        layout.addWidget(self.editor)
        layout.addStretch()

    def show_target(self, target: ModelChoice | None) -> None:
        """The model that stands for the role, or none."""
        self._title.setText(model_words.role_title(self._role))
        self._words.setText(model_words.role_summary(self._role))
        self.editor.show_value(encode_value(target) if target else {})

    def _picked(self, value: Json, _goes_on: bool) -> None:
        choice = choice_of(value)
        self.chosen.emit(RoleTarget(choice.connection, choice.model))


class _OnlyModels:
    """Around for a picker of models alone, on a page that has looked for servers by itself."""

    def __init__(
        self,
        shelf: Callable[[], Shelf],
        take: Callable[[FoundLine], None],
        price: Callable[[ModelLine], None],
    ) -> None:
        self.shelf = shelf
        self._take = take
        self._price = price

    def sources(self) -> Sequence[Source]:
        return ()

    def incoming(self) -> Mapping[str, Source]:
        return {}

    def folder(self) -> Path | None:
        return None

    def open_preferences(self, page: str) -> None:
        """It is open already."""

    def find_models(self) -> None:
        """The page has done it."""

    def take_found(self, found: FoundLine) -> None:
        self._take(found)

    def give_price(self, line: ModelLine) -> None:
        self._price(line)
