"""Recent files in the system's own menus: the jump list, the Dock, the lists that desktops on Linux show."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.adapters import mac_recents, recently_used

_PATH_IN_WIDE_CHARACTERS = 3  # SHARD_PATHW


def _windows_shell() -> Any:
    return ctypes.CDLL("shell32", winmode=0)  # 64 bits know one way of calling only


@dataclass(frozen=True, slots=True)
class Doors:
    """By what each system is told; opened when it is told, since only one of them is there."""

    windows_shell: Callable[[], Any] = _windows_shell
    mac_messages: Callable[[], mac_recents.Messages] = mac_recents.ObjectiveC


class SystemRecents:
    """Only a help: a system that can't be told keeps nobody from opening a file."""

    def __init__(
        self,
        command: Sequence[str],
        system: str = sys.platform,
        environment: Mapping[str, str] = os.environ,
        doors: Doors | None = None,
    ) -> None:
        self._command = command
        self._system = system
        self._environment = environment
        self._doors = doors or Doors()

    def note(self, path: Path) -> None:
        """A file was opened or saved just now."""
        # Beside what the system refuses: a list in an encoding that nobody knows, a count of five thousand digits.
        with contextlib.suppress(OSError, AttributeError, LookupError, ValueError):
            if self._system == "win32":
                self._doors.windows_shell().SHAddToRecentDocs(
                    _PATH_IN_WIDE_CHARACTERS, ctypes.c_wchar_p(str(path))
                )
            elif self._system == "darwin":
                mac_recents.note_file(path, self._doors.mac_messages())
            else:
                listed = recently_used.list_file(Path.home(), self._environment.get("XDG_DATA_HOME", ""))
                recently_used.note_file(listed, path, self._command)
