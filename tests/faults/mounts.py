"""Disks of one's own: a command that runs another one where it may mount what nobody else sees."""

from __future__ import annotations

import shutil
import subprocess

import pytest


def own_mounts() -> tuple[str, ...]:
    """The command, to be put before the other one; skips the test where that isn't allowed."""
    command = ("unshare", "--map-root-user", "--mount", "--propagation", "private")
    if (
        shutil.which("unshare") is None
        or subprocess.run([*command, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no mounts of one's own here")
    return command
