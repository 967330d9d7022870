"""The file of connections: read whole or not at all, and what a newer version wrote into it stays."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

from app.adapters.connection import MOST, Connection, is_limit
from app.adapters.connection_kinds import KINDS
from app.document.problem import Problem, ProblemError
from app.settings import write_atomically

_SAVED = tuple(item.name for item in fields(Connection) if item.name != "from_environment")


class ConnectionFile:
    """Read again when another process changed it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._connections: tuple[Connection, ...] = ()
        self._foreign: tuple[Any, ...] = ()  # rows of a newer version, kept as they are

    def load(self) -> tuple[Connection, ...]:
        """Raises ProblemError `connection.file_unreadable`: a list that is taken for empty would be overwritten."""
        try:
            state = self._path.stat()
        except OSError:
            self._stamp, self._connections, self._foreign = None, (), ()
            return ()
        stamp = (state.st_mtime_ns, state.st_size)
        if stamp != self._stamp:
            self._connections, self._foreign = self._read()
            self._stamp = stamp
        return self._connections

    def save(self, connections: Iterable[Connection]) -> None:
        """Replaces the connections. Raises OSError."""
        rows = [_to_plain(one) for one in sorted(connections, key=lambda one: one.name.casefold())]
        plain = {"connections": [*rows, *self._foreign]}
        write_atomically(self._path, json.dumps(plain, indent=2, ensure_ascii=False) + "\n")

    def _read(self) -> tuple[tuple[Connection, ...], tuple[Any, ...]]:
        found: list[Connection] = []
        foreign: list[Any] = []
        try:
            for row in json.loads(self._path.read_text("utf-8"))["connections"]:
                known: dict[str, Any] = {name: row[name] for name in _SAVED if name in row}
                models = tuple(known.pop("models", ()))
                limits: dict[str, Any] = {name: known.pop(name, None) for name in MOST}
                if not all(is_limit(name, value) for name, value in limits.items()):
                    raise TypeError
                if not all(isinstance(value, str) for value in (*known.values(), *models)):
                    raise TypeError
                if known["kind"] in KINDS and known["kind"] != "embedded":
                    found.append(Connection(**known, **limits, models=models))
                else:
                    foreign.append(row)
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise ProblemError(
                Problem("connection.file_unreadable", args={"path": str(self._path)})
            ) from error
        return tuple(found), tuple(foreign)


def _to_plain(connection: Connection) -> dict[str, Any]:
    plain = {name: getattr(connection, name) for name in _SAVED}
    return {name: value for name, value in plain.items() if value}
