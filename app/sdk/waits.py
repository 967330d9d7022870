"""Waits that a server asks for."""

from __future__ import annotations

import time


def retry_after(header: str) -> float | None:
    """Seconds from a Retry-After header, a number or a date (RFC 9110); None where it can't be read."""
    text = header.strip()
    if text.isdecimal():
        return float(text)
    from email.utils import parsedate_to_datetime  # rarely needed, and its package is large

    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None
