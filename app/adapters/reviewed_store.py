"""Which workflows, by their content, were made or reviewed on this machine, and what each may do."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from app.adapters.shipped_examples import as_shipped, example_paths
from app.document.json_codec import digest
from app.document.problem import ProblemError
from app.sdk.grants import Grants
from app.settings import Folders

_ONE = "SELECT digest, name, at, grants FROM reviewed WHERE digest = ?"
_ALL = "SELECT digest, name, at, grants FROM reviewed ORDER BY at DESC, digest"
_TABLE = """
CREATE TABLE IF NOT EXISTS reviewed (
    digest TEXT PRIMARY KEY, name TEXT NOT NULL, at TEXT NOT NULL, grants TEXT NOT NULL
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One entry, for the list in Preferences. `at` is ISO 8601 with zone."""

    digest: str
    name: str
    at: str
    grants: Grants


class ReviewedStore:
    """A small database in `Folders.data`; nothing in a workflow file can speak for itself here.

    Blocking; several processes may use it at once. Where it can't be read nothing counts as reviewed.
    """

    def __init__(self, where: Folders) -> None:
        self._path = where.data / "reviewed.sqlite"

    def reviewed(self, digest: str) -> Grants | None:
        """What was granted to exactly this content here; None = never made nor reviewed here."""
        return next((entry.grants for entry in self._select(_ONE, digest)), None)

    def shipped(self, digest: str) -> bool:
        """Whether it is one of our own examples, unchanged: reviewed by us, so its first run asks nothing."""
        return digest in self._shipped

    def entries(self) -> tuple[Reviewed, ...]:
        """All that was granted, the latest first."""
        return tuple(self._select(_ALL))

    def remember(self, digest: str, grants: Grants, name: str = "") -> None:
        """Grants are replaced, not added up. Raises OSError where they can't be kept."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._writing() as database:
            database.execute(
                "INSERT OR REPLACE INTO reviewed VALUES (?, ?, ?, ?)", (digest, name, now, _to_text(grants))
            )

    def forget(self, digest: str) -> None:
        """Its next run asks again. Raises OSError."""
        with self._writing() as database:
            database.execute("DELETE FROM reviewed WHERE digest = ?", (digest,))

    @cached_property
    def _shipped(self) -> frozenset[str]:
        found: set[str] = set()
        for path in example_paths():
            with suppress(ProblemError):
                found |= {digest(workflow) for workflow in as_shipped(path)}
        return frozenset(found)

    def _select(self, query: str, *values: str) -> Iterator[Reviewed]:
        if not self._path.exists():
            return
        try:
            with closing(sqlite3.connect(self._path)) as database:
                rows = database.execute(query, values).fetchall()
        except sqlite3.Error:
            return
        for key, name, at, text in rows:
            grants = _from_text(text)
            if grants is not None:
                yield Reviewed(key, name, at, grants)

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(self._path)) as database, database:
                database.execute(_TABLE)
                yield database
        except sqlite3.OperationalError as error:  # locked for long, no room, no permission
            raise OSError(str(error)) from error
        except sqlite3.DatabaseError as error:  # damaged: put aside, so that the next call starts anew
            self._path.replace(self._path.with_suffix(".damaged"))
            raise OSError(str(error)) from error


def _to_text(grants: Grants) -> str:
    return json.dumps(
        {
            "hosts": sorted(grants.hosts),
            "any_host": grants.any_host,
            "reads": sorted(grants.reads),
            "writes": sorted(grants.writes),
            "connections": dict(grants.connections),
            "models": sorted(grants.models),
            "max_cost": str(grants.max_cost),
        },
        ensure_ascii=False,
    )


def _from_text(text: str) -> Grants | None:
    """None for an entry that can't be read: better asked again than granted by a guess."""
    try:
        saved: dict[str, Any] = json.loads(text)
        return Grants(
            hosts=frozenset(saved["hosts"]),
            reads=frozenset(saved["reads"]),
            writes=frozenset(saved["writes"]),
            connections=dict(saved["connections"]),
            models=frozenset(saved["models"]),
            max_cost=Decimal(saved["max_cost"]),
            any_host=saved["any_host"] is True,
        )
    except (ValueError, KeyError, TypeError, InvalidOperation):
        return None
