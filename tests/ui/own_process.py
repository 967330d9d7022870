"""Programs with windows of their own, ended by themselves: how a process of Qt ends can't be seen from inside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def ended(program: str) -> tuple[int, str, str]:
    """The exit code of a text of Python, and what it said."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr
