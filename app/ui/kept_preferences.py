"""The person's preferences as they are now: changed in one place, saved, and told to whom it concerns."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.settings import Folders, Preferences, load_preferences, save_preferences


class KeptPreferences(QObject):
    """`changed` follows every change, whoever made it."""

    changed = Signal()

    def __init__(self, where: Folders, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.where = where
        self._now = load_preferences(where)

    @property
    def now(self) -> Preferences:
        return self._now

    def change(self, **values: Any) -> None:
        """Takes other values for some preferences. A disk that takes none keeps them for this session."""
        self.take(replace(self._now, **values))

    def take(self, preferences: Preferences) -> None:
        """Takes all of them."""
        if preferences != self._now:
            self._now = preferences
            with contextlib.suppress(OSError):
                save_preferences(self.where, preferences)
            self.changed.emit()
