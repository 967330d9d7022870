"""The person's preferences as they are now: changed in one place, saved, and told to whom it concerns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.settings import (
    Folders,
    Preferences,
    read_preferences,
    save_preferences,
    set_settings_aside,
    settings_file,
    with_changes,
)


class KeptPreferences(QObject):
    """`changed` follows every change, whoever made it. What another process has chosen meanwhile stays, where it isn't
    what is changed here.

    `not_saved(reason)` tells once that the disk takes none, and with an empty reason that it does again.
    `set_aside` is the file in which preferences stand that could not be read; None: all could be.
    """

    changed = Signal()
    not_saved = Signal(str)

    def __init__(self, where: Folders, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.where = where
        self.set_aside: Path | None = None
        self._is_failing = False
        self._now, whole = read_preferences(where)
        if not whole:
            self._set_aside()

    @property
    def now(self) -> Preferences:
        return self._now

    def change(self, **values: Any) -> None:
        """Takes other values for some preferences. A disk that takes none keeps them for this session."""
        self.take(replace(self._now, **values))

    def take(self, preferences: Preferences) -> None:
        """Takes all of them."""
        if preferences != self._now:
            kept, whole = read_preferences(self.where)
            usable = whole and settings_file(self.where).exists()
            self._now = with_changes(kept, self._now, preferences) if usable else preferences
            self._save()
            self.changed.emit()

    def look_again(self) -> None:
        """Another process may have changed them: what stands in the file is what holds."""
        kept, whole = read_preferences(self.where)
        if whole and kept != self._now and not self._is_failing and settings_file(self.where).exists():
            self._now = kept
            self.changed.emit()

    def _save(self) -> None:
        try:
            save_preferences(self.where, self._now)
        except OSError as error:
            if not self._is_failing:
                self._is_failing = True
                self.not_saved.emit(error.strerror or str(error))
        else:
            if self._is_failing:
                self._is_failing = False
                self.not_saved.emit("")

    def _set_aside(self) -> None:
        try:
            self.set_aside = set_settings_aside(self.where)
        except OSError:
            return  # a folder in which nothing can be renamed takes no new file over it either
        self._save()
