"""Notices: what the window has to say about the document, its file and the engine, as strips over the canvas."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from app.adapters import crash_reports
from app.adapters.recovery import Recovery
from app.document.problem import Problem
from app.texts import text
from app.ui.awaiting import Awaiting
from app.ui.engine_link import EngineLink
from app.ui.kept_preferences import KeptPreferences
from app.ui.open_and_save import OpenAndSave
from app.ui.problem_words import in_short
from app.ui.run_stream import RunStream
from app.ui.session import Session
from app.ui.show_folder import show_folder
from app.ui.strips import Strip, StripButton, Strips

_PASSING = 9000  # ms that a refusal stays
_SOON = 30.0  # seconds: an engine that ended twice within them isn't started a third time


class Notices(QObject):
    """Shows and takes away strips as things change; `review` is what the restricted strip's button does."""

    def __init__(
        self,
        strips: Strips,
        session: Session,
        files: OpenAndSave,
        link: EngineLink,
        stream: RunStream,
        kept: KeptPreferences,
        review: Callable[[], object],
    ) -> None:
        super().__init__(strips)
        self._strips = strips
        self._session = session
        self._files = files
        self._link = link
        self._review = review
        self._logs = kept.where.logs
        self._awaiting = Awaiting(self)
        self._ends: list[float] = []
        self._passing = QTimer(self, singleShot=True, interval=_PASSING)
        self._passing.timeout.connect(lambda: self._strips.drop("refused"))
        session.moved.connect(self._look)
        files.changed_on_disk.connect(self._on_disk)
        files.not_copied.connect(partial(self._on_full_disk, "copy", kept.where.state))
        kept.not_saved.connect(partial(self._on_full_disk, "preferences", kept.where.config))
        if kept.set_aside is not None:
            words = partial(text, "notice.set_aside", path=str(kept.set_aside))
            self._show("set_aside", "settings", "quiet", words)
        link.state_changed.connect(self._on_link)
        stream.failed.connect(self.run_failed)
        stream.state_changed.connect(lambda: self._strips.drop("run") if stream.is_running else None)
        self._look()

    def _look(self) -> None:
        place = self._session.place
        if place.trust == "new":
            review = StripButton(partial(text, "notice.review"), self._review)
            self._show(
                "restricted", "shield-alert", "quiet", partial(text, "notice.restricted"), review, stays=True
            )
        else:
            self._strips.drop("restricted")
        if place.read_only:
            copy = StripButton(partial(text, "notice.save_copy"), lambda: self._start(self._files.save_as()))
            self._show("read_only", "lock", "quiet", partial(text, "notice.read_only"), copy, stays=True)
        else:
            self._strips.drop("read_only")
        if place.path is None:
            self._strips.drop("disk")

    def refused(self, problems: tuple[Problem, ...]) -> None:
        """An edit could not be made; goes by itself."""
        self._show("refused", "circle-alert", "warning", partial(in_short, problems))
        self._passing.start()

    def told(self, words: Callable[[], str]) -> None:
        """Something is done that can't be seen; goes by itself."""
        self._show("refused", "check", "quiet", words)
        self._passing.start()

    def run_failed(self, problems: tuple[Problem, ...]) -> None:
        """A run could not begin or ended with what belongs to no step."""
        self._show("run", "circle-alert", "error", partial(in_short, problems))

    def offer_restart(self, restart: Callable[[], object]) -> None:
        """The scale that was chosen shows at the next start."""
        again = StripButton(partial(text, "window.scale.restart"), restart)
        self._show("scale", "maximize", "quiet", partial(text, "window.scale.title"), again)

    def offer_recovery(self) -> None:
        """Tells of work that a window left behind, the newest first."""
        found = self._files.recoveries()
        if not found:
            self._strips.drop("recovery")
            return
        latest = found[0]
        take = StripButton(partial(text, "notice.recovery.open"), partial(self._recover, latest))
        drop = StripButton(partial(text, "notice.recovery.drop"), partial(self._discard, latest))
        name, at = latest.workflow.name, f"{datetime.fromisoformat(latest.at).astimezone():%Y-%m-%d %H:%M}"
        words = partial(text, "notice.recovery", name=name, at=at)
        self._show("recovery", "history", "warning", words, take, drop, stays=True)

    def tell_of_crash(self) -> None:
        """Tells once of what ended by a fault last time; nothing is sent anywhere."""
        found = crash_reports.unseen(self._logs)
        if not found:
            return
        crash_reports.seen(self._logs)
        copy = StripButton(partial(text, "notice.crash.copy"), partial(self._copy_report, found[0]))
        show = StripButton(partial(text, "notice.crash.show"), partial(show_folder, found[0].parent))
        words = partial(text, "notice.crash", n=len(found))
        self._show("crash", "circle-alert", "quiet", words, copy, show)

    def _copy_report(self, path: Path) -> None:
        try:
            QApplication.clipboard().setText(crash_reports.read(path))
        except OSError as error:
            reason = error.strerror or ""
            self.told(partial(text, "notice.crash.unreadable", path=str(path), reason=reason))
        else:
            self.told(partial(text, "notice.crash.copied"))

    def _recover(self, recovery: Recovery) -> None:
        self._awaiting.start(self._files.recover(recovery), self._recovered, self.refused)

    def _recovered(self, _opened: bool) -> None:
        self.offer_recovery()

    def _discard(self, recovery: Recovery) -> None:
        self._files.discard(recovery)
        self.offer_recovery()

    def _on_disk(self) -> None:
        path = self._session.place.path
        name = path.name if path else ""
        load = StripButton(partial(text, "notice.disk.load"), self._load_from_disk)
        self._show("disk", "refresh-cw", "warning", partial(text, "notice.disk", name=name), load)

    def _on_full_disk(self, what: str, folder: Path, reason: str) -> None:
        """Something that is kept by itself can't be written, or can again."""
        if not reason:
            self._strips.drop(what)
            return
        words = partial(text, f"notice.not_written.{what}", folder=str(folder), reason=reason)
        self._show(what, "circle-alert", "warning", words)

    def _load_from_disk(self) -> None:
        self._strips.drop("disk")
        self._start(self._files.load_from_disk())

    def _on_link(self, state: str) -> None:
        if state == "ready":
            self._strips.drop("engine")
        if state != "gone":
            return
        now = time.monotonic()
        self._ends = [end for end in self._ends if now - end < _SOON] + [now]
        if len(self._ends) < 3:
            self._link.start()
            return
        again = StripButton(partial(text, "notice.engine.again"), self._link.start)
        self._show("engine", "circle-alert", "error", partial(text, "notice.engine"), again, stays=True)

    def _start(self, work: Coroutine[Any, Any, bool]) -> None:
        self._awaiting.start(work, _nothing, self.refused)

    def _show(
        self,
        name: str,
        icon: str,
        tone: str,
        words: Callable[[], str],
        *buttons: StripButton,
        stays: bool = False,
    ) -> None:
        self._strips.show_strip(name, Strip(icon, tone, words, buttons, stays))


def unfinished_strip(n: int, show: Callable[[], object]) -> Strip:
    """Tells of runs that broke off or wait for somebody."""
    button = StripButton(partial(text, "history.unfinished.show"), show)
    return Strip("history", "quiet", partial(text, "history.unfinished", n=n), (button,))


def _nothing(_: object) -> None:
    """The result shows by itself."""
