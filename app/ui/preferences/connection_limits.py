"""Limits of single connections: what each may cost in a day and in a month, beside the limits of everything."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.adapters.connections import THIS_COMPUTER
from app.costs.limits import with_cap
from app.document.operations import FieldChange, Removed
from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.fields import NumberField
from app.texts import text
from app.ui.inspector.around import Nowhere
from app.ui.inspector.form import Form
from app.ui.inspector.own_specs import own
from app.ui.kept_preferences import KeptPreferences
from app.ui.plain import one_line
from app.ui.preferences.amounts import amount_of, shown_limit
from app.ui.widgets.plain_label import PlainLabel

_SPANS = ("day", "month")
_SPECS = tuple(
    own(
        span,
        NumberField(label=f"Per {span}", minimum=0, maximum=1_000_000, step=1, unit="$"),
        float | None,
        None,
    )
    for span in _SPANS
)


class ConnectionLimits(QWidget):
    """One form a connection; those that have a limit and are gone stay, so that it can be taken away."""

    def __init__(self, kept: KeptPreferences) -> None:
        super().__init__()
        self._kept = kept
        self._names: Sequence[str] = ()
        self.forms: dict[str, Form] = {}
        self._title = PlainLabel(role="strong")
        self._help = PlainLabel(role="muted", wrap=True)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(16)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 12, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self._title)
        layout.addWidget(self._help)
        layout.addLayout(self._lines)
        kept.changed.connect(self._show)
        self._show()

    def show_connections(self, names: Sequence[str]) -> None:
        """The connections that there are; what costs nothing needs no limit."""
        self._names = tuple(name for name in names if name != THIS_COMPUTER)
        self._show()

    def retranslate(self) -> None:
        self._title.setText(text("preferences.money.connections.title"))
        self._help.setText(text("preferences.money.connections.help"))
        for form in self.forms.values():
            form.retranslate()

    def _show(self) -> None:
        budgets = self._kept.now.connection_budgets
        limited = [name for name, caps in budgets.items() if any(caps.values())]
        wanted = list(dict.fromkeys([*self._names, *limited]))
        self.setVisible(bool(wanted))
        for name in wanted:
            if name not in self.forms:
                self._add(name)
            caps = budgets.get(name, {})
            self.forms[name].show_fields({span: shown_limit(caps.get(span, "")) for span in _SPANS})

    def _add(self, name: str) -> None:
        self._lines.addWidget(PlainLabel(one_line(name), "label-strong"))
        form = self.forms[name] = Form(_SPECS, FieldTexts("preferences.money.connection"), Nowhere())
        form.edited.connect(partial(self._edited, name))
        self._lines.addWidget(form)
        form.retranslate()

    def _edited(self, connection: str, span: str, change: FieldChange, goes_on: bool) -> None:
        value: Json = None if isinstance(change, Removed) else change
        cap = amount_of(value)
        now = self._kept.now
        self._kept.take(with_cap(now, "day" if span == "day" else "month", connection, cap))
