"""The rows of a long CSV or JSON Lines file as a list that is read from the disk while it is gone through."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from app.adapters.journal_codec import leave_reference
from app.adapters.safe_files import as_file_errors, open_granted
from app.adapters.tables import read_rows
from app.document.workflow import JsonObject
from app.sdk.context import Row
from app.sdk.data_types import LazyList, Value
from app.sdk.errors import NodeError

FEW = 1000  # rows that are a plain list
KIND = "file_rows"

Opening: TypeAlias = Callable[[Path], AbstractContextManager[BinaryIO]]
Stamp: TypeAlias = tuple[int, int]  # size in bytes, time of the last change in nanoseconds


class FileRows(LazyList):
    """The first `count` rows of a file as it was when `digest` was taken.

    Whoever goes through it gets NodeError `file.changed` where the file is another by now, and `file.*` as
    `app.adapters.tables.read_rows`.
    """

    def __init__(self, path: Path, count: int, digest: str, stamp: Stamp, opening: Opening) -> None:
        self._path = path
        self._count = count
        self._digest = digest
        self._stamp = stamp
        self._opening = opening

    @property
    def digest(self) -> str:
        return self._digest

    def reference(self) -> JsonObject:
        return {
            "kind": KIND,
            "path": str(self._path),
            "count": self._count,
            "digest": self._digest,
            "stamp": list(self._stamp),
        }

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Any]:
        with self._opening(self._path) as file, as_file_errors(self._path, "file.not_readable"):
            self._check(file)
            yield from islice(read_rows(file, str(self._path)), self._count)
            self._check(file)

    def _check(self, file: BinaryIO) -> None:
        if _stamp(file) != self._stamp:
            raise NodeError("file.changed", path=str(self._path), name=self._path.name)


def rows_of_file(path: Path, most: int | None, opening: Opening) -> Sequence[Row]:
    """At most `most` rows, from one pass through the file: a list of few, a FileRows of many. Raises as both."""
    few: list[Row] = []
    count, digest = 0, hashlib.sha256()
    with opening(path) as file, as_file_errors(path, "file.not_readable"):
        stamp = _stamp(file)
        for row in islice(read_rows(file, str(path)), most):
            count += 1
            if count <= FEW:
                few.append(row)
            digest.update(json.dumps(row, sort_keys=True).encode() + b"\n")
    return few if count <= FEW else FileRows(path, count, digest.hexdigest(), stamp, opening)


def rows_of_reference(reference: JsonObject) -> FileRows:
    """What `FileRows.reference` was taken of. Raises ValueError, TypeError or KeyError where it isn't one."""
    path, (size, changed) = Path(str(reference["path"])), _numbers(reference["stamp"])
    (count,) = _numbers([reference["count"]])
    # It was granted when it was written down; nothing else can be read by it.
    return FileRows(
        path, count, str(reference["digest"]), (size, changed), lambda place: open_granted(place, path.__eq__)
    )


def restored(reference: JsonObject) -> Value:
    """A long list as the journal finds it again; a kind that nobody knows stays a reference."""
    return rows_of_reference(reference) if reference.get("kind") == KIND else leave_reference(reference)


def _numbers(values: Any) -> list[int]:
    return [int(value) for value in values]


def _stamp(file: BinaryIO) -> Stamp:
    state = os.fstat(file.fileno())
    return state.st_size, state.st_mtime_ns
