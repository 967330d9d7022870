"""The program starts quickly: the window is painted within 1.5 CPU seconds, on a slower machine within as much more."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from yardstick import slowness

ROOT = Path(__file__).parents[3]
ALLOWED = 1.5  # CPU seconds, where others leave the processors alone
BUSY = 2.0  # where they don't: the same work takes more of a processor whose caches are shared
TRIES = 3  # others on the machine make caches cold; the best of a few is the program's own


def first_paint() -> float:
    """CPU seconds until the first paint, as the program says them itself."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "app"],
        cwd=ROOT,
        env={**os.environ, "BATON_TRACE_START": "1"},
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stderr is not None
        try:
            for line in program.stderr:
                if found := re.match(r"first paint after ([\d.]+) CPU s", line):
                    return float(found[1])
            raise AssertionError("the window was never painted")
        finally:
            program.send_signal(signal.SIGTERM)


def test_the_window_is_there_soon() -> None:
    measured: list[float] = []
    for _ in range(TRIES):
        measured.append(first_paint())
        if measured[-1] <= (BUSY if os.getloadavg()[0] > 1 else ALLOWED) * slowness():
            return
    raise AssertionError(measured, slowness())
