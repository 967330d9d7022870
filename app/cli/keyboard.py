"""Lines from the keyboard, read by a thread that nobody has to wait for."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from threading import Thread
from typing import Any


class Keyboard:
    """Belongs to one event loop. The thread stays behind in a read when the program ends, and that is no harm."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._begun = False

    async def line(self) -> str:
        """The next line without its end. Raises EOFError when there is none to come."""
        if not self._begun:
            self._begun = True
            Thread(target=self._read, daemon=True).start()
        line = await self._lines.get()
        if line is None:
            self._lines.put_nowait(None)
            raise EOFError
        return line

    def _read(self) -> None:
        # Unbuffered: a thread that holds the buffer's lock would keep the program from ending.
        keys: Any = getattr(sys.stdin.buffer, "raw")  # noqa: B009 - the stub has no such attribute
        rest = b""
        with contextlib.suppress(OSError):
            while data := keys.read(65536):
                *whole, rest = (rest + data).split(b"\n")
                for line in whole:
                    self._hand_over(line.decode("utf-8", "replace").rstrip("\r"))
        self._hand_over(None)

    def _hand_over(self, line: str | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
