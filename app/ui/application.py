"""The application: one event loop for Qt and asyncio, fonts, theme and language, and one window."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app.adapters import crash_reports
from app.adapters.system_recents import SystemRecents
from app.document.problem import Problem, ProblemError
from app.processes.children import own_command, start_again
from app.registry.discovery import discover
from app.settings import Folders, folders, load_preferences
from app.ui import fonts
from app.ui.dropped_files import DroppedFiles
from app.ui.engine_link import EngineLink
from app.ui.garbage import collect_on_this_thread
from app.ui.icons import app_icon
from app.ui.kept_preferences import KeptPreferences
from app.ui.main_window import MainWindow
from app.ui.single_window import FilesFromSystem, SingleWindow
from app.ui.viewing import apply_appearance
from app.ui.welcome.examples import starter_path


def run(files: Sequence[str]) -> int:
    """Opens the window, on a file where one is named; gives the exit code when it was closed."""
    import qasync

    where = folders()
    crash_reports.watch(where.logs, "window")
    app = make_application(where)
    single = SingleWindow(where.state)
    if single.hand_over(files):
        return 0
    preferences = KeptPreferences(where)
    apply_appearance(preferences)
    # A terminal's Ctrl+C ends the window at once; what wasn't saved is offered at the next start.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with loop:
        # qasync is only half typed.
        again = cast("Any", loop).run_until_complete(_show(preferences, files, single))
        delete_windows()
    single.end()
    if again is not None:
        start_again(again)
    return 0


def make_application(where: Folders) -> QApplication:
    """The QApplication with the program's name, icon, fonts and the person's scale."""
    scale = load_preferences(where).scale
    if scale != 1.0:
        os.environ.setdefault("QT_SCALE_FACTOR", str(scale))
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication(sys.argv[:1])
    collect_on_this_thread(app)
    app.setApplicationName("Baton")
    app.setApplicationDisplayName("Baton")
    app.setDesktopFileName("baton")
    # The last window is closed before the engine has ended: the program goes when both are gone.
    app.setQuitOnLastWindowClosed(False)
    fonts.load_fonts()
    app.setWindowIcon(app_icon())
    return app


def delete_windows() -> None:
    """Deletes every window as Qt does, parents first.

    At the process's end Python would delete what is left in an order of its own, in which a window goes with the
    last function of one of its buttons while that button is going; Qt then deletes the button a second time.
    """
    for window in QApplication.topLevelWidgets():
        if window.parent() is None:
            window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def end_tasks() -> None:
    """Cancels whatever still waits, so that nothing is left when the loop closes."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


async def _show(preferences: KeptPreferences, files: Sequence[str], single: SingleWindow) -> list[str] | None:
    """Gives the files to start again with, if the person wants that."""
    link = EngineLink()
    window = MainWindow(discover(preferences.now.addons), preferences, link)
    closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    window.closed.connect(lambda: closed.set_result(None))
    sys.excepthook = _Faults(window)
    _open_first(window, files)
    _tell_system(window)
    single.serve(partial(_take, window))
    FilesFromSystem(window, partial(_take, window))
    DroppedFiles(window, partial(_take, window))
    FirstPaint(window, lambda: _after_first_paint(window))
    window.show()
    await closed
    await link.end()
    await end_tasks()
    path = window.session.place.path
    return ([str(path)] if path else []) if window.start_again else None


def _tell_system(window: MainWindow) -> None:
    """Recent files show in the system's menus too; a profile of its own place leaves nothing elsewhere."""
    if not os.environ.get("BATON_HOME"):
        # A signal alone doesn't keep the object of a method alive; a function does.
        window.files.remembered.connect(partial(SystemRecents(own_command("")[:-1]).note))


def _open_first(window: MainWindow, files: Sequence[str]) -> None:
    if files:
        window.show_work()
        window.opening.file(Path(files[0]).absolute())
    elif window.first_start and starter_path().is_file():
        window.show_work()
        window.opening.example(starter_path())
    else:
        window.show_start()


def _take(window: MainWindow, files: Sequence[Path]) -> None:
    """What another start of the program brought: its file, and the wish to see the window."""
    if files:
        window.show_work()
        window.opening.file(files[0])
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.raise_()
    window.activateWindow()


def _after_first_paint(window: MainWindow) -> None:
    if os.environ.get("BATON_TRACE_START"):
        sys.stderr.write(f"first paint after {time.process_time():.3f} CPU s\n")
        sys.stderr.flush()
    window.link.start()
    window.opening.look_for_lost()
    window.notices.offer_recovery()
    window.notices.tell_of_crash()


class FirstPaint(QObject):
    """Calls back when a window has been painted for the first time, and then goes."""

    def __init__(self, window: MainWindow, then: Callable[[], object]) -> None:
        super().__init__(window)
        self._then = then
        window.top.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._then)
            self.deleteLater()
        return False


class _Faults:
    """What nobody caught: an edit that was refused is told; a fault of ours is told and leaves its trace in the log."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, ProblemError):
            self._window.notices.refused(error.problems)
            return
        traceback.print_exception(kind, error, trace)
        crash_reports.report(folders().logs, "window", error)
        self._window.notices.refused((Problem("window.fault", args={"kind": kind.__name__}),))
