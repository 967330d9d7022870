"""What the system says of a process, asked from outside."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def running(pid: int) -> bool:
    """Whether a process still does anything; one that only waits to be collected has ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or _stat(pid)[0] != "Z"


def gone_within(seconds: float, pid: int) -> bool:
    end = time.monotonic() + seconds
    while running(pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def cpu_seconds(pid: int) -> float:
    """The CPU time that a process has used so far (Linux)."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def at_work(pid: int) -> bool:
    """Whether one of its threads has something to do, be it only a processor that it waits for (Linux)."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            if (thread / "stat").read_text().rpartition(")")[2].split()[0] in "RD":
                return True
        except OSError:  # gone meanwhile
            continue
    return False


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Meanwhile it does nothing: however late we are, it goes on where it was (POSIX)."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
