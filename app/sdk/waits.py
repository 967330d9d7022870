"""Waits that a server asks for."""

from __future__ import annotations

from datetime import UTC, datetime


def retry_after(header: str, date: str = "") -> float | None:
    """Seconds from a Retry-After header, a number or a date (RFC 9110); None where it can't be read. `date` is the
    answer's Date header.
    """
    text = header.strip()
    if text.isdecimal():
        return float(text)
    moment = _moment(text)
    return None if moment is None else max(0.0, seconds_until(moment, date))


def seconds_until(moment: datetime, date: str = "") -> float:
    """Until a moment that a server names. By its own clock, where the Date header of its answer says what that showed:
    the one here may stand anywhere.
    """
    zone = moment.tzinfo or UTC
    now = _moment(date.strip()) or datetime.now(zone)
    return (moment.replace(tzinfo=zone) - now.replace(tzinfo=now.tzinfo or UTC)).total_seconds()


def _moment(text: str) -> datetime | None:
    from email.utils import parsedate_to_datetime  # rarely needed, and its package is large

    try:
        return parsedate_to_datetime(text) if text else None
    except (ValueError, TypeError, OverflowError):
        return None
