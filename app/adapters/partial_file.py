"""A file that is being downloaded: what has come so far, and what has to be known to go on with it another day."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from app.adapters import process_lock
from app.adapters.atomic_files import sync_folder
from app.adapters.process_lock import ProcessLock
from app.events.json_codec import json_of, record_of
from app.sdk.file_names import is_clean
from app.settings import write_atomically

PIECE = 4 * 2**20  # bytes read at a time for a digest


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person agreed to: the file at `url`, as `name`, of this size and SHA-256 as far as known, over these
    hosts. `validator` is the version that the bytes so far belong to.
    """

    url: str
    name: str
    size: int | None = None
    digest: str = ""
    hosts: tuple[str, ...] = ()
    validator: str = ""


class PartialFile:
    """Lies in a folder of its own until it is whole, checked and moved. Everything here waits for the disk."""

    def __init__(self, folder: Path, wanted: Wanted) -> None:
        self._folder = folder
        self.wanted = wanted
        self.path = folder / f"{wanted.name}.part"
        self._notes = folder / f"{wanted.name}.json"
        self._lock: ProcessLock | None = None

    @property
    def size(self) -> int:
        """How much has come."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    @property
    def is_elsewhere(self) -> bool:
        """Whether another process works at it."""
        return self._lock is None and process_lock.is_held(self._lock_path)

    def take(self) -> bool:
        """Makes it ours, until `let_go`; False where another process has it. Raises OSError."""
        if self._lock is None:
            self._lock = process_lock.take(self._lock_path, {"pid": str(os.getpid())})
        return self._lock is not None

    def let_go(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def note(self, **changes: Any) -> None:
        """Writes down what has to be known. Raises OSError."""
        self.wanted = replace(self.wanted, **changes)
        write_atomically(self._notes, json_of(self.wanted))

    def append(self, data: bytes) -> None:
        """Raises OSError."""
        with self.path.open("ab") as file:
            file.write(data)

    def begin_anew(self) -> None:
        """Nothing of what has come can be used. Raises OSError."""
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()

    def free(self) -> int:
        """Bytes that the disk has left. Raises OSError."""
        return shutil.disk_usage(self._folder).free

    def digest(self, heard: Callable[[int], object]) -> str:
        """The SHA-256 of what has come; `heard` is told how many bytes are through. Raises OSError."""
        return digest_of(self.path, heard)

    def put(self, target: Path) -> None:
        """Moves it to where it belongs, never over another file. Raises FileExistsError, OSError."""
        with self.path.open("rb+") as file:
            os.fsync(file.fileno())
        try:
            os.link(self.path, target)  # fails where something is there, whoever put it there meanwhile
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if target.exists():
                raise FileExistsError(target) from None
            self.path.rename(target)
        sync_folder(target.parent)
        self.discard()

    def discard(self) -> None:
        """Leaves nothing behind but what was put in place."""
        for path in (self.path, self._notes):
            with contextlib.suppress(OSError):
                path.unlink()

    @property
    def _lock_path(self) -> Path:
        return self._folder / f"{self.wanted.name}.lock"


def unfinished(folder: Path) -> list[PartialFile]:
    """The downloads that have begun and are not through."""
    found: list[PartialFile] = []
    for path in sorted(folder.glob("*.json")):
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            wanted = cast("Wanted", record_of(json.loads(path.read_text("utf-8")), Wanted))
            # A file beside our own is no reason to write somewhere else.
            if is_clean(wanted.name) and wanted.name == path.stem:
                found.append(PartialFile(folder, wanted))
    return found


def digest_of(path: Path, heard: Callable[[int], object]) -> str:
    """The SHA-256 of a file, told piece by piece; `heard` may raise to end it. Raises OSError."""
    digest, through = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            through += len(piece)
            heard(through)
    return digest.hexdigest()
