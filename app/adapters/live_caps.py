"""The limits as they stand in the profile now, whichever process has set them."""

from __future__ import annotations

import time

from app.costs.limits import Caps, caps_of
from app.settings import Folders, Preferences, read_preferences, settings_file

_TRUSTED = 0.2  # seconds without another look at the file


class LiveCaps:
    """Called before each paid call. Where the file can't be read, what was known before holds."""

    def __init__(self, where: Folders, preferences: Preferences) -> None:
        self._where = where
        self._caps = caps_of(preferences)
        self._stamp = self._read_stamp()
        self._looked = time.monotonic()

    def __call__(self) -> Caps:
        now = time.monotonic()
        if now - self._looked > _TRUSTED:
            self._looked = now
            stamp = self._read_stamp()
            if stamp != self._stamp:
                preferences, is_whole = read_preferences(self._where)
                if is_whole:
                    self._caps = caps_of(preferences)
                    self._stamp = stamp
        return self._caps

    def use(self, preferences: Preferences) -> None:
        """A person has just chosen these."""
        self._caps = caps_of(preferences)

    def _read_stamp(self) -> tuple[int, int]:
        try:
            state = settings_file(self._where).stat()
        except OSError:
            return (0, 0)
        return (state.st_mtime_ns, state.st_size)
