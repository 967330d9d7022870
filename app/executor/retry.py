"""When an attempt is tried again: policy as data, delays as in the execution rules."""

from __future__ import annotations

import random

from app.sdk.errors import NodeError

LONGEST_DELAY = 60.0  # seconds
LONGEST_RETRY_AFTER = 600.0  # a server that asks for more is as good as away


def may_retry(error: NodeError, attempt: int, attempts: int) -> bool:
    """Only timeout, connection, 429 and 5xx; never auth, validation, content refusal or budget."""
    too_long = error.retry_after is not None and error.retry_after > LONGEST_RETRY_AFTER
    return error.may_pass and attempt < attempts and not too_long


def delay(error: NodeError, attempt: int) -> float:
    """Seconds before the next attempt: the server's Retry-After, else exponential with jitter."""
    if error.retry_after is not None:
        return max(0.0, error.retry_after)
    doubled = 2.0 ** min(attempt - 1, 30)  # a float ends at 2 ** 1023
    return min(LONGEST_DELAY, doubled) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads the load, guards nothing
