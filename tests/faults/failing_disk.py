"""A disk that fails when it is told to, for programs that a test starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.faults.preloaded import preloaded


def failing_disk_in(folder: Path) -> Mapping[str, str]:
    """The environment of a program whose disk does what its control file says (`failing_disk.c`); skips the test where
    that can't be made.
    """
    return {"LD_PRELOAD": preloaded("failing_disk", folder), "FAILING_DISK": str(folder / "control")}
