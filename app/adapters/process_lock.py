"""A lock that one process holds and loses with its life, on Linux, macOS and Windows."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast

PATIENCE = 10.0  # seconds: who is inside writes one small file
_TRY_EVERY = 0.005  # seconds
_FAR = 1 << 30  # Windows locks bytes against reading too, so one beyond the content


class ProcessLock:
    """Held until `release` or the end of the process, a kill included: the system lets go of it.

    That is why no lock can be stale and nobody has to guess whether a process still lives.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Lets go; a second time does nothing."""
        if self._descriptor is None:
            return
        # Away before open: whoever opened the file meanwhile sees that it isn't the one at the path any more.
        if os.name == "posix":
            with contextlib.suppress(OSError):
                self._path.unlink()
        os.close(self._descriptor)
        self._descriptor = None
        if os.name != "posix":
            with contextlib.suppress(OSError):
                self._path.unlink()


def take(path: Path, holder: Mapping[str, str]) -> ProcessLock | None:
    """The lock at this path, with words about the holder for others; None where somebody has it.

    Raises OSError where the file can't be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not lock(descriptor):
                os.close(descriptor)
                return None
            if _is_at(path, descriptor):
                os.ftruncate(descriptor, 0)
                os.write(descriptor, json.dumps(dict(holder)).encode())
                return ProcessLock(path, descriptor)
        except BaseException:
            with contextlib.suppress(OSError):
                os.close(descriptor)
            raise
        os.close(descriptor)  # its last holder has just removed it: try the next one


@contextmanager
def alone(path: Path, patience: float = PATIENCE) -> Generator[None]:
    """Inside, no other process is inside with this path. Raises OSError: the file can't be made, or another process
    stays inside for longer than `patience` seconds.
    """
    until = time.monotonic() + patience
    while (lock := take(path, {})) is None:
        if time.monotonic() > until:
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT), str(path))
        time.sleep(_TRY_EVERY)
    try:
        yield
    finally:
        lock.release()


def is_held(path: Path) -> bool:
    """Whether some process has it now; asking takes it from nobody. False where it can't be known."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return not lock(descriptor, shared=True)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def holder_of(path: Path) -> Mapping[str, str]:
    """The words about the holder; empty where they can't be read."""
    try:
        words: object = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return (
        {str(k): str(v) for k, v in cast("dict[object, object]", words).items()}
        if isinstance(words, dict)
        else {}
    )


def lock(descriptor: int, *, shared: bool = False) -> bool:
    """Takes the lock of an open file, where nobody has it. It goes with the process, or by `unlock`."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def unlock(descriptor: int) -> None:
    """The file stays open."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
