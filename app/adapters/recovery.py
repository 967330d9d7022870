"""Recovery copies: what a window had not saved yet, found again after a crash."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.adapters import process_lock
from app.adapters.atomic_files import replace_file
from app.document import json_codec, key_scan
from app.document.file_writer import to_plain
from app.document.ids import new_id
from app.document.problem import ProblemError
from app.document.workflow import Workflow
from app.settings import Folders


@dataclass(frozen=True, slots=True)
class Recovery:
    """Unsaved work that some window left behind. `path`: the file it had open, None if never saved.

    `own`: it was made here, so it needs no review. `sha256`: the content of its file when it was last
    read or written, "" where that isn't known.
    """

    key: str
    path: Path | None
    at: str  # ISO 8601 with zone
    workflow: Workflow
    own: bool = False
    sha256: str = ""


class RecoveryCopy:
    """One window's copy, by a key of its own; as long as the window lives nobody else is offered it."""

    def __init__(self, where: Folders) -> None:
        """Raises OSError where this profile can't keep copies."""
        self.key = new_id(length=12)
        self._where = where
        self._lock = process_lock.take(_lock_path(where, self.key), {"pid": str(os.getpid())})

    def write(self, path: Path | None, workflow: Workflow, *, own: bool = False, sha256: str = "") -> None:
        """Replaces the copy. Texts that look like keys are left out of it. Raises OSError, ProblemError."""
        content = json_codec.write_plain(key_scan.without_keys(to_plain(workflow)))
        about = {
            "path": None if path is None else str(path.absolute()),
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "own": "yes" if own else "",
            "sha256": sha256,
            "workflow": content.decode(),
        }
        target = _copy_path(self._where, self.key)
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, json.dumps(about, ensure_ascii=False).encode())

    def discard(self) -> None:
        """Everything is saved, or the person wants none of it: no copy until the next `write`."""
        _remove(_copy_path(self._where, self.key))

    def close(self) -> None:
        """The window closes in good order."""
        self.discard()
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def list_recoveries(where: Folders) -> tuple[Recovery, ...]:
    """The copies of windows that ended without closing, the newest first; what can't be read is left out."""
    found = [
        _load(path) for path in (where.state / "recovery").glob("*.json") if not _in_use(where, path.stem)
    ]
    return tuple(sorted((recovery for recovery in found if recovery), key=lambda r: r.at, reverse=True))


def discard_recovery(where: Folders, key: str) -> None:
    """The copy was taken over or is not wanted."""
    _remove(_copy_path(where, key))


def _in_use(where: Folders, key: str) -> bool:
    try:
        lock = process_lock.take(_lock_path(where, key), {})
    except OSError:
        return True
    if lock is None:
        return True
    lock.release()
    return False


def _load(path: Path) -> Recovery | None:
    try:
        match json.loads(path.read_text("utf-8")):
            case {"path": str() | None as opened, "at": str() as at, "workflow": str() as content, **rest}:
                workflow = json_codec.read(content.encode()).workflow
                own, sha256 = rest.get("own") == "yes", str(rest.get("sha256", ""))
                return Recovery(path.stem, Path(opened) if opened else None, at, workflow, own, sha256)
            case _:
                return None
    except (OSError, ValueError, RecursionError, ProblemError):
        return None


def _copy_path(where: Folders, key: str) -> Path:
    return where.state / "recovery" / f"{key}.json"


def _lock_path(where: Folders, key: str) -> Path:
    return where.state / "recovery" / f"{key}.lock"


def _remove(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
