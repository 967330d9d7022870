"""The packaged program in the folder that it was built into, on this machine, with a home folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import file_traces
from foreign_python import ForeignPython
from tried_machine import (
    ASKED,
    PAINTED,
    PATIENCE,
    PROJECT,
    STARTER,
    WINDOW_CPU,
    Machine,
    asks,
    said_by,
    wait_for,
    wanted,
)
from window_keys import screen
from yardstick import slowness

MOST_INSTALLED, MOST_DOWNLOAD = 450, 250  # MB
KEYS = ("Xvfb", "openbox", "xdotool")  # what shows a window and presses its keys
TRIES = 3  # of the window: others on the machine make caches cold, the best of a few is the program's own
_OF_A_PERSON = ("PYTHON", "VIRTUAL_ENV", "BATON_", "XDG_")


class Here(Machine):
    """`built` is what packaging/bundle.py made; the home folder, and what else is needed, goes into `folder`."""

    def __init__(self, built: Path, folder: Path) -> None:
        home = folder / "home"
        home.mkdir()
        super().__init__(home)
        self.built = built
        self.home = home
        self.own_home = str(home)
        self.unpacked = str(built / "baton")
        self.hello = str(home / "hello.baton.json")
        names = {"win32": "baton/baton-cli.exe", "darwin": "Baton.app/Contents/MacOS/baton-cli"}
        self.folder = built / ("Baton.app" if sys.platform == "darwin" else "baton")
        self.program = built / names.get(sys.platform, "baton/baton")
        self.starter = str(next(built.rglob(Path(STARTER).name)))
        self.kept = {name: value for name, value in os.environ.items() if not name.startswith(_OF_A_PERSON)}
        if sys.platform.startswith("linux"):
            self.kept["PATH"] = str(without_python(folder / "tools"))

    def pieces(self) -> Mapping[str, Callable[[], str]]:
        return {"size": self.size, **super().pieces(), "foreign Python": self.foreign_python}

    def started(self, program: str, *arguments: str, **more: str) -> list[str]:
        # The variables go by way of this process: Windows has no `env`.
        home = {"BATON_HOME" if sys.platform == "win32" else "HOME": str(self.home)}
        os.environ.clear()
        os.environ.update({**self.kept, **home, **more})
        return [program, *arguments]

    def command(self, *arguments: str, **more: str) -> list[str]:
        return self.started(str(self.program), *arguments, **more)

    def output(self, *arguments: str, **more: str) -> str:
        return said_by(self.command(*arguments, **more), self.home)

    def size(self) -> str:
        installed = sum(path.lstat().st_size for path in self.folder.rglob("*") if not path.is_dir()) / 1e6
        downloads = [path for path in self.built.iterdir() if path.suffix in (".deb", ".xz", ".exe", ".dmg")]
        download = max((path.stat().st_size / 1e6 for path in downloads), default=0.0)
        wanted(0 < installed <= MOST_INSTALLED, f"{installed:.0f} MB are more than it may have")
        wanted(
            0 < download <= MOST_DOWNLOAD, f"a download of {download:.0f} MB is none, or more than it may be"
        )
        return f"{installed:.0f} MB from a download of {download:.0f} MB"

    def window(self) -> str:
        if not sys.platform.startswith("linux") or any(not shutil.which(tool) for tool in KEYS):
            return f"{self.painted([], QT_QPA_PLATFORM='offscreen')} without a screen, closed from outside"
        with screen() as display:
            seen = [self.used_by_keys(display)]
            painted = self.painted(seen, DISPLAY=display, QT_QPA_PLATFORM="xcb")
        return f"{painted} on a screen of X11, saved, closed"

    def painted(self, seen: list[float], **more: str) -> str:
        most = WINDOW_CPU * slowness()
        while not seen or (min(seen) > most and len(seen) < TRIES):
            seen.append(self.first_paint(**more))
        wanted(min(seen) <= most, f"the window came late: after {seen} CPU s")
        return f"painted after {min(seen)} CPU s"

    def first_paint(self, **more: str) -> float:
        trace = self.home / "trace.txt"
        with trace.open("wb") as errors:
            program = subprocess.Popen(
                self.command(BATON_TRACE_START="1", **more), stderr=errors, cwd=self.home
            )
        try:
            painted = wait_for(lambda: PAINTED.search(trace.read_text("utf-8")))
        finally:
            program.terminate()
            program.wait(PATIENCE)
        return float(painted[1])

    def archive(self) -> str:
        return super().archive() if sys.platform.startswith("linux") else "there is none for this system"

    def files(self) -> str:
        """All that a run and the window write, seen by the kernel; and that they read no Python but their own."""
        if reason := file_traces.why_not():
            return f"not tried: {reason}"
        with tempfile.TemporaryDirectory() as folder:
            logs = Path(folder)
            said_by([*file_traces.tracer(logs), *self.command("run", self.starter, *ASKED)], self.home)
            self.write("hello.baton.json", asks({}))
            opened = self.command(self.hello, QT_QPA_PLATFORM="offscreen")
            window = subprocess.Popen(
                [*file_traces.tracer(logs), *opened], cwd=self.home, start_new_session=True
            )
            try:
                # The last thing that opening a file does.
                wait_for((self.home / ".local/share/recently-used.xbel").is_file)
            finally:
                os.killpg(window.pid, signal.SIGTERM)
                window.wait(PATIENCE)
            trace = file_traces.read_trace(logs, self.home)
        strays = file_traces.outside(trace.written, (self.home, Path(tempfile.gettempdir())))
        wanted(not strays, f"it wrote outside of the home folder: {strays}")
        wanted(bool(trace.written), "nothing was seen of what it wrote")
        others = [path for path in trace.read if not path.is_relative_to(self.built)]
        foreign = [path for path in others if path.suffix == ".py" or "site-packages" in path.parts]
        wanted(not foreign, f"it read Python that isn't its own: {foreign}")
        project = [path for path in others if path.is_relative_to(PROJECT)]
        wanted(not project, f"it read from the project: {project}")
        return f"{len(trace.written)} written, all in the home folder or for the moment"

    def foreign_python(self) -> str:
        """What Python would load by itself, and what stands in the way, has no effect."""
        if sys.platform == "darwin":
            return "not tried: what lies in the bundle is sealed"
        planted = ForeignPython(self.home, self.program.parent)
        try:
            subprocess.run([sys.executable, "-c", ""], env={**os.environ, **planted.variables}, check=False)
            wanted(bool(planted.ran()), "what was planted doesn't run where it should")
            planted.mark.unlink()
            for variables in (planted.variables, planted.broken_home):
                self.output("doctor", "--json", **variables)
                self.output("self-test", **variables)
                self.output("run", self.starter, *ASKED, **variables)
                self.first_paint(QT_QPA_PLATFORM="offscreen", **variables)
                wanted(not planted.ran(), f"it ran {planted.ran()}")
        finally:
            planted.clear()
        return "none of it ran"


def without_python(folder: Path) -> Path:
    """Fills a folder with all programs of this system but Python, to be the only one in which they are looked for."""
    folder.mkdir()
    for place in (Path("/usr/bin"), Path("/bin")):
        for tool in place.iterdir():
            if "python" not in tool.name and "python" not in tool.resolve().name:
                with suppress(FileExistsError):
                    (folder / tool.name).symlink_to(tool)
    return folder
