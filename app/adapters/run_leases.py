"""Which process holds which run: a lock a run, lost with the life of its process."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import UTC, datetime
from pathlib import Path

from app.adapters import process_lock
from app.adapters.process_lock import ProcessLock

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,100}")


class RunLeases:
    """The runs that this process holds, and a look at those of others."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, ProcessLock] = {}

    def take(self, run: str) -> bool:
        """False where some process, this one included, has it. Raises OSError where no lock can be made."""
        if run in self._held:
            return False
        words = {"pid": str(os.getpid()), "since": datetime.now(UTC).isoformat(timespec="seconds")}
        lock = process_lock.take(self._path(run), words)
        if lock is None:
            return False
        self._held[run] = lock
        return True

    def release(self, run: str) -> None:
        """A second time does nothing."""
        lock = self._held.pop(run, None)
        if lock is not None:
            lock.release()

    def release_all(self) -> None:
        for run in list(self._held):
            self.release(run)

    def alive(self, run: str) -> bool:
        return run in self._held or process_lock.is_held(self._path(run))

    def locked(self) -> frozenset[str]:
        """Names of the lock files that are there: only these runs can be alive."""
        try:
            return frozenset(name for name in os.listdir(self._folder) if name.endswith(".lock"))  # noqa: PTH208
        except OSError:
            return frozenset()

    def file_name(self, run: str) -> str:
        plain = run if _PLAIN.fullmatch(run) else hashlib.sha256(run.encode("utf-8", "replace")).hexdigest()
        return f"{plain}.lock"

    def _path(self, run: str) -> Path:
        return self._folder / self.file_name(run)
