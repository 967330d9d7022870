"""The version desk: says quietly that there is a newer Baton, and opens its page; it fetches and installs nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from urllib.parse import urlsplit

from PySide6.QtCore import QObject, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.adapters.version_watch import VersionNews
from app.document.problem import Problem
from app.processes.messages import LookForVersion, SkipVersion
from app.texts import text
from app.ui.awaiting import Awaiting
from app.ui.engine_link import EngineLink
from app.ui.problem_words import in_short
from app.ui.strips import Strip, StripButton, Strips

_NAME = "version"
_LOOK_AGAIN = 6 * 3600 * 1000  # ms; a window may stay open for weeks, and the engine knows when it is time


class VersionDesk(QObject):
    """Shows what it has to say on every page that has strips."""

    def __init__(self, link: EngineLink, strips: Sequence[Strips], window: QWidget) -> None:
        super().__init__(window)
        self._link = link
        self._strips = strips
        self._awaiting = Awaiting(self)
        self._again = QTimer(self, interval=_LOOK_AGAIN)
        self._again.timeout.connect(self._look_weekly)
        link.state_changed.connect(self._on_link)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions of versions do, by their ids."""
        return {"app.new_version": self.look}

    def look(self) -> None:
        """The person wants to know, so whatever comes of it is said."""
        self._show(Strip("refresh-cw", "quiet", partial(text, "version.looking")))
        self._awaiting.start(self._link.ask(LookForVersion(by_person=True)), self._answer, self._refused)

    def _on_link(self, state: str) -> None:
        if state == "ready":
            self._look_weekly()
            self._again.start()
        else:
            self._again.stop()

    def _look_weekly(self) -> None:
        if self._link.state == "ready":
            self._awaiting.start(self._link.ask(LookForVersion()), self._tell, _nothing)

    def _answer(self, news: VersionNews) -> None:
        if news.version:
            self._tell(news)
        else:
            self._show(Strip("check", "quiet", partial(text, "version.newest", installed=news.installed)))

    def _tell(self, news: VersionNews) -> None:
        if not news.version:
            return
        words = partial(text, "version.newer", version=news.version, installed=news.installed)
        host = urlsplit(news.page).hostname or news.page
        fetch = StripButton(partial(text, "version.page", host=host), partial(self._open, news.page))
        skip = StripButton(partial(text, "version.skip"), partial(self._skip, news.version))
        self._show(Strip("download", "quiet", words, (fetch, skip)))

    def _refused(self, problems: tuple[Problem, ...]) -> None:
        self._show(Strip("circle-alert", "warning", partial(in_short, problems)))

    def _open(self, page: str) -> None:
        self._drop()
        QDesktopServices.openUrl(QUrl(page))

    def _skip(self, version: str) -> None:
        self._drop()
        self._awaiting.start(self._link.ask(SkipVersion(version)), _nothing, _nothing)

    def _show(self, strip: Strip) -> None:
        for strips in self._strips:
            strips.show_strip(_NAME, strip)

    def _drop(self) -> None:
        for strips in self._strips:
            strips.drop(_NAME)


def _nothing(_: object) -> None:
    """Nobody has asked, so nobody is told."""
