"""A disk that fails when it is told to, for programs that a test starts."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest


def failing_disk_in(folder: Path) -> Mapping[str, str]:
    """The environment of a program whose disk does what its control file says (`failing_disk.c`); skips the test where
    that can't be made.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no compiler here")
    source = Path(__file__).with_name("failing_disk.c")
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-o", folder / "disk.so", source, "-ldl"], check=True, timeout=60
    )
    return {"LD_PRELOAD": str(folder / "disk.so"), "FAILING_DISK": str(folder / "control")}
