"""Add-ons: packages with steps of their own, off until somebody switches them on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtWidgets import QFrame, QWidget

from app.document.problem import Problem
from app.registry.discovery import AddOn
from app.texts import text
from app.ui.inspector.editors.editor import column, empty, line
from app.ui.inspector.fault_line import FaultLine
from app.ui.kept_preferences import KeptPreferences
from app.ui.plain import visible
from app.ui.preferences.page import Page
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel
from app.ui.widgets.toggle import Toggle


class AddOnsPage(Page):
    """Nothing of a package is loaded to list it; what is switched on is loaded at the next start."""

    name = "addons"
    icon = "blocks"

    def __init__(
        self, kept: KeptPreferences, installed: Callable[[], Sequence[AddOn]], problems: Sequence[Problem]
    ) -> None:
        super().__init__()
        self._kept = kept
        self._installed = installed
        self._problems = problems
        self._found: Sequence[AddOn] = ()
        self._note = PlainLabel(role="muted", wrap=True)
        holder = QWidget()
        self._cards = column(holder, 8)
        self.content.addWidget(holder)
        self.content.addWidget(self._note)
        self.content.addStretch()

    def opened(self) -> None:
        self._found = self._installed()
        self._show()

    def retranslate(self) -> None:
        super().retranslate()
        self._show()

    def _show(self) -> None:
        empty(self._cards)
        for addon in self._found:
            self._cards.addWidget(self._card(addon))
        self._note.setText(text("preferences.addons.restart" if self._found else "preferences.addons.none"))

    def _card(self, addon: AddOn) -> QFrame:
        card = QFrame()
        vary(card, role="card")
        switch = Toggle()
        switch.setChecked(addon.name in self._kept.now.addons)
        switch.setAccessibleName(visible(addon.name))
        switch.toggled.connect(partial(self._switch, addon.name))
        words = QWidget()
        lines = column(words, 2)
        lines.addWidget(PlainLabel(addon.name, "strong"))
        lines.addWidget(
            PlainLabel(text("preferences.addons.version", version=visible(addon.version)), "muted")
        )
        fault = FaultLine("warning")
        fault.show_problems([p for p in self._problems if p.args.get("package") == addon.name])
        top = line(12)
        top.addWidget(words, 1)
        top.addWidget(switch)
        inside = column(card, 6)
        inside.setContentsMargins(16, 12, 16, 12)
        inside.addLayout(top)
        inside.addWidget(fault)
        return card

    def _switch(self, name: str, on: bool) -> None:
        others = [addon for addon in self._kept.now.addons if addon != name]
        self._kept.change(addons=tuple([*others, name] if on else others))
