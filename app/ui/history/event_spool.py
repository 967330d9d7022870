"""The event spool: the events of a run that is over, in memory while they are few, beyond that in a nameless file."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from app.events.json_codec import decode, encode_lines
from app.events.run_events import RunEvent

PAGE = 2_000  # events
MOST_IN_MEMORY = 20_000


@dataclass(frozen=True, slots=True)
class _Lying:
    """Where a page lies in the file, in bytes."""

    start: int
    size: int


class EventSpool:
    """Pages of `PAGE` events each, the last one shorter. The file goes with its object."""

    def __init__(self, events: Iterable[RunEvent] = (), most_in_memory: int = MOST_IN_MEMORY) -> None:
        self._most = most_in_memory
        self._pages: list[list[RunEvent] | _Lying] = []
        self._last: list[RunEvent] = []
        self._file: IO[bytes] | None = None
        self._end = 0
        self._seen: tuple[int, Sequence[RunEvent]] = (-1, ())
        self.add(events)

    def __len__(self) -> int:
        return len(self._pages) * PAGE + len(self._last)

    def __iter__(self) -> Iterator[RunEvent]:
        for at in range(self.pages):
            yield from self.page(at)

    @property
    def pages(self) -> int:
        return len(self._pages) + bool(self._last)

    @property
    def is_long(self) -> bool:
        """Whether there are more than are held in memory."""
        return len(self) > self._most

    def add(self, events: Iterable[RunEvent]) -> None:
        """Puts more at the end."""
        self._last.extend(events)
        while len(self._last) >= PAGE:
            page, self._last = self._last[:PAGE], self._last[PAGE:]
            self._pages.append(page)
        if self.is_long:
            # A disk that takes no more leaves them where they are.
            with contextlib.suppress(OSError):
                self._let_go()

    def page(self, at: int) -> Sequence[RunEvent]:
        """One page; the one that was asked for last is at hand. Raises OSError."""
        if at == len(self._pages):
            return self._last
        page = self._pages[at]
        if isinstance(page, _Lying):
            if self._seen[0] != at:
                self._seen = at, self._read(page)
            return self._seen[1]
        return page

    def close(self) -> None:
        """Lets go of all of it."""
        self._pages, self._last, self._seen = [], [], (-1, ())
        if self._file is not None:
            self._file.close()
            self._file = None

    def _let_go(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="baton-")  # noqa: SIM115 - it lives as long as the spool
        for at, page in enumerate(self._pages):
            if isinstance(page, _Lying):
                continue
            lines = encode_lines(page)
            self._file.seek(self._end)
            self._file.write(lines)
            self._pages[at] = _Lying(self._end, len(lines))
            self._end += len(lines)

    def _read(self, page: _Lying) -> Sequence[RunEvent]:
        if self._file is None:
            return ()
        self._file.seek(page.start)
        found = map(decode, self._file.read(page.size).split(b"\n")[:-1])
        return [event for event in found if event is not None]
