"""Clocks that go wrong while a test looks on, for programs that it starts."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.faults.preloaded import preloaded

HOUR = 3600.0


@dataclass(frozen=True)
class WrongClock:
    """What the clocks of a program are wrong by (`wrong_clock.c`); right at first. Skips the test where that can't be
    made.
    """

    environment: Mapping[str, str]
    told: Path

    def set(self, wall: float = 0.0, monotonic: float = 0.0, jumps: float = 0.0) -> None:
        """In seconds, from now on."""
        numbers = struct.pack("=3q", *(int(seconds * 1e9) for seconds in (wall, monotonic, jumps)))
        with self.told.open("r+b") as file:
            file.write(numbers)


def wrong_clock_in(folder: Path) -> WrongClock:
    told = folder / "clock"
    told.write_bytes(bytes(24))
    environment = {"LD_PRELOAD": preloaded("wrong_clock", folder), "WRONG_CLOCK": str(told)}
    return WrongClock(environment, told)
