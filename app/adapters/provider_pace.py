"""The pace that a provider's answers teach: how many calls at a time, and until when none may begin."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from app.adapters.rate_hints import requests_left, tokens_left
from app.executor.retry import LONGEST_RETRY_AFTER
from app.sdk.errors import NodeError

GROW_AFTER = 10  # good answers until one more call at a time is tried again
LONGEST_PAUSE = 60.0  # seconds after a refusal that doesn't say how long to wait
TOO_MANY = "model.too_many_requests"


class ProviderPace:
    """After a refusal for too many requests half as many calls go on at a time (at least one), and one more after
    every `GROW_AFTER` good answers: additive increase, multiplicative decrease, as in TCP (RFC 5681).

    `epoch` counts the refusals that taught something; a call that began in an earlier one teaches nothing new.
    """

    def __init__(self, most: int) -> None:
        self.allowed = most  # at a time, now
        self.epoch = 0
        self._most = most
        self._refusals = 0  # in a row
        self._good = 0
        self._asked_until = -math.inf
        self._left: int | None = None  # requests that the provider has left for us, until then
        self._left_until = -math.inf

    def use(self, most: int) -> None:
        """Another limit; what was learned stays."""
        self.allowed = most if self.allowed == self._most else min(self.allowed, most)
        self._most = most

    def closed_until(self, now: float) -> float:
        """No call begins before this moment of the monotonic clock; `now` or earlier: it may."""
        if self._left is not None:
            if now >= self._left_until:
                self._left = None
            elif self._left <= 0:
                return max(self._left_until, self._asked_until)
        return self._asked_until

    def away(self, now: float) -> float | None:
        """Seconds that the provider asked for, where they are so many that nobody should wait for them."""
        seconds = self._asked_until - now
        return seconds if seconds > LONGEST_RETRY_AFTER else None

    def begun(self, calls: int) -> None:
        """A call begins (1), or didn't after all (-1)."""
        if self._left is not None:
            self._left -= calls

    def answered(self, epoch: int) -> None:
        """A good answer to a call of this epoch."""
        if epoch != self.epoch:
            return
        self._refusals = 0
        if self.allowed < self._most:
            self._good += 1
            if self._good >= GROW_AFTER:
                self.allowed, self._good = self.allowed + 1, 0

    def failed(self, epoch: int, error: NodeError, now: float) -> None:
        """An error; what it asks for holds for everybody."""
        wait = error.retry_after
        if error.code == TOO_MANY:
            if epoch == self.epoch:
                self.epoch += 1
                self._refusals += 1
                self._good = 0
                self.allowed = max(1, self.allowed // 2)
            self._left = None  # what it says now counts more than what it said before
            wait = min(LONGEST_PAUSE, 2.0 ** min(self._refusals - 1, 30)) if wait is None else wait
        if wait is not None:
            self._asked_until = max(self._asked_until, now + wait)

    def hear(self, headers: Mapping[str, str], size: Callable[[], int], now: float) -> None:
        """What a good answer says is left; nobody then begins who would surely be refused. `size` counts tokens."""
        requests = requests_left(headers)
        if requests is not None:
            self._left, self._left_until = requests.amount, now + requests.seconds
        tokens = tokens_left(headers)
        if tokens is not None and tokens.amount < size():
            self._left, self._left_until = 0, max(self._left_until, now + tokens.seconds)

    def lift(self) -> None:
        """The provider has just answered somebody: what it asked for before is over."""
        self._asked_until, self._left = -math.inf, None
