"""Add-ons: packages with steps of their own, off until somebody switches them on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtWidgets import QFrame

from app.document.problem import Problem
from app.registry.discovery import AddOn
from app.texts import text
from app.ui.inspector.fault_line import FaultLine
from app.ui.kept_preferences import KeptPreferences
from app.ui.plain import visible
from app.ui.preferences.card_group import CardGroup, card_of
from app.ui.preferences.page import Page
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
        self._restart = PlainLabel(role="muted", wrap=True)
        self._cards = CardGroup("")
        self._cards.foot.addWidget(self._restart)
        self.content.addWidget(self._cards)
        self.content.addStretch()

    def opened(self) -> None:
        self._found = self._installed()
        self._show()

    def retranslate(self) -> None:
        super().retranslate()
        self._show()

    def _show(self) -> None:
        self._cards.empty.setText(text("preferences.addons.none"))
        self._cards.show_cards(map(self._card, self._found))
        self._restart.setText(text("preferences.addons.restart"))
        self._restart.setVisible(bool(self._found))

    def _card(self, addon: AddOn) -> QFrame:
        switch = Toggle()
        switch.setChecked(addon.name in self._kept.now.addons)
        switch.setAccessibleName(visible(addon.name))
        switch.toggled.connect(partial(self._switch, addon.name))
        version = text("preferences.addons.version", version=visible(addon.version))
        fault = FaultLine("warning")
        fault.show_problems([p for p in self._problems if p.args.get("package") == addon.name])
        words = (PlainLabel(addon.name, "strong"), PlainLabel(version, "muted"))
        return card_of(words, switch, below=fault)

    def _switch(self, name: str, on: bool) -> None:
        others = [addon for addon in self._kept.now.addons if addon != name]
        self._kept.change(addons=tuple([*others, name] if on else others))
