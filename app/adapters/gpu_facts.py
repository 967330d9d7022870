"""Which graphics processors this machine has and how much memory they have: the answers of each maker's own program.

What `nvidia-smi` and `system_profiler` print and what the amdgpu driver keeps in its files is read here and nowhere
else; tests read recorded answers.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

from app.adapters.machine_facts import GpuFacts

# Runs a program and gives what it printed; None where it isn't there, fails, or takes too long.
Ask: TypeAlias = Callable[[Sequence[str]], Awaitable[str | None]]

NVIDIA = ("nvidia-smi", "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits")
APPLE = ("system_profiler", "SPDisplaysDataType", "-json")
_CARDS = Path("/sys/class/drm")
_AMD, _INTEL = "0x1002", "0x8086"
_MIB = 2**20
# The part of a Mac's memory that its graphics processor may use: what Metal recommends at most.
_SHARED = 0.7


async def gpu_facts(
    ask: Ask, memory: int, *, platform: str = sys.platform, cards: Path = _CARDS
) -> tuple[GpuFacts, ...]:
    """The most roomy one first; `memory` is the machine's own, which some of them share. Nothing found: empty."""
    if platform == "darwin":
        found = apple(await ask(APPLE) or "", memory)
    else:
        found = [*nvidia(await ask(NVIDIA) or ""), *(cards_seen(cards) if platform == "linux" else ())]
    return tuple(sorted(found, key=lambda gpu: -(gpu.memory or 0)))


def nvidia(printed: str) -> list[GpuFacts]:
    """A line for each: name, MiB there are, MiB that are free. A part that a processor can't say is `[N/A]`."""
    found: list[GpuFacts] = []
    for line in printed.splitlines():
        parts = [part.strip() for part in line.rsplit(",", 2)]
        if len(parts) == 3 and parts[0]:
            found.append(GpuFacts(parts[0], "nvidia", _mib(parts[1]), _mib(parts[2])))
    return found


def cards_seen(cards: Path) -> list[GpuFacts]:
    """AMD's cards, with the memory that the amdgpu driver says of each, and Intel's, which share the machine's."""
    found: list[GpuFacts] = []
    for folder in sorted(cards.glob("card[0-9]")):
        device = folder / "device"
        vendor = _line(device / "vendor")
        if vendor == _INTEL:
            found.append(GpuFacts("Intel", "other", shares_memory=True))
        elif vendor == _AMD:
            total, used = _bytes(device / "mem_info_vram_total"), _bytes(device / "mem_info_vram_used")
            free = None if total is None or used is None else max(0, total - used)
            found.append(GpuFacts(_line(device / "product_name") or "AMD Radeon", "amd", total, free))
    return found


def apple(printed: str, memory: int) -> list[GpuFacts]:
    """Apple's own processors share the machine's memory; others in a Mac are of no use to the engine."""
    try:
        answer: Any = json.loads(printed)
        rows = cast("list[dict[str, Any]]", answer["SPDisplaysDataType"])
        names = [str(row["sppci_model"]) for row in rows if "Apple" in str(row.get("spdisplays_vendor", ""))]
    except (ValueError, LookupError, TypeError, AttributeError):
        return []
    return [GpuFacts(name, "apple", int(memory * _SHARED), shares_memory=True) for name in names]


def _mib(text: str) -> int | None:
    return int(text) * _MIB if text.isascii() and text.isdecimal() else None


def _bytes(path: Path) -> int | None:
    text = _line(path)
    return int(text) if text.isascii() and text.isdecimal() else None


def _line(path: Path) -> str:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return path.read_text("utf-8").strip()
    return ""
