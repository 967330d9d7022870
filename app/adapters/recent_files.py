"""The files that were open lately, for the welcome screen and the menu."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

from app.adapters.atomic_files import replace_file
from app.settings import Folders

KEPT = 12


def recent_files(where: Folders) -> tuple[Path, ...]:
    """The latest first. Whether they are still there isn't looked up: a lost network drive would block."""
    try:
        saved: object = json.loads(_path(where).read_text("utf-8"))
    except (OSError, ValueError):
        return ()
    paths = cast("list[object]", saved) if isinstance(saved, list) else []
    return tuple(Path(path) for path in paths if isinstance(path, str))[:KEPT]


def remember_file(where: Folders, path: Path) -> None:
    """Puts a file first. Raises OSError."""
    path = path.absolute()
    _write(where, [path, *(other for other in recent_files(where) if other != path)][:KEPT])


def forget_file(where: Folders, path: Path) -> None:
    """Takes a file off the list. Raises OSError."""
    path = path.absolute()
    _write(where, [other for other in recent_files(where) if other != path])


def _write(where: Folders, paths: list[Path]) -> None:
    target = _path(where)
    target.parent.mkdir(parents=True, exist_ok=True)
    replace_file(target, json.dumps([str(path) for path in paths], ensure_ascii=False, indent=2).encode())


def _path(where: Folders) -> Path:
    return where.state / "recent.json"
