"""Replacing a file so that a reader sees the old one or the new one, whatever happens in between."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import time
from pathlib import Path

_PREFIX, _ENDING = ".baton-", ".tmp"
_LEFT_BEHIND = 600  # seconds after which a temporary file belongs to nobody


def replace_file(path: Path, data: bytes) -> None:
    """Writes beside it, syncs, renames, syncs the folder; a link stays a link, the mode stays.

    Raises OSError, and then the old file is as it was.
    """
    path = Path(os.path.realpath(path))
    _clear_leftovers(path.parent)
    temporary = path.with_name(f"{_PREFIX}{secrets.token_hex(6)}{_ENDING}")
    try:
        _write(temporary, data, _mode_of(path))
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def _write(path: Path, data: bytes, mode: int | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o666), "wb") as file:  # 0o666: what the person's umask leaves
        file.write(data)
        file.flush()
        if mode is not None and os.name == "posix":
            os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())


def _mode_of(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None


def sync_folder(folder: Path) -> None:
    """So that a rename in it survives a power cut. Windows has no such call; some file systems refuse it."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _clear_leftovers(folder: Path) -> None:
    """Removes temporary files of writers that were killed."""
    with contextlib.suppress(OSError):
        for left in folder.glob(f"{_PREFIX}*{_ENDING}"):
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > _LEFT_BEHIND:
                    left.unlink()
