"""A limit of time that can be held: waiting for a person or for money doesn't count."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self


class TimeLimit:
    """Raises TimeoutError out of its `async with` block after so many seconds in which nobody held it."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._timeout = asyncio.timeout(seconds)
        self._left: float | None = None  # what was left when it was held
        self._holds = 0

    @property
    def expired(self) -> bool:
        """Whether it was this limit that ended the block."""
        return self._timeout.expired()

    def hold(self) -> None:
        """The clock stands still until as many `release` calls have come."""
        self._holds += 1
        due = self._timeout.when()
        if self._holds == 1 and due is not None:
            self._left = due - asyncio.get_running_loop().time()
            self._timeout.reschedule(None)

    def release(self) -> None:
        self._holds -= 1
        if not self._holds and self._left is not None:
            self._timeout.reschedule(asyncio.get_running_loop().time() + self._left)
            self._left = None

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left = None  # who releases it later has nothing to set going again
        await self._timeout.__aexit__(kind, error, trace)
