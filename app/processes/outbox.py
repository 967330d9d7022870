"""The outbox of a child process: replies at once, events every 33 ms, written by a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import BinaryIO

from app.events.run_events import RunEvent, TextStreamed
from app.processes.message_lines import events_line

BATCH = 0.033  # seconds between two lines of events
MOST_WAITING = 8  # lines; a window that takes no more gets its events later, in fewer lines
MOST_EVENTS = 2000  # in one line, so that no line takes the window long


class Outbox:
    """Belongs to one event loop. The thread keeps a window that doesn't read from stopping the engine."""

    def __init__(self, channel: BinaryIO) -> None:
        self._channel = channel
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._events: dict[str, list[RunEvent]] = {}
        self._planned: asyncio.TimerHandle | None = None
        self._writing = Thread(target=self._write, daemon=True)
        self._writing.start()

    def put(self, line: bytes) -> None:
        """Sends a line as soon as those before it are through."""
        self._lines.put(line)

    def add(self, run: str, events: Iterable[RunEvent]) -> None:
        """Sends events with the next batch."""
        self._events.setdefault(run, []).extend(events)
        if self._planned is None:
            self._planned = asyncio.get_running_loop().call_later(BATCH, self._send)

    async def room(self) -> None:
        """Waits until little is left to be written, so that what is read from a disk doesn't heap up here."""
        while self._lines.qsize() > MOST_WAITING and self._writing.is_alive():  # noqa: ASYNC110 - a thread takes them
            await asyncio.sleep(BATCH / 4)

    async def flush(self) -> None:
        """Sends all there is and waits until it is written."""
        self._send(always=True)
        self._lines.put(None)
        await asyncio.to_thread(self.join)

    def join(self) -> None:
        """Waits until the thread has ended: all is written after `flush`, or nobody reads any more."""
        self._writing.join()

    def _send(self, *, always: bool = False) -> None:
        self._planned = None
        if self._lines.qsize() > MOST_WAITING and not always:
            self._planned = asyncio.get_running_loop().call_later(BATCH, self._send)
            return
        for run, events in self._events.items():
            latest = only_latest_texts(events)
            for start in range(0, len(latest), MOST_EVENTS):
                self._lines.put(events_line(run, latest[start : start + MOST_EVENTS]))
        self._events.clear()

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            rest = memoryview(line)
            try:
                while rest:
                    rest = rest[self._channel.write(rest) :]
            except OSError:
                return  # the window is gone; its end of the other pipe says so too


def only_latest_texts(events: Sequence[RunEvent]) -> list[RunEvent]:
    """Without partial texts that a later one of the same instance replaces."""
    seen: set[tuple[str, str]] = set()
    kept: list[RunEvent] = []
    for event in reversed(events):
        if isinstance(event, TextStreamed):
            if (event.node, event.scope) in seen:
                continue
            seen.add((event.node, event.scope))
        kept.append(event)
    kept.reverse()
    return kept
