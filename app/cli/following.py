"""Follows a run in the terminal to its end: progress, people's answers, Ctrl+C, and events where they are wanted."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from app.adapters.redaction import hide_in_lines
from app.adapters.result_table import ResultTable
from app.cli.opening import INTERRUPTED
from app.cli.person import Desk, Open, leave, open_of
from app.cli.progress import ProgressLine
from app.cli.replies import Reply
from app.cli.terminal import is_person
from app.document.problem import Problem, ProblemError
from app.engine import RunHandle
from app.events.json_codec import encode_lines
from app.events.run_events import RunEvent, RunPaused
from app.events.run_state import RunState
from app.texts import text

_EVERY = 0.1  # seconds between two looks at how far it is


class Follower:
    """`steps` is the number of nodes; `title` gives a node's title by its id. `table` gets the rows as they come.

    `reply` is handed to the step that it answers once everything waits; where it answers none, the run is left
    waiting and `refused` says why. `out` is where a run that is left would write its results.
    """

    def __init__(
        self,
        handle: RunHandle,
        steps: int,
        title: Callable[[str], str],
        *,
        as_events: bool,
        table: ResultTable | None = None,
        reply: Reply | None = None,
        out: Path | None = None,
    ) -> None:
        self._table = table
        self._told = False
        self._reply = reply
        self._out = out
        self.refused: tuple[Problem, ...] = ()
        self._handle = handle
        self._title = title
        self._as_events = as_events
        self._state = RunState()
        self._line = ProgressLine(steps)
        somebody = is_person(sys.stdin) and is_person(sys.stderr)
        self._desk = Desk(handle, title, self._state.inputs_at, out) if somebody else None

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
        if self._reply and not self.refused:  # the run ended before anything waited
            self._give(self._reply)
        return self._state

    def _take(self, batch: list[RunEvent]) -> None:
        state = self._state
        state.apply_all(batch)
        if self._as_events:
            # A server may have echoed the key that it was sent.
            sys.stdout.write(hide_in_lines(encode_lines(batch)).decode())
            sys.stdout.flush()
        if self._table:
            self._table.note(batch)
        stuck = open_of(state)
        if stuck:
            self._line.clear()
        paused = any(isinstance(event, RunPaused) for event in batch)
        if self._reply:
            if paused and not self._give(self._reply) and stuck:
                self._leave(stuck[-1])
        elif self._desk:
            self._desk.show(stuck)
        elif stuck and paused:
            self._leave(stuck[-1])

    def _tell_growing(self) -> None:
        """Once, where the rows can be read before the run is over."""
        growing = self._table.growing if self._table and not self._told else None
        if growing and self._out:
            self._told = True
            self._line.clear()
            path = self._out.with_name(growing.name)
            sys.stderr.write(text("cli.growing", path=str(path)) + "\n")

    def _leave(self, what: Open) -> None:
        leave(self._handle, what, self._title(what.node), self._state.inputs_at, self._out)

    def _give(self, reply: Reply) -> bool:
        """Whether it went to a step."""
        try:
            question = reply.question(self._state.questions.values())
            answer = reply.answer(question)
        except ProblemError as error:
            self.refused = error.problems
            return False
        self._reply = None
        return self._handle.answer(question.node, question.scope, answer)

    async def _tick(self) -> None:
        """Time goes on for people also where nothing happens."""
        while True:
            if not (self._desk and self._desk.is_asking):
                self._tell_growing()
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
