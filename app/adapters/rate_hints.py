"""What a good answer's headers say of what is left: requests and tokens, and when they are full again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.sdk.waits import seconds_until

# A hint is no refusal: a limit a day or a bucket that refills all the time is asked again after this long, in seconds.
LONGEST_HINT = 60.0
# The names for (what is left, when it is full again); the second provider turns the words round.
_REQUESTS = (
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
)
_TOKENS = (
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
)
_REMAINING = frozenset(remaining for remaining, _ in (*_REQUESTS, *_TOKENS))
_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)(ms|s)?)?")


@dataclass(frozen=True, slots=True)
class Left:
    """So many are left for so many seconds."""

    amount: int
    seconds: float


def says_what_is_left(headers: Mapping[str, str]) -> bool:
    """Whether there is anything to read here, which most answers leave out. Names are in small letters."""
    return not _REMAINING.isdisjoint(headers)


def requests_left(headers: Mapping[str, str]) -> Left | None:
    """None where the answer doesn't say both, or nothing that makes sense."""
    return _left(headers, _REQUESTS)


def tokens_left(headers: Mapping[str, str]) -> Left | None:
    """As `requests_left`."""
    return _left(headers, _TOKENS)


def _left(headers: Mapping[str, str], names: tuple[tuple[str, str], ...]) -> Left | None:
    for remaining, reset in names:
        said = headers.get(remaining)
        if said is not None:
            seconds = _seconds(headers.get(reset, "").strip(), headers.get("date", ""))
            # Some say -1 for "no limit".
            if seconds is None or not re.fullmatch(r"\d{1,15}", said.strip()):
                return None
            return Left(int(said), min(max(seconds, 0.0), LONGEST_HINT))
    return None


def _seconds(text: str, date: str) -> float | None:
    """6m0s, 1.2s, 20ms, 59, or a moment as 2026-01-02T03:04:05Z."""
    span = _SPAN.fullmatch(text) if text and len(text) < 30 else None
    if span:
        hours, minutes, number, unit = span.groups()
        seconds = float(number or 0) / (1000 if unit == "ms" else 1)
        return int(hours or 0) * 3600 + int(minutes or 0) * 60 + seconds
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return seconds_until(moment, date) if moment.tzinfo else None
