"""The Preferences window: its pages at the left, the one chosen at the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QListWidgetItem, QStackedWidget, QWidget

from app.document.problem import Problem
from app.registry.discovery import AddOn
from app.texts import text
from app.ui.appearance import appearance
from app.ui.engine_client import EngineClient
from app.ui.help.subject import lead_to_help
from app.ui.icons import icon
from app.ui.kept_preferences import KeptPreferences
from app.ui.preferences.addons_page import AddOnsPage
from app.ui.preferences.general_page import GeneralPage
from app.ui.preferences.keys_page import KeysPage
from app.ui.preferences.local_page import LocalPage
from app.ui.preferences.models_page import ModelsPage, Used
from app.ui.preferences.money_page import MoneyPage
from app.ui.preferences.page import Page
from app.ui.preferences.reviewed_page import ReviewedPage
from app.ui.preferences.shortcuts_page import ShortcutsPage
from app.ui.preferences.storage_page import StoragePage


@dataclass(frozen=True, slots=True)
class Installed:
    """What the add-ons page shows: how to list packages, and what went wrong with those that were loaded."""

    addons: Callable[[], Sequence[AddOn]] = tuple
    problems: Sequence[Problem] = ()


class PreferencesDialog(QDialog):
    """Every change takes effect at once. `shelf_changed(Shelf)` tells of models and connections."""

    shelf_changed = Signal(object)

    def __init__(
        self,
        kept: KeptPreferences,
        client: EngineClient,
        used: Used,
        installed: Installed | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        installed = installed or Installed()
        self.models = ModelsPage(kept, client, used)
        self.models.shelf_changed.connect(self.shelf_changed)
        self.pages: dict[str, Page] = {
            page.name: page
            for page in (
                GeneralPage(kept),
                self.models,
                LocalPage(kept),
                MoneyPage(kept, client),
                StoragePage(kept, client),
                KeysPage(client),
                ShortcutsPage(kept),
                AddOnsPage(kept, installed.addons, installed.problems),
                ReviewedPage(client),
            )
        }
        self._list = QListWidget()
        self._stack = QStackedWidget()
        for page in self.pages.values():
            self._list.addItem(QListWidgetItem())
            self._stack.addWidget(page)
        self._lay_out()
        self._list.currentRowChanged.connect(self._open)
        appearance().changed.connect(self.retranslate)
        self.retranslate()
        self._list.setCurrentRow(0)

    def show_page(self, name: str) -> None:
        """Turns to a page."""
        self._list.setCurrentRow(list(self.pages).index(name))

    def retranslate(self) -> None:
        self.setWindowTitle(text("preferences.title"))
        for at, page in enumerate(self.pages.values()):
            item = self._list.item(at)
            item.setText(text(f"preferences.{page.name}.title"))
            item.setIcon(icon(page.icon, appearance().theme.text2))
            page.retranslate()

    def _lay_out(self) -> None:
        self._list.setProperty("role", "bare")
        self._list.setFixedWidth(206)
        self._list.setIconSize(QSize(16, 16))
        self._list.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        left = QWidget()
        left.setProperty("role", "panel")
        inside = QHBoxLayout(left)
        inside.setContentsMargins(12, 18, 0, 12)
        inside.addWidget(self._list)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(left)
        layout.addWidget(self._stack, 1)
        self.resize(940, 680)
        self.setMinimumSize(720, 460)

    def _open(self, at: int) -> None:
        self._stack.setCurrentIndex(at)
        page = list(self.pages.values())[at]
        lead_to_help(self, page.subject)
        page.opened()
