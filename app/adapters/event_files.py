"""Event files: every run leaves its events as JSON lines in the profile; the last N are kept."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from app.adapters.redaction import hide_in_lines
from app.events.json_codec import decode, encode_lines
from app.events.run_events import RunEvent, RunStarted

_ENDING = ".events.jsonl"
_TAIL = 4096  # bytes from the end of a file that its last line is looked for in first


class EventFile:
    """Appends one run's events. A disk that takes no more ends the file, never the run; `lost` then says why."""

    def __init__(self, folder: Path, run_id: str, keep: int) -> None:
        self.path = folder / f"{run_id}{_ENDING}"
        self.lost = ""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _forget_oldest(folder, keep - 1)
            self._file = self.path.open("wb", buffering=0)
        except OSError as error:
            self.lost = error.strerror or str(error)

    def write(self, events: Sequence[RunEvent]) -> None:
        """Writes a batch and hands it to the system, so that a crash of ours loses none of it."""
        if self.lost:
            return
        try:
            # A server may have echoed the key that it was sent.
            rest = memoryview(hide_in_lines(encode_lines(events)))
            while rest:  # a disk that is nearly full takes a part
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self.lost = error.strerror or str(error)

    def close(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            self._file.close()


def read_events(path: Path) -> Iterator[RunEvent]:
    """The events of a file in order. A last line that a crash cut is left out. Raises OSError."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            try:
                event = decode(line)
            except ValueError:
                return
            if event is not None:
                yield event


def events_left_open(path: Path) -> Iterator[RunEvent]:
    """Those of the run as a whole, and of the instances that had not settled: few of a long file. Raises OSError."""
    open_: set[tuple[str, str]] = set()
    for _, head in _heads(path):
        if head.event == "NodeStarted":
            open_.add((head.node, head.scope))
        elif head.event == "NodeSettled":
            open_.discard((head.node, head.scope))
    for line, head in _heads(path):
        if not head.node or (head.node, head.scope) in open_:
            event = decode(line)
            if event is not None:
                yield event


class _Head(msgspec.Struct, gc=False):
    """What tells events apart."""

    event: str
    node: str = ""
    scope: str = ""


_HEAD = msgspec.json.Decoder(_Head)


def _heads(path: Path) -> Iterator[tuple[bytes, _Head]]:
    with path.open("rb") as file:
        for line in file:
            try:
                yield line, _HEAD.decode(line)
            except msgspec.MsgspecError:  # cut by a crash
                return


def last_event(path: Path) -> RunEvent | None:
    """The last event of a file; None where a crash has cut it. Raises OSError."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        reach = _TAIL
        while True:
            file.seek(max(0, size - reach))
            *before, line = file.read().rstrip(b"\n").split(b"\n")
            if before or reach >= size:
                break
            reach *= 2
    try:
        return decode(line)
    except ValueError:
        return None


def last_run_of(folder: Path, workflow_id: str) -> Path | None:
    """The newest event file of a workflow."""
    for path in _newest_first(folder):
        with contextlib.suppress(OSError):
            first = next(read_events(path), None)
            if isinstance(first, RunStarted) and first.workflow == workflow_id:
                return path
    return None


def path_of(folder: Path, run_id: str) -> Path | None:
    """The event file of one run."""
    path = folder / f"{run_id}{_ENDING}"
    return path if path.is_file() else None


def _newest_first(folder: Path) -> list[Path]:
    found: list[tuple[int, str]] = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(_ENDING):
                with contextlib.suppress(OSError):  # another process may have just forgotten it
                    found.append((entry.stat().st_mtime_ns, entry.path))
    return [Path(path) for _, path in sorted(found, reverse=True)]


def _forget_oldest(folder: Path, keep: int) -> None:
    for path in _newest_first(folder)[max(keep, 0) :]:
        with contextlib.suppress(OSError):
            path.unlink()
