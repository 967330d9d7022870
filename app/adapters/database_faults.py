"""What SQLite and the system say when a database can't be used, as a JournalError."""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from pathlib import Path

from app.executor.journal import JournalError

_CODES = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_PERM: "read_only",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_PROTOCOL: "locked",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
}
_SYSTEM = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EFBIG: "full",
    errno.EROFS: "read_only",
    errno.EACCES: "read_only",
    errno.EPERM: "read_only",
}


class Damaged(sqlite3.DatabaseError):
    """A check found what reading alone had not met yet."""


class InTheWay(sqlite3.OperationalError):
    """Somebody reads what is to go: SQLite itself tells that by no error."""


def is_damage(error: BaseException) -> bool:
    return isinstance(error, sqlite3.Error) and _code(error) == "damaged"


def is_busy(error: BaseException) -> bool:
    return isinstance(error, sqlite3.Error) and _code(error) == "locked"


def journal_error(error: BaseException, path: Path) -> JournalError:
    """The same fault as `journal.<what>`; a JournalError stays what it is."""
    if isinstance(error, JournalError):
        return error
    if isinstance(error, OSError):
        code, reason = _SYSTEM.get(error.errno or 0, "broken"), error.strerror or str(error)
    elif isinstance(error, sqlite3.Error):
        code, reason = _code(error), str(error)
        if code == "broken":
            code, reason = _seen_by_the_system(path, reason)
    else:
        code, reason = "broken", f"{type(error).__name__}: {error}"
    told = JournalError(f"journal.{code}", str(path), reason)
    told.__cause__ = error
    return told


def _code(error: sqlite3.Error) -> str:
    if isinstance(error, Damaged):
        return "damaged"
    if isinstance(error, InTheWay):
        return "locked"
    return _CODES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "broken")


def _seen_by_the_system(path: Path, reason: str) -> tuple[str, str]:
    # SQLite says "disk I/O error" for a quota that is used up and for a file that may not grow, and "unable to open"
    # for a folder that may not be written to. A file beside it, as long as the longest of ours, meets the same.
    sizes = [0]
    for name in (path.name, f"{path.name}-wal"):
        try:
            sizes.append(path.with_name(name).stat().st_size)
        except OSError:
            continue
    try:
        with tempfile.TemporaryFile(dir=path.parent) as probe:
            os.lseek(probe.fileno(), max(sizes), os.SEEK_SET)
            os.write(probe.fileno(), b"x" * 8192)
            os.fsync(probe.fileno())
    except OSError as error:
        return _SYSTEM.get(error.errno or 0, "broken"), error.strerror or reason
    return "broken", reason
