"""Workflow files on disk: read strictly, saved so that the old file or the new one is always whole."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path

from app.adapters import backups
from app.adapters.atomic_files import replace_file
from app.adapters.file_problems import cannot_open, cannot_save
from app.document import json_codec, key_scan
from app.document.format import FORMAT_VERSION, MAX_BYTES
from app.document.problem import Argument, Problem, ProblemError
from app.document.workflow import Workflow
from app.settings import Folders


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a file was when we last read or wrote it; saving compares, so that no other's work is lost."""

    sha256: str
    version: int = FORMAT_VERSION


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A workflow from a file. `newer`: look, but save under another name. See `json_codec.Loaded`."""

    workflow: Workflow
    stamp: Stamp
    newer: bool = False
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """The stamp for the next save, and what went less than well though the file is saved."""

    stamp: Stamp
    warnings: tuple[Problem, ...] = ()


def read_file(path: Path) -> OpenFile:
    """Raises ProblemError `file.*` with the file's name, and the line or path of what is wrong."""
    try:
        data = _read(path, MAX_BYTES + 1)
    except OSError as error:
        raise cannot_open(error, path) from error
    loaded = json_codec.read(data)
    return OpenFile(loaded.workflow, _stamp(data, loaded.version), loaded.newer, loaded.warnings)


def save_file(path: Path, workflow: Workflow, stamp: Stamp | None, where: Folders) -> Saved:
    """Saves and keeps the former version under `Folders.state`. With the content unchanged nothing is written.

    `stamp` is that of the last read or save of this path; None overwrites whatever is there (a new
    file, "save as" after the question, "overwrite" after `file.changed_elsewhere`).
    Raises ProblemError, and then the file on disk is as it was: `file.looks_like_key` with node and field,
    `changed_elsewhere`, `newer_read_only`, `no_room`, `may_not_write`, …
    """
    if keys := key_scan.refusals(workflow):
        raise ProblemError(*keys)
    data = json_codec.write(workflow)
    json_codec.read(data)  # nothing is ever saved that could not be opened again
    try:
        former = _read(path)
    except FileNotFoundError:
        former = None
    except OSError as error:
        raise cannot_save(error, path) from error
    if former == data:
        return Saved(_stamp(data))
    if stamp is not None and former is not None:
        _check_unchanged(path, stamp, former)
    warnings = _keep(where, path, former, stamp) if former is not None else ()
    try:
        replace_file(path, data)
    except OSError as error:
        raise cannot_save(error, path) from error
    return Saved(_stamp(data), warnings)


def changed_elsewhere(path: Path, stamp: Stamp) -> bool:
    """Whether another program has written the file since; asked when a window comes to the front."""
    try:
        data = _read(path)
    except OSError:
        return False
    return _stamp(data).sha256 != stamp.sha256


def _read(path: Path, most: int = -1) -> bytes:
    """The file's content, `most` bytes of it. Raises OSError, also for what is no file (a folder, a pipe)."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL, "not a file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(descriptor)


def _check_unchanged(path: Path, stamp: Stamp, former: bytes) -> None:
    if _stamp(former).sha256 != stamp.sha256:
        raise ProblemError(Problem("file.changed_elsewhere", args=_where(path)))
    if stamp.version > FORMAT_VERSION:
        raise ProblemError(Problem("file.newer_read_only", args={**_where(path), "version": stamp.version}))


def _keep(where: Folders, path: Path, former: bytes, stamp: Stamp | None) -> tuple[Problem, ...]:
    """Keeps the former version. Where that fails the person's save is worth more than its backup,
    unless it would also turn a file of an older format into one of today's.
    """
    try:
        backups.keep(where, path, former)
    except OSError as error:
        problem = Problem(
            "file.no_backup",
            args={**_where(path), "reason": error.strerror or str(error), "place": str(where.state)},
            severity="warning",
        )
        if stamp is not None and stamp.version < FORMAT_VERSION:
            raise ProblemError(replace(problem, severity="error")) from error
        return (problem,)
    return ()


def _stamp(data: bytes, version: int = FORMAT_VERSION) -> Stamp:
    return Stamp(hashlib.sha256(data).hexdigest(), version)


def _where(path: Path) -> dict[str, Argument]:
    return {"name": path.name, "folder": str(path.parent)}
