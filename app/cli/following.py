"""Follows a run in the terminal to its end: progress, people's answers, Ctrl+C, and events where they are wanted."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from app.adapters.redaction import hide_known
from app.cli.opening import INTERRUPTED
from app.cli.person import Desk, leave, open_of
from app.cli.progress import ProgressLine
from app.cli.terminal import is_person
from app.engine import RunHandle
from app.events.json_codec import encode
from app.events.run_events import RunEvent, RunPaused
from app.events.run_state import RunState

_EVERY = 0.1  # seconds between two looks at how far it is


class Follower:
    """`steps` is the number of nodes; `title` gives a node's title by its id."""

    def __init__(
        self, handle: RunHandle, steps: int, title: Callable[[str], str], *, as_events: bool
    ) -> None:
        self._handle = handle
        self._title = title
        self._as_events = as_events
        self._state = RunState()
        self._line = ProgressLine(steps)
        somebody = is_person(sys.stdin) and is_person(sys.stderr)
        self._desk = Desk(handle, title) if somebody else None

    async def to_end(self) -> RunState:
        """What the run came to."""
        ticking = asyncio.get_running_loop().create_task(self._tick())
        batches = self._handle.batches()
        try:
            with _stopped_by_signal(self._handle):
                async for batch in batches:
                    self._take(batch)
        except BaseException:  # nobody reads on: what is under way is ended and recorded all the same
            self._handle.stop()
            async for _ in batches:
                pass
            raise
        finally:
            ticking.cancel()
            if self._desk:
                await self._desk.close()
            self._line.clear()
        return self._state

    def _take(self, batch: list[RunEvent]) -> None:
        state = self._state
        state.apply_all(batch)
        if self._as_events:
            # A server may have echoed the key that it was sent.
            sys.stdout.writelines(f"{hide_known(encode(event))}\n" for event in batch)
            sys.stdout.flush()
        stuck = open_of(state)
        if stuck:
            self._line.clear()
        if self._desk:
            self._desk.show(stuck)
        elif stuck and any(isinstance(event, RunPaused) for event in batch):
            leave(self._handle, stuck[-1], self._title(stuck[-1].node))

    async def _tick(self) -> None:
        """Time goes on for people also where nothing happens."""
        while True:
            if not (self._desk and self._desk.is_asking):
                self._line.update(self._state)
            await asyncio.sleep(_EVERY)


@contextmanager
def _stopped_by_signal(handle: RunHandle) -> Generator[None]:
    """Ctrl+C and a polite kill stop the run: its records and its event file stay whole. Twice ends it at once."""
    loop = asyncio.get_running_loop()
    asked = False

    def stop(*_: object) -> None:
        nonlocal asked
        if asked:
            os._exit(INTERRUPTED)
        asked = True
        loop.call_soon_threadsafe(handle.stop)

    before = {name: signal.signal(name, stop) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
