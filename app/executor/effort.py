"""Effort: how much this thread may compute for something that may also stay unknown."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from time import thread_time


class Effort:
    """So many seconds of CPU time. Nothing is broken off: who has begun with some of it left comes to an end."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    @property
    def is_spent(self) -> bool:
        return self._left <= 0

    @contextmanager
    def spent(self) -> Generator[None]:
        """A block that takes from it; also what others do in the thread while the block waits."""
        began = thread_time()
        try:
            yield
        finally:
            self._left -= thread_time() - began
