"""A terminal that a test sits at: a real pseudo-terminal with a program in it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[1]
_PATIENCE = 120.0  # seconds; a test that waits longer has found a fault
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class PseudoTerminal:
    """Runs `baton` with arguments in a terminal of so many columns. `shown` is all that came on the screen."""

    def __init__(self, arguments: Sequence[str | Path], columns: int = 100, **environment: str) -> None:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self._screen = ours
        self._seen = 0  # how much of what was shown has been waited for
        self.shown = ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app", *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm", **environment},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - Ctrl+C needs a terminal of its own
        )
        os.close(theirs)

    @property
    def plain(self) -> str:
        """What was shown, without colours."""
        return _COLOURS.sub("", self.shown)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._screen)

    def until(self, words: str) -> str:
        """Reads until these words have come after those of the last call; gives what came with them."""
        begun, due = self._seen, time.monotonic() + _PATIENCE
        while (place := self.plain.find(words, begun)) < 0:
            assert time.monotonic() < due, f"never said {words!r}, but:\n{self.shown}"
            assert self._read(), f"ended without {words!r}:\n{self.shown}"
        self._seen = place + len(words)
        return self.plain[begun : self._seen]

    def type(self, keys: str) -> None:
        os.write(self._screen, keys.encode())

    def end(self) -> int:
        """Reads to the end; gives the exit code."""
        due = time.monotonic() + _PATIENCE
        while self._read():
            assert time.monotonic() < due, f"does not end:\n{self.shown}"
        return self._process.wait(_PATIENCE)

    def _read(self) -> bool:
        """Whether the program is still there."""
        ready, _, _ = select.select([self._screen], [], [], 1.0)
        if not ready:
            return True
        try:
            data = os.read(self._screen, 65536)
        except OSError:  # Linux says so when the last of the other side has closed
            return False
        self.shown += data.decode("utf-8", "replace")
        return bool(data)
