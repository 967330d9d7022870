"""A window on an X server of its own, used by its keys. Who waits in vain is told what is on the screen."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, TypeVar

PATIENCE = 120.0  # seconds for anything to happen on a busy machine
TRY = 10.0  # seconds after which a key is taken to be lost, and pressed again
PICTURE = Path("out/screen")  # the folder in which the screen keeps what it shows, in the form of xwd

T = TypeVar("T")


@contextmanager
def screen() -> Iterator[str]:
    """An X server of its own; gives the name of its display."""
    PICTURE.mkdir(parents=True, exist_ok=True)
    read, write = os.pipe()
    options = ["-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    options += ["-fbdir", str(PICTURE)]
    options += [
        "-noreset"
    ]  # else it begins anew when its last client goes, and the next one may come just then
    with subprocess.Popen(["Xvfb", *options], pass_fds=(write,), stderr=subprocess.DEVNULL) as server:
        os.close(write)
        with os.fdopen(read) as number:
            display = number.readline().strip()
        try:
            yield f":{display}"
        finally:
            server.kill()


class WindowKeys:
    """The keyboard before a display and its window manager; `log` is what the program says."""

    def __init__(self, display: str, log: TextIO) -> None:
        self._on_screen = {**os.environ, "DISPLAY": display}
        self._log = log
        self._manager = self._managing()
        self._wait(self._is_managed)

    def _managing(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["openbox"], env=self._on_screen)

    def _is_managed(self) -> bool:
        """Whether somebody minds the windows: without one none ever has the keyboard."""
        if self._manager.poll() is not None:
            self._manager = self._managing()
        return bool(self._tool("get_num_desktops"))

    def close(self) -> None:
        self._manager.kill()
        self._manager.wait()

    def window(self) -> str:
        """The program's window, once it is there and has the keyboard."""
        # Looked for each time anew: the window that is there first may go again.
        return self._wait(lambda: next(filter(self._is_in_front, self._windows()), ""))

    def open_dialog(self, window: str, keys: str) -> None:
        """Presses keys until another window than this one has the keyboard."""
        self._until(lambda: self._tool("key", "--clearmodifiers", keys), lambda: self._other_has_it(window))

    def fill_in(self, window: str, words: str, is_done: Callable[[], bool]) -> None:
        """Writes words into the field of a dialog over this window and confirms them, until it is done."""

        def write() -> None:
            if self._other_has_it(window):
                self._tool("key", "--clearmodifiers", "ctrl+a")
                self._tool("type", "--delay", "20", words)
                self._tool("key", "Return")

        self._until(write, is_done)

    def press(self, keys: str, is_done: Callable[[], bool]) -> None:
        self._until(lambda: self._tool("key", "--clearmodifiers", keys), is_done)

    def _until(self, act: Callable[[], object], is_done: Callable[[], bool]) -> None:
        due = time.monotonic()

        def done() -> bool:
            nonlocal due
            if is_done():
                return True
            if time.monotonic() >= due:
                act()
                due = time.monotonic() + TRY
            return False

        self._wait(done)

    def _wait(self, what: Callable[[], T]) -> T:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if found := what():
                return found
            time.sleep(0.1)
        sys.exit(f"smoke run: nothing came of {what} within {PATIENCE:.0f} s\n{self._report()}")

    def _report(self) -> str:
        names = {one: self._tool("getwindowname", one) for one in self._windows("")}
        self._log.seek(0)
        return f"windows: {names}\nactive: {self._active()}\npicture: {PICTURE}\nsaid: {self._log.read()[-2000:]}"

    def _windows(self, name: str = "Baton") -> list[str]:
        return self._tool("search", "--onlyvisible", "--name", name).split()

    def _active(self) -> str:
        return self._tool("getactivewindow")

    def _is_in_front(self, window: str) -> bool:
        """Whether it has the keyboard; asks for it."""
        if self._active() == window:
            return True
        self._tool("windowactivate", window)
        return False

    def _other_has_it(self, window: str) -> bool:
        return self._active() not in ("", window)

    def _tool(self, *arguments: str) -> str:
        asked = subprocess.run(
            ["xdotool", *arguments], env=self._on_screen, capture_output=True, text=True, check=False
        )
        return asked.stdout.strip()
