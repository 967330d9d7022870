"""Gives the room that a database file no longer needs back to the system."""

from __future__ import annotations

import sqlite3

_PAGES = 2000  # of a transaction: others write in between


def give_back(connection: sqlite3.Connection) -> int:
    """Some pages, outside any transaction. Gives the number of unused ones that are left and can be given back."""
    before = unused(connection)
    # A page a step, without rows: `execute` would stop after the first.
    connection.executescript(f"PRAGMA incremental_vacuum({_PAGES})")
    left = unused(connection)
    return left if left < before else 0  # a file that was made without this keeps them


def unused(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA freelist_count").fetchone()[0])
