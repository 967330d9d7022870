"""Row pages: rows of a run as the engine keeps them, asked for page by page when somebody looks at them."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeAlias

from PySide6.QtCore import QObject, QTimer, Signal

from app.processes.messages import ItemLine
from app.ui.awaiting import Awaiting, Problems

FetchItems: TypeAlias = Callable[[str, Sequence[tuple[int, int]]], Coroutine[Any, Any, tuple[ItemLine, ...]]]

PAGE = 200  # rows
_KEPT = 60  # pages
_SOON = 25  # ms in which what is scrolled past is forgotten again
_AT_ONCE = 4  # pages
_AGAIN = 1.0  # seconds after which a page that lacked a row is asked for again


class RowPages(QObject):
    """Never asks for all: only the pages looked at last. `arrived` when there are rows to be shown."""

    arrived = Signal()

    def __init__(self, fetch: FetchItems | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._fetch = fetch
        self._run = ""
        self._pages: OrderedDict[int, Mapping[int, ItemLine]] = OrderedDict()
        self._asked_at: dict[int, float] = {}
        self._wanted: OrderedDict[int, None] = OrderedDict()
        self._awaiting = Awaiting(self)
        self._soon = QTimer(self, singleShot=True, interval=_SOON)
        self._soon.timeout.connect(self._ask)

    def show_run(self, run: str) -> None:
        """The rows of another run."""
        if run != self._run:
            self._run = run
            self.forget()

    def forget(self) -> None:
        """What was asked for may be others now."""
        self._awaiting.cancel()
        self._pages.clear()
        self._asked_at.clear()
        self._wanted.clear()

    def item(self, row: int) -> ItemLine | None:
        """A row, if it is here; else it is asked for."""
        page = row // PAGE
        kept = self._pages.get(page)
        if kept is not None and row in kept:
            self._pages.move_to_end(page)
            return kept[row]
        if self._fetch is not None and time.monotonic() - self._asked_at.get(page, -_AGAIN) >= _AGAIN:
            self._wanted[page] = None
            self._wanted.move_to_end(page)
            if not self._soon.isActive() and not self._awaiting.busy:
                self._soon.start()
        return None

    def _ask(self) -> None:
        pages = list(self._wanted)[-_AT_ONCE:]
        self._wanted.clear()
        if not pages or self._fetch is None or not self._run:
            return
        now = time.monotonic()
        self._asked_at.update(dict.fromkeys(pages, now))
        spans = [(page * PAGE, PAGE) for page in sorted(pages)]
        self._awaiting.start(self._fetch(self._run, spans), self._take, self._dropped)

    def _take(self, items: tuple[ItemLine, ...]) -> None:
        found: dict[int, dict[int, ItemLine]] = {}
        for item in items:
            found.setdefault(item.number // PAGE, {})[item.number] = item
        for page, lines in found.items():
            self._pages[page] = lines
            self._pages.move_to_end(page)
        while len(self._pages) > _KEPT:
            self._pages.popitem(last=False)
        # The task that brought these counts as busy until it has ended.
        QTimer.singleShot(0, self, self._more)
        self.arrived.emit()

    def _more(self) -> None:
        if self._wanted and not self._soon.isActive():
            self._soon.start()

    def _dropped(self, _: Problems) -> None:
        """They are asked for again when somebody looks once more."""
