"""The watch for new versions: asks when a person wants to know, else once a week; nothing of this computer goes out."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.adapters.connection import is_loopback
from app.adapters.egress import Egress
from app.adapters.outgoing import Limits, Outgoing, host_of
from app.adapters.version_note import NotGenuineError, VersionNote, order_of, read_note
from app.adapters.version_source import VersionSource
from app.document.problem import Problem, ProblemError
from app.sdk.errors import NodeError
from app.settings import write_atomically

WEEK = timedelta(days=7)
_AGAIN = timedelta(days=1)  # after an attempt of which nothing came
_CLOCKS_DIFFER = timedelta(days=1)
_LIMITS = Limits(connect=10, idle=10, total=30, body=16 * 1024, redirects=3)


@dataclass(frozen=True, slots=True)
class VersionNews:
    """What came of asking: `version` is the newest where it is newer than `installed`, else empty."""

    installed: str
    version: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class _Past:
    """What is remembered of earlier times; times in seconds since 1970."""

    next: float = 0.0  # when it is time to ask again; 0: nobody has thought of it yet
    made: float = 0.0  # of the newest note that was ever believed
    skipped: str = ""  # the version of which the person wants to hear no more


class VersionWatch:
    """Belongs to one event loop, the egress' own. `now` gives the time with its zone."""

    def __init__(
        self,
        egress: Egress,
        source: VersionSource,
        file: Path,
        installed: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._egress = egress
        self._source = source
        self._file = file
        self._installed = installed
        self._now = now

    async def look(self) -> VersionNews:
        """Asks at once, since a person wants to know. Raises ProblemError `version.*`."""
        if not self._source.is_known:
            raise ProblemError(Problem("version.no_source"))
        note = await self._ask()
        return self._news(note.version)

    async def look_weekly(self) -> VersionNews:
        """Asks where it is time to, and says nothing of what goes wrong.

        The first week asks nobody, so that who doesn't want it can say so before anything has gone out.
        """
        quiet = VersionNews(self._installed)
        past, now = self._past(), self._now().timestamp()
        # A clock that was wrong for a while must not put it off for years.
        if not 0 < past.next < now + 2 * WEEK.total_seconds():
            self._keep(replace(past, next=now + WEEK.total_seconds()))
            return quiet
        if not self._source.is_known or now < past.next:
            return quiet
        self._keep(replace(past, next=now + _AGAIN.total_seconds()))
        try:
            note = await self._ask()
        except ProblemError:
            return quiet
        return quiet if note.version == self._past().skipped else self._news(note.version)

    def skip(self, version: str) -> None:
        """The person wants to hear no more of this one, unless they ask."""
        self._keep(replace(self._past(), skipped=version))

    async def _ask(self) -> VersionNote:
        host = host_of(self._source.address)
        request = Outgoing(
            "GET",
            self._source.address,
            granted=lambda _host: True,  # wherever it is kept, only its signature makes it believed
            headers={"Accept-Encoding": "identity"},
            reach="loopback" if is_loopback(host) else "internet",
            keep=False,
            limits=_LIMITS,
        )
        try:
            status, _, content, _ = await self._egress.fetch(request)
        except NodeError as error:
            raise ProblemError(Problem("version.unreachable", args={"host": host})) from error
        if status != 200:
            raise ProblemError(Problem("version.unreachable", args={"host": host}))
        try:
            note = read_note(content, self._source.keys)
        except NotGenuineError as error:
            raise ProblemError(Problem("version.not_genuine", args={"host": host})) from error
        self._check_age(note, host)
        return note

    def _check_age(self, note: VersionNote, host: str) -> None:
        """An old note, shown again, would hide that there is a newer version."""
        past, now = self._past(), self._now()
        if note.made.timestamp() < past.made or not note.made - _CLOCKS_DIFFER <= now < note.until:
            raise ProblemError(Problem("version.out_of_date", args={"host": host}))
        self._keep(replace(past, next=(now + WEEK).timestamp(), made=note.made.timestamp()))

    def _news(self, version: str) -> VersionNews:
        try:
            is_newer = order_of(version) > order_of(self._installed)
        except ValueError:  # a copy of somebody's own making
            is_newer = False
        return (
            VersionNews(self._installed, version, self._source.page)
            if is_newer
            else VersionNews(self._installed)
        )

    def _past(self) -> _Past:
        try:
            said: Any = json.loads(self._file.read_text("utf-8"))
            return _Past(float(said["next"]), float(said["made"]), str(said["skipped"]))
        except (OSError, ValueError, KeyError, TypeError):
            return _Past()

    def _keep(self, past: _Past) -> None:
        # Where nothing can be kept, the next start asks as if it were the first.
        with contextlib.suppress(OSError):
            write_atomically(self._file, json.dumps(asdict(past)))
