"""The moment that it is: by the wall clock, and where the system has one, by the clock since the machine's start."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

from app.executor.moments import Moment

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def this_moment() -> Moment:
    """On Linux by both; elsewhere no clock that counts through sleep says which start it counts from."""
    boot = _boot()
    return Moment(time.time(), boot, time.clock_gettime(time.CLOCK_BOOTTIME) if boot else 0.0)


@cache
def _boot() -> str:
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return ""
    try:
        return _BOOT.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""
