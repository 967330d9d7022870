"""What the system says when a file can't be opened or saved, as a Problem."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path

from app.document.problem import Problem, ProblemError

_OPENING: Mapping[int, str] = {
    errno.ENOENT: "not_found",
    errno.ENOTDIR: "not_found",
    errno.EISDIR: "is_folder",
    errno.EACCES: "may_not_read",
    errno.EPERM: "may_not_read",
}
_SAVING: Mapping[int, str] = {
    errno.ENOSPC: "no_room",
    errno.EDQUOT: "no_room",
    errno.EFBIG: "no_room",
    errno.EROFS: "read_only_disk",
    errno.EACCES: "may_not_write",
    errno.EPERM: "may_not_write",
    errno.ENOENT: "folder_missing",
    errno.ENOTDIR: "folder_missing",
    errno.EISDIR: "is_folder",
    errno.ENAMETOOLONG: "name_too_long",
}


def cannot_open(error: OSError, path: Path) -> ProblemError:
    """`file.not_found`, `is_folder`, `may_not_read`, else `cannot_open` with the system's reason."""
    return _problem(_OPENING.get(error.errno or 0, "cannot_open"), error, path)


def cannot_save(error: OSError, path: Path) -> ProblemError:
    """`file.no_room`, `read_only_disk`, `may_not_write`, …, else `cannot_save` with the system's reason."""
    return _problem(_SAVING.get(error.errno or 0, "cannot_save"), error, path)


def _problem(code: str, error: OSError, path: Path) -> ProblemError:
    args = {"name": path.name, "folder": str(path.parent), "reason": error.strerror or str(error)}
    return ProblemError(Problem(f"file.{code}", args=args))
