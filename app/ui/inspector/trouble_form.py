"""How it runs: what a step does when it fails, how often it tries, whether it takes results of before, and its note."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.document.operations import FieldChange, Removed
from app.document.workflow import Json, Node, OnError, OnErrorPolicy, Retry
from app.registry.node_texts import FieldTexts
from app.sdk.fields import ChoiceField, NumberField, TextField, ToggleField, ValueField
from app.sdk.spec import NodeSpec
from app.texts import text
from app.ui.inspector.around import Nowhere
from app.ui.inspector.editors.editor import column
from app.ui.inspector.fold import Fold
from app.ui.inspector.form import Form
from app.ui.inspector.own_specs import options, own
from app.ui.widgets.plain_label import PlainLabel

_SPECS = (
    own(
        "cache",
        ChoiceField(label="Results of before", options=options("reuse", "fresh", "never")),
        str,
        "reuse",
    ),
    own("again", ToggleField(label="Try again"), bool, True),
    own(
        "attempts",
        NumberField(label="Tries in all", minimum=2, maximum=20, shown_if=("again", (True,))),
        int,
        3,
    ),
    own(
        "timeout",
        NumberField(label="Longest try", minimum=1, maximum=86_400, unit="seconds"),
        float | None,
        None,
    ),
    own(
        "policy",
        ChoiceField(label="When it has failed", options=options("stop", "fallback", "skip")),
        str,
        "stop",
    ),
    own("value", ValueField(label="Value instead", shown_if=("policy", ("fallback",))), Any, None),
    own("disabled", ToggleField(label="Switched off"), bool, False),
    own("note", TextField(label="Note", lines=2), str, ""),
)


class TroubleForm(QWidget):
    """Emits `edited(attributes, goes_on)`: what SetNode needs."""

    edited = Signal(object, bool)

    def __init__(self, parent: QWidget | None = None, spec: NodeSpec | None = None) -> None:
        """`spec` is what is known of the step: only what has an effect there can be set."""
        super().__init__(parent)
        idle = _without_effect(spec) if spec else ()
        self._specs = tuple(one for one in _SPECS if one.name not in idle)
        self._node = Node("", "")
        self._error_goes_to = ""
        self._fold = Fold(parent=self)
        self._joined: PlainLabel | None = None
        self._form: Form | None = None  # made when somebody opens the section
        self._fold.toggled.connect(self._show)
        column(self).addWidget(self._fold)
        self._retitle()

    @property
    def is_open(self) -> bool:
        return self._fold.is_open

    @property
    def form(self) -> Form:
        """The section's form."""
        if self._form is None:
            self._joined = PlainLabel(role="muted", wrap=True, parent=self._fold.body)
            self._form = Form(self._specs, FieldTexts("inspector.trouble"), Nowhere(), self._fold.body)
            self._form.edited.connect(self._edited)
            self._fold.content.addWidget(self._joined)
            self._fold.content.addWidget(self._form)
        return self._form

    def show_node(self, node: Node, error_goes_to: str) -> None:
        """`error_goes_to` is the title of the step that the error port leads to, if it is joined."""
        self._node, self._error_goes_to = node, error_goes_to
        self._show()

    def open(self) -> None:
        self._fold.set_open(True)

    def point_at(self, name: str) -> QWidget | None:
        """Opens the section at one of its settings."""
        if all(spec.name != name for spec in self._specs):
            return None
        self.open()
        return self.form.point_at(name)

    def retranslate(self) -> None:
        if self._form is not None:
            self._form.retranslate()
        self._show()

    def _show(self) -> None:
        self._retitle()
        if not self._fold.is_open:
            return
        self.form.show_fields(_plain(self._node))
        if self._joined is not None:
            goes_to = self._error_goes_to
            self._joined.setText(text("inspector.trouble.joined", step=goes_to) if goes_to else "")
            self._joined.setVisible(bool(goes_to))

    def _retitle(self) -> None:
        """What differs from the usual stands in the heading, so that a closed section hides nothing."""
        said: list[str] = []
        if self._node.disabled:
            said.append(text("canvas.fact.disabled"))
        if self._node.cache != "reuse":
            said.append(text(f"inspector.trouble.cache.option.{self._node.cache}").lower())
        if self._node.on_error.policy != "stop":
            said.append(text(f"inspector.trouble.policy.option.{self._node.on_error.policy}").lower())
        title = text("inspector.trouble.title")
        self._fold.set_title(f"{title} · {', '.join(said)}" if said else title)

    def _edited(self, name: str, change: FieldChange, goes_on: bool) -> None:
        default = next(spec.default for spec in _SPECS if spec.name == name)
        value: Json = default if isinstance(change, Removed) else change
        self.edited.emit(_attributes(self._node, name, value), goes_on)


def _without_effect(spec: NodeSpec) -> Collection[str]:
    """What only computes, and what a frame does, is one try; only an Agent asks a model itself."""
    kind = spec.type
    found = [] if kind.effect == "model" else ["cache"]
    if spec.computes or kind.frame:
        found += ["timeout"] if kind.frame == "agent" else ["again", "attempts", "timeout"]
    return found


def _plain(node: Node) -> dict[str, Json]:
    """The node's attributes as the form's fields."""
    return {
        "cache": node.cache,
        "again": node.retry.attempts > 1,
        "attempts": max(2, node.retry.attempts) if node.retry.attempts > 1 else Retry().attempts,
        "timeout": node.retry.timeout,
        "policy": node.on_error.policy,
        "value": node.on_error.value,
        "disabled": node.disabled,
        "note": node.note,
    }


def _attributes(node: Node, name: str, value: Json) -> Mapping[str, OnError | Retry | bool | str]:
    """The attribute of the node that a field of the form stands for."""
    if name == "again":
        return {"retry": replace(node.retry, attempts=Retry().attempts if value is True else 1)}
    if name == "attempts":
        return {"retry": replace(node.retry, attempts=int(cast("int", value)))}
    if name == "timeout":
        seconds = float(value) if isinstance(value, (int, float)) else None
        return {"retry": replace(node.retry, timeout=seconds)}
    if name == "policy":
        policy = cast("OnErrorPolicy", value)
        kept = node.on_error.value if policy == "fallback" else None
        return {"on_error": OnError(policy, kept)}
    if name == "value":
        return {"on_error": replace(node.on_error, value=value)}
    return {name: cast("bool | str", value)}
