"""A limit of time that can be held: waiting for a person or for money doesn't count."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import Any, Self

import msgspec

from app.executor.deadlines import Deadlines


class TimeLimit(msgspec.Struct, eq=False):
    """Raises TimeoutError out of its `with` block after so many seconds in which nobody held it; None: it only counts.
    `used_before` are those that had counted when it last went on. With `deadlines` it shares its timer while nobody
    holds it. `expired`: whether it was this limit that ended the block.

    It ends the block's task as `asyncio.timeout` does, at a fourth of the cost.
    """

    seconds: float | None
    used_before: float = 0.0
    deadlines: Deadlines | None = None
    expired: bool = False
    _since: float | None = None  # on the machine's clock, while it counts
    _holds: int = 0
    _timer: asyncio.TimerHandle | None = None  # its own
    _task: asyncio.Task[Any] | None = None  # while it is in the block
    _requests: int = 0  # to end the task, from before

    @property
    def used(self) -> float:
        """Seconds that counted so far."""
        return self.used_before + (0.0 if self._since is None else time.monotonic() - self._since)

    def hold(self) -> None:
        """The clock stands still until as many `release` calls have come."""
        self._holds += 1
        self._stand()

    def release(self) -> None:
        self._holds -= 1
        if not self._holds and self._task:
            self._go()

    def __enter__(self) -> Self:
        self._task = task = asyncio.current_task()
        self._requests = task.cancelling() if task else 0
        self._go()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stand()
        task, self._task = self._task, None  # who releases it later has nothing to set going again
        # Where somebody else wants the task ended too, it isn't ours to call that off.
        if self.expired and task and task.uncancel() <= self._requests and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _go(self) -> None:
        self._since = time.monotonic()
        if self.seconds is None or self.expired:
            return
        if self.deadlines and not self.used_before:
            self.deadlines.begin(self, self.seconds, self._strike)
        else:
            left = max(0.0, self.seconds - self.used_before)
            self._timer = asyncio.get_running_loop().call_later(left, self._strike)

    def _stand(self) -> None:
        if self._since is None:
            return
        self.used_before += time.monotonic() - self._since
        self._since = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        elif self.deadlines and self.seconds is not None:
            self.deadlines.end(self, self.seconds)

    def _strike(self) -> None:
        self._timer = None
        self.expired = True
        if self._task:
            self._task.cancel()
