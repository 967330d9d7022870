"""Limits that share a timer: each strikes at its own time, and only where it is still there."""

from __future__ import annotations

import asyncio

import pytest

from app.executor.deadlines import Deadlines
from app.executor.time_limit import TimeLimit


async def sleeps(seconds: float, limit: TimeLimit, log: list[str], name: str) -> None:
    try:
        with limit:
            await asyncio.sleep(seconds)
        log.append(f"{name} done")
    except TimeoutError:
        assert limit.expired
        log.append(f"{name} late")


async def test_those_that_are_late_are_ended_and_no_others() -> None:
    deadlines, log = Deadlines(), list[str]()
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for name, seconds, most in (("a", 0.0, 2.0), ("b", 60.0, 2.0), ("c", 60.0, 0.01), ("d", 0.1, 60.0)):
            limit = TimeLimit(most, deadlines=deadlines)
            group.create_task(sleeps(seconds, limit, log, name))
    assert sorted(log) == ["a done", "b late", "c late", "d done"]
    assert log.index("c late") < log.index("b late")


async def test_a_second_one_of_a_length_has_its_whole_time() -> None:
    deadlines, loop = Deadlines(), asyncio.get_running_loop()
    with TimeLimit(0.05, deadlines=deadlines):
        pass
    await asyncio.sleep(0.02)
    begun = loop.time()
    with pytest.raises(TimeoutError), TimeLimit(0.05, deadlines=deadlines):
        await asyncio.sleep(60)
    assert loop.time() - begun >= 0.05


async def test_one_that_is_held_is_not_late_and_goes_on_with_what_was_left() -> None:
    loop, limit, released = asyncio.get_running_loop(), TimeLimit(0.05, deadlines=Deadlines()), 0.0

    async def held_at_first() -> None:
        nonlocal released
        with limit:
            limit.hold()
            await asyncio.sleep(0.1)
            limit.release()
            released = loop.time()
            await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        await held_at_first()
    assert released + 60 > loop.time() >= released + 0.04


async def test_whoever_is_ended_by_somebody_else_is_not_late() -> None:
    limit = TimeLimit(60.0, deadlines=Deadlines())
    task = asyncio.create_task(sleeps(60, limit, [], "a"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not limit.expired
