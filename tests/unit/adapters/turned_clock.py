"""A clock whose hands a test turns: a minute takes no time, and nothing happens by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(eq=False)
class Alarm:
    at: float
    call: Callable[[], None]
    clock: TurnedClock

    def cancel(self) -> None:
        self.clock.alarms.discard(self)


class TurnedClock:
    """Starts at some moment, as monotonic clocks do."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.alarms: set[Alarm] = set()

    def now(self) -> float:
        return self.time

    def later(self, seconds: float, call: Callable[[], None]) -> Alarm:
        alarm = Alarm(self.time + seconds, call, self)
        self.alarms.add(alarm)
        return alarm

    async def turn(self, seconds: float) -> None:
        """Lets the time pass, with what is due on the way, each at its moment."""
        end = self.time + seconds
        await settled()
        while due := [alarm for alarm in self.alarms if alarm.at <= end]:
            alarm = min(due, key=lambda one: one.at)
            self.alarms.discard(alarm)
            self.time = max(self.time, alarm.at)
            alarm.call()
            await settled()
        self.time = end


async def settled() -> None:
    """Whoever can go on has gone on."""
    for _ in range(6):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Lets the others work until something holds."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.001)
