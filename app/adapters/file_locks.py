"""Who has a workflow file open: a second window on the same file is told, never surprised."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path

from app.adapters import process_lock
from app.adapters.process_lock import ProcessLock
from app.document.problem import Problem, ProblemError
from app.settings import Folders


def lock_file(where: Folders, path: Path) -> ProcessLock | None:
    """Taken when a window opens a file, released when it closes it.

    Raises ProblemError `file.open_elsewhere` (args: name, since) while another window, of this
    process or another one, holds it. None where this profile can't keep locks: then nobody is told.
    """
    lock = where.state / "locks" / f"{file_key(path)}.lock"
    now = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    try:
        taken = process_lock.take(lock, {"pid": str(os.getpid()), "since": now, "path": str(path)})
    except OSError:
        return None
    if taken is None:
        since = process_lock.holder_of(lock).get("since", "")
        raise ProblemError(Problem("file.open_elsewhere", args={"name": path.name, "since": since}))
    return taken


def file_key(path: Path) -> str:
    """The same short name for every way to write the path of one file."""
    real = os.path.normcase(os.path.realpath(path))
    return hashlib.sha256(os.fsencode(real)).hexdigest()[:24]
