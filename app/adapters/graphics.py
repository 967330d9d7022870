"""Which graphics processors this machine shows; reads files only, starts nothing."""

from __future__ import annotations

import contextlib
import platform
import sys
from pathlib import Path

_NVIDIA = Path("/proc/driver/nvidia/gpus")
_CARDS = Path("/sys/class/drm")
_VENDORS = {"0x10de": "NVIDIA", "0x1002": "AMD", "0x8086": "Intel"}


def graphics_seen() -> tuple[str, ...]:
    """Names of graphics processors, best known first; empty where none is seen or the system doesn't say."""
    if sys.platform == "darwin":
        return ("Apple",) if platform.machine() == "arm64" else ()
    return (*_nvidia(), *_cards()) if sys.platform == "linux" else ()


def _nvidia() -> list[str]:
    found: list[str] = []
    with contextlib.suppress(OSError):
        for folder in sorted(_NVIDIA.iterdir()):
            lines = (folder / "information").read_text("utf-8").splitlines()
            found += [line.partition(":")[2].strip() for line in lines if line.startswith("Model:")]
    return found


def _cards() -> list[str]:
    found: list[str] = []
    with contextlib.suppress(OSError):
        for card in sorted(_CARDS.glob("card[0-9]")):
            vendor = (card / "device" / "vendor").read_text("utf-8").strip()
            name = _VENDORS.get(vendor)
            if name and name != "NVIDIA":
                found.append(name)
    return found
