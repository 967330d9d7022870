"""The progress line on stderr while a run goes on: how far, what it cost, how long it may still take."""

from __future__ import annotations

import sys
import time

from app import figures
from app.cli.terminal import fit, is_person, width
from app.events.run_state import RunState
from app.texts import text

_EVERY = 0.1  # seconds
_BAR = 24  # columns


class ProgressLine:
    """One line that is written over; nothing where stderr isn't a person's screen."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._on = is_person(sys.stderr)
        self._last = 0.0
        self._shown = 0

    def update(self, state: RunState) -> None:
        now = time.monotonic()
        if not self._on or now - self._last < _EVERY:
            return
        self._last = now
        self._write(self._line(state))

    def clear(self) -> None:
        if self._on and self._shown:
            self._write("")
            sys.stderr.write("\r")
            sys.stderr.flush()

    def _line(self, state: RunState) -> str:
        done, total, unit = self._done(state)
        share = done / total if total else 0.0
        bar = "█" * int(share * _BAR) + "░" * (_BAR - int(share * _BAR))
        left = (
            f" · {text('cli.left', seconds=round(state.elapsed * (1 - share) / share))}"
            if 0.02 < share < 1
            else ""
        )
        count = f"{done}/{total}" if total else str(done)
        return f"{bar} {count} {unit} · {figures.cost(state.cost)} · {state.elapsed:.0f} s{left}"

    def _done(self, state: RunState) -> tuple[int, int, str]:
        if state.rows is not None:
            done = state.rows_done + state.rows_failed
            return done, max(state.rows, 0), text("cli.rows_unit")
        return sum(node.settled for node in state.nodes.values()), self._steps, text("cli.steps_unit")

    def _write(self, line: str) -> None:
        line = fit(line, 100)
        sys.stderr.write("\r" + line + " " * max(0, self._shown - width(line)))
        sys.stderr.flush()
        self._shown = width(line)
