"""Libraries in C that are put before a program which a test starts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def preloaded(name: str, folder: Path) -> str:
    """What LD_PRELOAD must say for `name`.c, which lies beside this; skips the test where nobody can compile it."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no compiler here")
    source, made = Path(__file__).with_name(f"{name}.c"), folder / f"{name}.so"
    command = [compiler, "-shared", "-fPIC", "-o", made, source, "-ldl", "-lpthread"]
    subprocess.run(command, check=True, timeout=60)
    return str(made)
