"""Opening and writing files so that neither a link nor a race leads out of what was granted."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import BinaryIO, Literal

from app.sdk.errors import NodeError
from app.sdk.file_names import is_clean

_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"))
# A named pipe would keep us waiting for its other end.
_READ = os.O_RDONLY | _FLAGS | getattr(os, "O_NONBLOCK", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _FLAGS
_CODES = {
    errno.ENOENT: "file.missing",
    errno.ENOTDIR: "file.missing",
    errno.EISDIR: "file.not_readable",
    errno.ELOOP: "file.not_granted",
    errno.EMLINK: "file.not_granted",
    errno.EEXIST: "file.exists",
    errno.ENOSPC: "file.disk_full",
    errno.EDQUOT: "file.disk_full",
    errno.EFBIG: "file.disk_full",
    errno.ENAMETOOLONG: "file.name_not_allowed",
}
_numbers = count()

Granted = Callable[[Path], bool]


@contextmanager
def open_granted(path: Path, granted: Granted) -> Generator[BinaryIO]:
    """An ordinary file, open for reading. `path` is resolved. Raises NodeError `file.*`."""
    if not granted(path):
        raise NodeError("file.not_granted", path=str(path))
    with as_file_errors(path, "file.not_readable"):
        handle = os.open(path, _READ)
    with _checked(handle, path, "rb") as file:
        yield file


def write_granted(path: Path, data: Callable[[BinaryIO], object], granted: Granted, *, replace: bool) -> None:
    """Writes a file whole or not at all; missing folders within the grant are made. Raises NodeError `file.*`."""
    _check_place(path, granted)
    temporary = path.with_name(f".{path.name[:60]}.{os.getpid()}.{next(_numbers)}.tmp")
    with as_file_errors(path, "file.not_writable"):
        if path.exists() and not replace:
            raise NodeError("file.exists", path=str(path))
        try:
            with os.fdopen(os.open(temporary, _CREATE, 0o666), "wb") as file:
                data(file)
                file.flush()
                os.fsync(file.fileno())
            _put(temporary, path, replace=replace)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()


def append_granted(path: Path, data: bytes, granted: Granted) -> None:
    """Adds to the end of a file in one write, making it where it is missing. Raises NodeError `file.*`."""
    _check_place(path, granted)
    begun = False
    try:
        with (
            as_file_errors(path, "file.not_writable"),
            _checked(os.open(path, _APPEND, 0o666), path, "ab") as file,
        ):
            begun = True
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except NodeError as error:
        error.is_open = begun  # a part may be there
        raise


@contextmanager
def as_file_errors(path: Path, otherwise: str) -> Generator[None]:
    """A block whose system errors come out as NodeError `file.*`."""
    try:
        yield
    except OSError as error:
        code = _CODES.get(error.errno or 0, otherwise)
        detail = error.strerror or type(error).__name__
        raise NodeError(code, path=str(path), name=path.name, detail=detail) from error


def _check_place(path: Path, granted: Granted) -> None:
    if not granted(path):
        raise NodeError("file.not_granted", path=str(path))
    if not is_clean(path.name):
        raise NodeError("file.name_not_allowed", path=str(path), name=path.name)
    with as_file_errors(path, "file.not_writable"):
        path.parent.mkdir(parents=True, exist_ok=True)
    # A folder may have been swapped for a link since the path was resolved.
    if path.parent.resolve() != path.parent:
        raise NodeError("file.not_granted", path=str(path))


def _checked(handle: int, path: Path, mode: Literal["rb", "ab"]) -> BinaryIO:
    try:
        _compare(handle, path)
        return os.fdopen(handle, mode)
    except BaseException:
        os.close(handle)
        raise


def _compare(handle: int, path: Path) -> None:
    """What was opened is an ordinary file, and still the one that the path leads to."""
    opened = os.fstat(handle)
    if not stat.S_ISREG(opened.st_mode):
        raise NodeError("file.not_readable", path=str(path))
    with as_file_errors(path, "file.not_readable"):
        now = path.resolve(strict=True).stat()
    if path.resolve() != path or (opened.st_dev, opened.st_ino) != (now.st_dev, now.st_ino):
        raise NodeError("file.not_granted", path=str(path))


def _put(temporary: Path, path: Path, *, replace: bool) -> None:
    if replace:
        temporary.replace(path)
        return
    try:
        os.link(temporary, path)  # fails where something is there, whoever put it there in the meantime
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        temporary.rename(path)
