"""The progress line on stderr while a run goes on: how far, what it cost, how long it may still take."""

from __future__ import annotations

import sys
import time

from app import figures
from app.cli.terminal import columns_of, fit, width
from app.events.run_state import RunState
from app.texts import text

_EVERY = 0.1  # seconds
_BAR = 24  # columns


class ProgressLine:
    """One line that is written over; nothing where stderr isn't a person's screen."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._begun = self._last = time.monotonic()
        self._shown = 0

    def update(self, state: RunState) -> None:
        """Call it as often as you like; it writes some times a second."""
        now, columns = time.monotonic(), columns_of(sys.stderr)
        if columns and now - self._last >= _EVERY:
            self._last = now
            self._write(fit(self.line(state, now - self._begun), columns - 1))

    def clear(self) -> None:
        if self._shown:
            self._write("")
            sys.stderr.write("\r")
            sys.stderr.flush()

    def line(self, state: RunState, seconds: float) -> str:
        """The words after so many seconds."""
        done, total, unit = self._done(state)
        share = done / total if total else 0.0
        bar = "█" * int(share * _BAR) + "░" * (_BAR - int(share * _BAR))
        count = f"{done}/{total}" if total else str(done)
        parts = [f"{bar} {count} {unit}", figures.cost(state.cost), figures.seconds(seconds)]
        if waits := next((one.memory_wait for one in state.nodes.values() if one.memory_wait), None):
            parts.append(figures.memory_wait(waits))
        if state.rows is not None and done and seconds >= 1:
            parts.append(text("cli.rate", n=figures.count(round(done * 60 / seconds))))
        if 0.02 < share < 1:
            parts.append(text("cli.left", time=figures.seconds(seconds * (1 - share) / share)))
        return " · ".join(parts)

    def _done(self, state: RunState) -> tuple[int, int, str]:
        if state.rows is not None:
            done = state.rows_done + state.rows_failed
            return done, max(state.rows, 0), text("cli.rows_unit")
        return sum(node.settled for node in state.nodes.values()), self._steps, text("cli.steps_unit")

    def _write(self, line: str) -> None:
        sys.stderr.write("\r" + line + " " * max(0, self._shown - width(line)))
        sys.stderr.flush()
        self._shown = width(line)
