"""How many calls go on at a time over all connections together; freed places go round among those who wait."""

from __future__ import annotations

from collections.abc import Callable


class CallTotal:
    """Shared by the gates of one engine."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._running = 0
        self._waiting: dict[Callable[[], None], None] = {}  # in the order of asking

    @property
    def is_full(self) -> bool:
        return self._running >= self._most

    def take(self) -> None:
        """A call begins; only where it isn't full."""
        self._running += 1

    def free(self) -> None:
        """A call ended."""
        self._running -= 1
        while self._waiting and not self.is_full:
            let_in = next(iter(self._waiting))
            del self._waiting[let_in]
            let_in()

    def wait(self, let_in: Callable[[], None]) -> None:
        """Calls `let_in` when a place is free; who still finds it full then asks again."""
        self._waiting[let_in] = None
