"""Reports of a crash: a local file for each process that ended by a fault, without keys, places and anybody's texts.

Nothing is sent. A report names the fault, the lines of our code on the way to it, versions and the system; what a
fault says of itself is left out where it may hold what a person wrote.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import platform
import re
import sys
import threading
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import TextIO

from app.adapters.redaction import redact

FOLDER = "crashes"  # in the folder of logs
_MOST = 10  # reports that are kept
_LONGEST = 200_000  # characters of one report that are read
_FATAL = ".fatal"  # for what a signal left: open from the start, since at the end it is too late
_REPORT = ".txt"
_SEEN = ".seen"
# What these say speaks of code and never of data.
_ABOUT_CODE = (AttributeError, ImportError, NameError, RecursionError, TypeError, MemoryError)
_open: list[TextIO] = []  # faulthandler writes to it until the end


def watch(logs: Path, process: str) -> None:
    """From now on a fault of this process leaves a report in `logs`: what nobody caught, and fatal signals."""
    folder = logs / FOLDER
    with contextlib.suppress(OSError):  # reports that can't be written are no reason not to run
        folder.mkdir(parents=True, exist_ok=True)
        _gather(folder)
        _open.append((folder / f"{process}{_FATAL}").open("a", encoding="utf-8"))
        faulthandler.enable(_open[-1])

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        report(logs, process, error)
        sys.__excepthook__(kind, error, trace)

    def uncaught_in_thread(fault: threading.ExceptHookArgs) -> None:
        if fault.exc_value is not None:
            report(logs, process, fault.exc_value)
        threading.__excepthook__(fault)

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread


def _gather(folder: Path) -> None:
    """Makes reports of what signals left in an earlier life."""
    for left in folder.glob(f"*{_FATAL}"):
        about = left.stat()
        if about.st_size:
            told = left.read_text("utf-8", errors="replace")
            at = time.strftime("%Y%m%d-%H%M%S", time.localtime(about.st_mtime))
            kept = folder / f"{left.stem}-{at}{_REPORT}"
            kept.write_text(_head(left.stem) + told, "utf-8")
            left.unlink()
    _keep_newest(folder)


def report(logs: Path, process: str, error: BaseException) -> Path | None:
    """Writes down a fault; None where it can't be written, or is a person's own doing."""
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return None
    folder = logs / FOLDER
    name = f"{process}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}{_REPORT}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(_head(process) + _told(error), "utf-8")
    except OSError:
        return None
    _keep_newest(folder)
    return folder / name


def reports(logs: Path) -> list[Path]:
    """The reports that lie there, the newest first."""
    with contextlib.suppress(OSError):
        found = [path for path in (logs / FOLDER).iterdir() if path.suffix in (_FATAL, _REPORT)]
        written = [(path.stat().st_mtime_ns, path) for path in found if path.stat().st_size]
        return [path for _, path in sorted(written, reverse=True)]
    return []


def unseen(logs: Path) -> list[Path]:
    """The reports that nobody was told of yet."""
    since = 0
    with contextlib.suppress(OSError):
        since = (logs / FOLDER / _SEEN).stat().st_mtime_ns
    return [path for path in reports(logs) if path.stat().st_mtime_ns > since]


def seen(logs: Path) -> None:
    """What lies there now has been told."""
    with contextlib.suppress(OSError):
        (logs / FOLDER / _SEEN).touch()


def read(path: Path) -> str:
    """A report as it may be shown and passed on. Raises OSError."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return without_places(redact(file.read(_LONGEST)))


def _keep_newest(folder: Path) -> None:
    for old in reports(folder.parent)[_MOST:]:
        with contextlib.suppress(OSError):
            old.unlink()


def _head(process: str) -> str:
    from importlib import metadata  # late: hardly anybody ever needs a head

    try:
        version = metadata.version("baton")
    except metadata.PackageNotFoundError:
        version = "?"
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    at = time.strftime("%Y-%m-%d %H:%M:%S %z")
    return f"Baton {version}, {process}, {at}\nPython {platform.python_version()}, {system}\n\n"


def _told(error: BaseException) -> str:
    """The fault and its causes, each with the lines of code on the way to it and none of the values there."""
    parts: list[str] = []
    chain: BaseException | None = error
    while chain is not None and len(parts) < _MOST:
        lines = traceback.format_tb(chain.__traceback__)
        words = f": {chain}" if isinstance(chain, _ABOUT_CODE) else _number_of(chain)
        parts.append(f"{type(chain).__module__}.{type(chain).__qualname__}{words}\n{''.join(lines)}")
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)
    return without_places(redact("\ncaused by\n".join(parts)))


def _number_of(error: BaseException) -> str:
    """What the system calls an error of its own, without the file's name."""
    return f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""


def without_places(text: str) -> str:
    """The text without the names of a person's folders."""
    home = str(Path.home())
    text = (
        text.replace(home, "~") if len(home) > 1 else text
    )  # under the root folder everything would be home
    return _OTHER_HOMES.sub(r"\1…", text)


_OTHER_HOMES = re.compile(r"((?:/home/|/Users/|:\\Users\\))[^/\\\s\"']+")
