"""Migrations: how a file of an older format version becomes one of the current version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from app.document.format import FORMAT_VERSION
from app.document.workflow import Json

Plain: TypeAlias = dict[str, Json]
Migration: TypeAlias = Callable[[Plain], Plain]

# From version N to N + 1, by N: pure functions on the file's plain data, each in a module `from_v<N>`.
MIGRATIONS: Mapping[int, Migration] = {}


def upgrade(data: Plain, version: int, migrations: Mapping[int, Migration] = MIGRATIONS) -> Plain:
    """The data as the newest version has it; data of a newer version stays as it is."""
    for step in range(version, FORMAT_VERSION):
        data = {**migrations[step](data), "formatVersion": step + 1}
    return data
