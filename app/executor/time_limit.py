"""A limit of time that can be held: waiting for a person or for money doesn't count."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from app.executor.deadlines import Deadlines


class TimeLimit:
    """Raises TimeoutError out of its `async with` block after so many seconds in which nobody held it; `before` of
    them were used up earlier. None: it only counts. With `deadlines` it shares its timer while nobody holds it.
    """

    def __init__(
        self, seconds: float | None, before: float = 0.0, deadlines: Deadlines | None = None
    ) -> None:
        self.seconds = seconds
        self._deadlines = deadlines
        left = None if seconds is None else max(0.0, seconds - before)
        self._timeout = asyncio.timeout(None if deadlines else left)
        self._used = before
        self._since: float | None = None  # on the loop's clock, while it counts
        self._entered = False
        self._holds = 0

    @property
    def expired(self) -> bool:
        """Whether it was this limit that ended the block."""
        return self._timeout.expired()

    @property
    def used(self) -> float:
        """Seconds that counted so far."""
        return self._used + (0.0 if self._since is None else _now() - self._since)

    def hold(self) -> None:
        """The clock stands still until as many `release` calls have come."""
        self._holds += 1
        if self._since is not None:
            self._stand()
            self._leave_line()
            if self.seconds is not None:
                self._timeout.reschedule(None)

    def release(self) -> None:
        self._holds -= 1
        if not self._holds and self._entered:
            self._since = _now()
            if self.seconds is not None:
                self._timeout.reschedule(self._since + self.seconds - self._used)

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        self._entered, self._since = True, _now()
        if self._deadlines and self.seconds is not None:
            self._deadlines.begin(self, self.seconds, self._late)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stand()
        self._leave_line()
        self._entered = False  # who releases it later has nothing to set going again
        await self._timeout.__aexit__(kind, error, trace)

    def _leave_line(self) -> None:
        if self._deadlines and self.seconds is not None:
            self._deadlines.end(self, self.seconds)

    def _late(self) -> None:
        self._timeout.reschedule(_now())

    def _stand(self) -> None:
        self._used, self._since = self.used, None


def _now() -> float:
    return asyncio.get_running_loop().time()
