"""How much memory the machine has, and how much of it programs could take now; reads what the system says of itself."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

_PROC = Path("/proc")
_GROUPS = Path("/sys/fs/cgroup")


def machine_memory(proc: Path = _PROC, groups: Path = _GROUPS) -> tuple[int, int]:
    """Bytes there are, and bytes that are free or could be at once. (0, 0) where the system doesn't say."""
    if sys.platform == "linux":
        return _linux(proc, groups)
    return _windows() if sys.platform == "win32" else _mac()


def resident(pid: int, proc: Path = _PROC, *, files: bool = True) -> int | None:
    """Bytes of memory that a process takes now; None where the system doesn't say, or it has ended.

    Without `files` that are mapped, as a model's weights: the system counts the memory of these as free.
    """
    try:
        _, pages, of_files, *_ = map(int, (proc / str(pid) / "statm").read_text("ascii").split())
    except (OSError, ValueError):
        return None
    return (pages if files else pages - of_files) * os.sysconf("SC_PAGE_SIZE")


def _linux(proc: Path, groups: Path) -> tuple[int, int]:
    """In a container only what its group may take counts."""
    total = free = 0
    with contextlib.suppress(OSError, ValueError):
        for line in (proc / "meminfo").read_text("ascii").splitlines():
            name, _, rest = line.partition(":")
            if name == "MemTotal":
                total = int(rest.split()[0]) * 1024
            elif name == "MemAvailable":
                free = int(rest.split()[0]) * 1024
    with contextlib.suppress(OSError, ValueError):
        limit = int((groups / "memory.max").read_text("ascii"))  # "max" where there is none
        taken = int((groups / "memory.current").read_text("ascii")) - _given_back(groups)
        total, free = min(total, limit), min(free, max(0, limit - taken))
    return total, free


def _given_back(groups: Path) -> int:
    """Bytes of a group that only keep files at hand, and make room when somebody needs it."""
    for line in (groups / "memory.stat").read_text("ascii").splitlines():
        name, _, size = line.partition(" ")
        if name == "inactive_file":
            return int(size)
    return 0


if sys.platform == "win32":
    import ctypes

    class _Status(ctypes.Structure):
        """MEMORYSTATUSEX of the Windows API."""

        _fields_ = (
            ("dwLength", ctypes.c_ulong),
            ("dwMemoryLoad", ctypes.c_ulong),
            ("ullTotalPhys", ctypes.c_ulonglong),
            ("ullAvailPhys", ctypes.c_ulonglong),
            ("ullTotalPageFile", ctypes.c_ulonglong),
            ("ullAvailPageFile", ctypes.c_ulonglong),
            ("ullTotalVirtual", ctypes.c_ulonglong),
            ("ullAvailVirtual", ctypes.c_ulonglong),
            ("ullAvailExtendedVirtual", ctypes.c_ulonglong),
        )

    def _windows() -> tuple[int, int]:
        status = _Status()
        status.dwLength = ctypes.sizeof(status)
        if not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
            return 0, 0
        return int(status.ullTotalPhys), int(status.ullAvailPhys)

    def _mac() -> tuple[int, int]:
        return 0, 0

else:

    def _windows() -> tuple[int, int]:
        return 0, 0

    def _mac() -> tuple[int, int]:
        """macOS tells what is free only to who starts a program for it: a half is taken as free, as it gives way."""
        with contextlib.suppress(ValueError, OSError):
            total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
            return total, total // 2
        return 0, 0
