"""One window for a profile: a second start hands its files to the window that is there, and ends."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QEvent, QLockFile, QObject
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication, QWidget

_PATIENCE = 5.0  # seconds that the window that is there has to answer in
_LONGEST = 64_000  # bytes of what another start may say
_MOST_FILES = 20
_TAKEN = b"taken\n"
_LONGEST_NAME = 80  # bytes of a socket's path, of 104 on macOS and 108 on Linux


class SingleWindow(QObject):
    """Whoever holds the lock of a profile is its window; others speak to it by a socket that only this person can open.

    A lock whose process is gone is taken over. A window that doesn't answer is left alone: the second start then
    opens a window of its own, since somebody waits for one.
    """

    def __init__(self, state: Path) -> None:
        super().__init__()
        self._lock = _lock(state)
        self._name = address(state)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._receive: Callable[[Sequence[Path]], object] = _nobody
        self._server.newConnection.connect(self._greet)

    def hand_over(self, files: Sequence[str]) -> bool:
        """Whether another window has taken the files; with none it comes to the front."""
        end = time.monotonic() + _PATIENCE
        while not self._lock.tryLock(0):
            if _is_ours(self._name) and self._tell(files):
                return True
            if time.monotonic() > end:
                return False
            time.sleep(0.05)  # it may be about to open
        return False

    def _tell(self, files: Sequence[str]) -> bool:
        _let_others_to_the_front()
        said = json.dumps([str(Path(file).absolute()) for file in files[:_MOST_FILES]]).encode() + b"\n"
        patience = int(_PATIENCE * 1000)
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(patience):
            return False
        socket.write(said)
        while not socket.canReadLine():
            if not socket.waitForReadyRead(patience):
                return False
        return bytes(socket.readLine().data()) == _TAKEN

    def serve(self, receive: Callable[[Sequence[Path]], object]) -> None:
        """From now on other starts are heard: `receive` is called with their files."""
        self._receive = receive
        if self._lock.isLocked():
            QLocalServer.removeServer(self._name)  # what a killed window left
            self._server.listen(self._name)

    def end(self) -> None:
        """The next start is the window."""
        self._server.close()
        self._lock.unlock()

    def _greet(self) -> None:
        while self._server.hasPendingConnections():
            other = self._server.nextPendingConnection()
            other.readyRead.connect(lambda other=other: self._hear(other))
            other.disconnected.connect(other.deleteLater)
            self._hear(other)

    def _hear(self, other: QLocalSocket) -> None:
        if not other.canReadLine():
            if other.bytesAvailable() > _LONGEST:
                other.abort()
            return
        files = _files_in(bytes(other.readLine(_LONGEST).data()))
        if files is None:
            other.abort()
            return
        other.write(_TAKEN)
        other.flush()
        self._receive(files)


def address(state: Path) -> str:
    """The socket's name: in the profile, or where its path would be longer than a socket's may be, among those of
    this person's session. Windows has names instead of places.
    """
    name = f"baton-{hashlib.sha256(os.fsencode(state.absolute())).hexdigest()[:16]}"
    if sys.platform == "win32":
        return name
    session = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    inside = str(state.absolute() / "window.socket")
    # Qt makes it under a longer name first.
    return inside if len(os.fsencode(inside)) < _LONGEST_NAME else str(Path(session) / name)


def _is_ours(name: str) -> bool:
    """Whether this person made the socket: nobody else learns which files are opened."""
    try:
        return sys.platform == "win32" or Path(name).lstat().st_uid == os.getuid()
    except OSError:
        return False


def _lock(state: Path) -> QLockFile:
    state.mkdir(parents=True, exist_ok=True)
    lock = QLockFile(str(state / "window.lock"))
    lock.setStaleLockTime(0)  # however old: only a process that is gone gives it free
    return lock


def _files_in(line: bytes) -> list[Path] | None:
    """What another start said; None for anything else than a short list of whole paths."""
    try:
        said: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, list) or len(cast("list[Any]", said)) > _MOST_FILES:
        return None
    texts = [one for one in cast("list[Any]", said) if isinstance(one, str)]
    paths = [Path(one) for one in texts if "\0" not in one]
    return (
        paths if len(paths) == len(cast("list[Any]", said)) and all(p.is_absolute() for p in paths) else None
    )


def _let_others_to_the_front() -> None:
    """Windows lets only the process in front say who comes next."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.AllowSetForegroundWindow(-1)


def _nobody(_files: Sequence[Path]) -> None:
    """Nothing is open yet."""


class FilesFromSystem(QObject):
    """macOS hands over a file that was double-clicked, or dragged onto the icon, as an event."""

    def __init__(self, window: QWidget, receive: Callable[[Sequence[Path]], object]) -> None:
        super().__init__(window)
        self._receive = receive
        if sys.platform == "darwin" and (app := QApplication.instance()):
            app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FileOpen and (file := cast("QFileOpenEvent", event).file()):
            self._receive([Path(file)])
            return True
        return super().eventFilter(watched, event)
