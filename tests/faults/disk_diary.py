"""Power cuts, made afterwards: from the diary of what a program did to its files, the disk as it may lie there then.

What was synced is there, and its name where the folder was synced. What was only written may be there or not, each
piece for itself and large ones in part; names come and go in their order.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.faults.preloaded import preloaded

_HEAD = struct.Struct("<cIIQ")
_SECTOR = 512


class Entry(NamedTuple):
    """See disk_diary.c; of a rename, `data` is the new path."""

    what: str
    path: str
    data: bytes
    offset: int


def diary_in(folder: Path, under: Path) -> Mapping[str, str]:
    """The environment of a program whose actions under a folder are written down in `folder`/diary."""
    library = preloaded("disk_diary", folder)
    return {"LD_PRELOAD": library, "DISK_DIARY": str(folder / "diary"), "DISK_UNDER": str(under)}


def entries_of(folder: Path) -> list[Entry]:
    """What stands in the diary, in order."""
    return list(_entries(Path(folder, "diary").read_bytes()))


def _entries(text: bytes) -> Iterator[Entry]:
    at = 0
    while at < len(text):
        what, path, data, offset = _HEAD.unpack_from(text, at)
        at += _HEAD.size
        yield Entry(what.decode(), text[at : at + path].decode(), text[at + path : at + path + data], offset)
        at += path + data


@dataclass(eq=False)
class _File:
    """`synced` is its content for certain; `since` what was written (or cut, with None) after that."""

    synced: bytes = b""
    now: bytearray = field(default_factory=bytearray)
    since: list[tuple[int, bytes | None]] = field(default_factory=list[tuple[int, "bytes | None"]])

    def change(self, offset: int, data: bytes | None) -> None:
        self.since.append((offset, data))
        _change(self.now, offset, data)

    def sync(self) -> None:
        self.synced = bytes(self.now)
        self.since.clear()

    def after_cut(self, survives: float, chance: random.Random) -> bytes:
        content = bytearray(self.synced)
        for offset, data in self.since:
            if chance.random() >= survives:
                continue
            if data is not None and survives < 1 and len(data) > _SECTOR and chance.random() < 0.3:
                data = data[: _SECTOR * chance.randint(1, len(data) // _SECTOR)]  # noqa: PLW2901 - torn
            _change(content, offset, data)
        return bytes(content)


class Disk:
    """Goes through a diary; at any point the power may be cut."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._names: dict[str, _File] = {}
        self._kept: dict[str, _File] = {}  # names that are on the disk
        self._moves: list[tuple[str, str, _File | None]] = []  # folder, name and what it names since then
        for entry in entries:
            self.take(entry)

    def take(self, entry: Entry) -> None:
        path = entry.path
        match entry.what:
            case "C":
                if path not in self._names:
                    self._name(path, _File())
            case "W":
                self._file(path).change(entry.offset, entry.data)
            case "T":
                self._file(path).change(entry.offset, None)
            case "S":
                self._file(path).sync()
            case "D":
                self._sync_folder(path)
            case "R":
                self._name(entry.data.decode(), self._file(path))
                self._name(path, None)
            case "U":
                self._name(path, None)
            case _:  # what was sent
                pass

    def after_cut(self, survives: float, chance: random.Random) -> Mapping[str, bytes]:
        """The files by path. `survives` is how likely a write is there that was not synced."""
        names = dict(self._kept)
        moves = {0.0: 0, 1.0: len(self._moves)}.get(survives, chance.randint(0, len(self._moves)))
        for _, path, file in self._moves[:moves]:
            _point(names, path, file)
        return {path: file.after_cut(survives, chance) for path, file in names.items()}

    def _file(self, path: str) -> _File:
        if path not in self._names:  # it was there before the diary
            self._name(path, _File())
        return self._names[path]

    def _name(self, path: str, file: _File | None) -> None:
        _point(self._names, path, file)
        self._moves.append((str(Path(path).parent), path, file))

    def _sync_folder(self, folder: str) -> None:
        for around, path, file in self._moves:
            if around == folder:
                _point(self._kept, path, file)
        self._moves = [move for move in self._moves if move[0] != folder]


def lay_out(files: Mapping[str, bytes], under: Path, root: Path) -> None:
    """Writes files that lay under one folder under another one."""
    for path, content in files.items():
        place = root / Path(path).relative_to(under)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def that_lies(entries: Sequence[Entry]) -> list[Entry]:
    """The same, of a disk that says it had synced and hadn't."""
    return [entry for entry in entries if entry.what != "S"]


def _point(names: dict[str, _File], path: str, file: _File | None) -> None:
    if file is None:
        names.pop(path, None)
    else:
        names[path] = file


def _change(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
    content.extend(bytes(max(0, offset - len(content))))
    if data is not None:
        content[offset : offset + len(data)] = data
