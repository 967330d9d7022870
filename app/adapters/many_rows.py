"""Many rows in few statements: each statement lets go of Python's lock once, not once a row."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

_AT_ONCE = (64, 16, 4, 1)  # rows a statement: few sizes, so that each stays compiled


def write_rows(connection: sqlite3.Connection, into: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """`into` is the statement's beginning, such as "INSERT INTO t (a, b)"."""
    if not rows:
        return
    start, width = 0, len(rows[0])
    for size in _AT_ONCE:
        while len(rows) - start >= size:
            some = rows[start : start + size]
            values = some[0] if size == 1 else tuple(chain.from_iterable(some))
            connection.execute(_statement(into, width, size), values)
            start += size


@cache
def _statement(into: str, width: int, size: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"{into} VALUES {', '.join([row] * size)}"
