"""A small table of whole numbers that the processes of a profile share: a memory-mapped file with a lock."""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from app.adapters import process_lock

_PATIENCE = 0.02  # seconds: who is inside leaves at once, unless its process was stopped


class SharedTable:
    """Where the file can't be kept there are no cells. No file is made before they are looked at."""

    def __init__(self, file: Path, size: int) -> None:
        self._file = file
        self._bytes = 8 * size
        self._descriptor: int | None = None
        self._cells: memoryview | None = None
        self._is_lost = False

    @property
    def cells(self) -> memoryview | None:
        return self._cells or self._open()

    @contextmanager
    def alone(self) -> Generator[memoryview | None]:
        """The cells, while no other process is at them; None where there are none, or whoever is doesn't leave."""
        cells = self.cells
        if cells is None or self._descriptor is None or not _locked(self._descriptor):
            yield None
            return
        try:
            yield cells
        finally:
            process_lock.unlock(self._descriptor)

    def close(self) -> None:
        if self._cells is not None:
            self._cells.release()
            self._cells = None
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> memoryview | None:
        if self._is_lost:
            return None
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            if os.fstat(self._descriptor).st_size != self._bytes:
                os.ftruncate(self._descriptor, self._bytes)
            self._cells = memoryview(mmap.mmap(self._descriptor, self._bytes)).cast("q")
        except (OSError, ValueError):
            self.close()
            self._is_lost = True
        return self._cells


def _locked(descriptor: int) -> bool:
    if process_lock.lock(descriptor):
        return True
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        time.sleep(0)
        if process_lock.lock(descriptor):
            return True
    return False
