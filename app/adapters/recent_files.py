"""The files that were open lately, for the welcome screen and the menu."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable
from pathlib import Path
from threading import Thread
from typing import cast

from app.adapters.atomic_files import replace_file
from app.settings import Folders

KEPT = 12
_PATIENCE = 2.0  # seconds for a disk to say whether it has a file


def recent_files(where: Folders) -> tuple[Path, ...]:
    """The latest first. Whether they are still there is another question: `lost_files`."""
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


async def lost_files(paths: Iterable[Path]) -> frozenset[Path]:
    """Those that are no longer where they were.

    Each is looked for in a thread of its own that nobody waits for in the end: a network drive that is gone may
    take minutes to say so. What can't be found out in a moment counts as there.
    """
    looked = [asyncio.ensure_future(_is_lost(path)) for path in paths]
    if not looked:
        return frozenset()
    done, waiting = await asyncio.wait(looked, timeout=_PATIENCE)
    for one in waiting:
        one.cancel()
    return frozenset(path for path, lost in (one.result() for one in done) if lost)


async def _is_lost(path: Path) -> tuple[Path, bool]:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bool] = loop.create_future()

    def take(lost: bool) -> None:
        if not answer.done():
            answer.set_result(lost)

    def look() -> None:
        lost = False
        with contextlib.suppress(OSError):  # who may not look doesn't know
            lost = not path.exists()
        with contextlib.suppress(RuntimeError):  # the window was closed meanwhile
            loop.call_soon_threadsafe(take, lost)

    Thread(target=look, daemon=True).start()
    return path, await answer


def _write(where: Folders, paths: list[Path]) -> None:
    target = _path(where)
    target.parent.mkdir(parents=True, exist_ok=True)
    replace_file(target, json.dumps([str(path) for path in paths], ensure_ascii=False, indent=2).encode())


def _path(where: Folders) -> Path:
    return where.state / "recent.json"
