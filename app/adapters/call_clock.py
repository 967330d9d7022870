"""The clock of the gates before calls: monotonic seconds, and a callback some seconds from now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    """A callback that is still to come."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """It never jumps when someone sets the time; a test may turn its hands itself."""

    def now(self) -> float: ...

    def later(self, seconds: float, call: Callable[[], None]) -> Timer: ...


class LoopClock:
    """The computer's monotonic clock, and the timers of the running event loop."""

    def now(self) -> float:
        return time.monotonic()

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(seconds, call)
