"""Programs of others that tests talk to, from the registry by pip and its settings, each in a folder of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

from fetch_uv import find_pip  # in packaging/


def fetch(package: str, into: Path) -> None:
    """Raises OSError or SubprocessError where it can't be had."""
    how = ["-q", "--no-deps", "--no-compile", "--only-binary=:all:", "--target", str(into)]
    try:
        pip = find_pip()
    except SystemExit as none:
        raise OSError(none.code) from None
    subprocess.run([*pip, "install", *how, package], check=True, capture_output=True, timeout=240)
