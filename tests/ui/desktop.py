"""A screen of its own (Xvfb, openbox) with the real program on it, driven by xdotool and watched from outside."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("Xvfb", "openbox", "xdotool")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
WIDTH, HEIGHT = 1920, 1080
PATIENCE = 120.0  # seconds for anything to happen on a busy machine
TRY = 20.0  # seconds after which what was done is taken to be lost, and done again
VISIBLE = 1.0  # difference of two pictures: more than a blinking caret makes
KEPT = ROOT / "out" / "screen.png"  # what was on the screen when somebody waited in vain
LOG = 2000  # characters of the program's last words

T = TypeVar("T")


class Desktop:
    """The screen. `start` opens the program; the methods below are what a hand and an eye can do."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._children: list[subprocess.Popen[bytes]] = []
        read, write = os.pipe()
        self.environment = {
            k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY")
        }
        screen = [
            "Xvfb",
            "-screen",
            "0",
            f"{WIDTH}x{HEIGHT}x24",
            "-fbdir",
            str(folder),
            "-displayfd",
            str(write),
            "-noreset",  # else it begins anew when its last client goes, and the next one may come just then
        ]
        self._spawn(screen, pass_fds=(write,))
        os.close(write)
        with os.fdopen(read) as number:
            self.environment["DISPLAY"] = f":{number.readline().strip()}"
        self._manager = self._spawn(["openbox"])
        self.wait_for(self._is_managed)

    def _is_managed(self) -> bool:
        """Whether somebody minds the windows: without one none ever has the keyboard."""
        if self._manager.poll() is not None:
            self._manager = self._spawn(["openbox"])
        return bool(self._xdotool("get_num_desktops", check=False).strip())

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Opens the program over the whole screen and waits until it stands still."""
        program = self._spawn([sys.executable, "-m", "app", *arguments])
        self.bring_to_front()
        return program

    def bring_to_front(self) -> None:
        """Waits until the program has the keyboard and fills the screen: what is typed sooner goes elsewhere."""
        # Each time anew: the window that is there first may go again, and the window manager may come after it.
        self.wait_for(lambda: any(map(self._is_in_front, self.windows())))
        self.settle()

    def open_window(self, key: str, name: str) -> None:
        """Presses a key until a window whose title has `name` in it has the keyboard."""

        def is_there() -> bool:
            return name in self._xdotool("getactivewindow", "getwindowname", check=False)

        self.until(lambda: self.keys(key), is_there)

    def see(self, area: QRect, act: Callable[[], None]) -> None:
        """Does something until it is to be seen at a part of the screen."""
        before = self.picture(area)
        self.until(act, lambda: difference(before, self.picture(area)) > VISIBLE)

    def until(self, act: Callable[[], None], is_there: Callable[[], bool]) -> None:
        """Acts, again where nothing came of it for long: on a busy machine what a hand does may be lost."""
        due = time.monotonic()

        def seen() -> bool:
            nonlocal due
            if is_there():
                return True
            if time.monotonic() >= due:
                act()
                due = time.monotonic() + TRY
            return False

        self.wait_for(seen)
        self.settle()

    def wait_for(self, what: Callable[[], T | None], seconds: float = PATIENCE) -> T:
        """The first result that isn't empty; who waits in vain is told what is on the screen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = what()
            if found:
                return found
            time.sleep(0.05)
        raise TimeoutError(f"nothing came of {what} within {seconds} s\n{self.report()}")

    def report(self) -> str:
        """The windows, the one that has the keyboard, the last words of the programs; keeps a picture of the screen."""
        visible = self._xdotool("search", "--onlyvisible", "--name", "", check=False).split()
        names = {one: self._xdotool("getwindowname", one, check=False).strip() for one in visible}
        active = self._xdotool("getactivewindow", check=False).strip()
        KEPT.parent.mkdir(exist_ok=True)
        self.picture().save(str(KEPT))
        logs = [path.read_text("utf-8", "replace")[-LOG:] for path in sorted(self._folder.glob("*.log"))]
        ended = [child.poll() for child in self._children]
        return "\n".join(
            [f"windows: {names}", f"active: {active}", f"picture: {KEPT}", f"ended: {ended}", *logs]
        )

    def windows(self, name: str = "Baton") -> list[str]:
        """The ids of those whose title has `name` in it."""
        return self._xdotool("search", "--onlyvisible", "--name", name, check=False).split()

    def _is_in_front(self, window: str) -> bool:
        """Whether it is active and as large as the screen; asks for both."""
        size = str(WIDTH - 20), str(HEIGHT - 30)
        geometry = self._xdotool("getwindowgeometry", "--shell", window, check=False).split()
        is_large = {f"WIDTH={size[0]}", f"HEIGHT={size[1]}"} <= set(geometry)
        if is_large and self._xdotool("getactivewindow", check=False).strip() == window:
            return True
        for wish in (
            ("windowactivate", window),
            ("windowsize", window, *size),
            ("windowmove", window, "0", "0"),
        ):
            self._xdotool(*wish, check=False)
        return False

    def close(self) -> None:
        for child in reversed(self._children):
            child.kill()
            child.wait()

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Presses, moves in small steps as a hand does, and lets go."""
        self._xdotool("mousemove", *_text(start), "sleep", "0.1", "mousedown", "1", "sleep", "0.1")
        for step in range(1, 11):
            here = (start[0] + (end[0] - start[0]) * step // 10, start[1] + (end[1] - start[1]) * step // 10)
            self._xdotool("mousemove", *_text(here), "sleep", "0.04")
        self._xdotool("sleep", "0.2", "mouseup", "1")
        self.settle()

    def click(self, place: tuple[int, int]) -> None:
        self._xdotool("mousemove", *_text(place), "sleep", "0.1", "click", "1")
        self.settle()

    def keys(self, *names: str) -> None:
        for name in names:
            self._xdotool("key", "--clearmodifiers", name)
        self.settle()

    def type(self, words: str) -> None:
        self._xdotool("type", "--delay", "15", words)
        self.settle()

    def picture(self, area: QRect | None = None) -> QImage:
        """What is on the screen, or on a part of it, read from the screen's own memory."""
        data = (self._folder / "Xvfb_screen0").read_bytes()
        header = struct.unpack(">25I", data[:100])
        pixels = data[header[0] + header[19] * 12 :]
        whole = QImage(pixels, header[4], header[5], header[12], QImage.Format.Format_RGB32)
        return whole.copy(area or whole.rect())

    def settle(self, seconds: float = 10.0) -> None:
        """Waits until nothing on the screen has moved for a moment."""
        end, still, before = time.monotonic() + seconds, 0, self.picture()
        while still < 4 and time.monotonic() < end:
            time.sleep(0.1)
            now = self.picture()
            still = still + 1 if now == before else 0
            before = now

    def _spawn(self, command: list[str], pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
        log = (self._folder / f"{len(self._children)}.log").open("wb")
        child = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, pass_fds=pass_fds, stdout=log, stderr=subprocess.STDOUT
        )
        log.close()
        self._children.append(child)
        return child

    def _xdotool(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ["xdotool", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=check,
            timeout=PATIENCE,
        )
        return done.stdout


def _text(place: tuple[int, int]) -> tuple[str, str]:
    return str(place[0]), str(place[1])


def difference(one: QImage, other: QImage) -> float:
    """How much two pictures of one size differ: the mean of all channels' differences, 0 to 255."""
    if one.size() != other.size():
        return 255.0
    a = bytes(one.convertToFormat(QImage.Format.Format_RGB32).constBits())
    b = bytes(other.convertToFormat(QImage.Format.Format_RGB32).constBits())
    return sum(abs(x - y) for x, y in zip(a, b, strict=True)) / len(a)
