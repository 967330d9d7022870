"""What the engines of a profile have in memory: each tells the others by a note beside a lock that it holds."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.adapters import process_lock
from app.adapters.process_lock import ProcessLock
from app.events.json_codec import json_of, record_of

_ROOM = "room.lock"
HEARD_FOR = 5.0  # seconds: who waits says so every second, unless its process was stopped
_KEPT_OUT = (
    2.0  # seconds for which one that is letting a model in is waited for, unless its process was stopped
)


@dataclass(frozen=True, slots=True)
class ModelNote:
    """One model of another engine: loaded, or waiting for room. `memory` and `gpu` are what it takes, in bytes.

    `is_ready`: what it takes is gone from what the machine has free; one that is still loaded hasn't taken it yet.
    `since` is when the first call that waits for it came, in seconds since 1970; 0 where none does. `behind` are the
    models that it waits for, `by` is the name of the engine.
    """

    model: str
    is_loaded: bool
    memory: int
    gpu: int = 0
    since: float = 0.0
    behind: tuple[str, ...] = ()
    by: str = ""
    is_ready: bool = True


class ModelNotes:
    """One note in the folder for each engine that has something to tell; it holds for as long as its process lives.

    A folder that can't be written to costs the others what they would have known, and nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lock: ProcessLock | None = None
        self._told: tuple[ModelNote, ...] = ()
        self._kept_out_since: float | None = None

    @property
    def name(self) -> str:
        """What the own note is called; no other engine's has this name."""
        return self._name

    def tell(self, models: Sequence[ModelNote]) -> None:
        """Written only where it is news; who waits is heard again each time."""
        news = tuple(models)
        with contextlib.suppress(OSError):
            if news == self._told:
                if any(one.since for one in news):
                    os.utime(self._note)
                return
            if self._lock is None:
                self._lock = process_lock.take(self._note.with_suffix(".lock"), {})
            self._write(json.dumps([json.loads(json_of(one)) for one in news]))
            self._told = news
            if not news:
                self.close()

    def others(self) -> tuple[ModelNote, ...]:
        """What the other engines that live now have told; of who waits only what was told lately."""
        return tuple(self._heard())

    @contextmanager
    def alone(self) -> Generator[bool]:
        """Inside, no other engine is inside; False: one is, just now."""
        try:
            lock = process_lock.take(self._folder / _ROOM, {})
        except OSError:  # there nobody hears of anybody
            yield True
            return
        if lock is None:
            now = time.monotonic()
            since = self._kept_out_since = self._kept_out_since or now
            yield now - since > _KEPT_OUT
            return
        self._kept_out_since = None
        try:
            yield True
        finally:
            lock.release()

    def close(self) -> None:
        """Takes the own note back."""
        self._told = ()
        if self._lock is not None:
            with contextlib.suppress(OSError):
                self._note.unlink(missing_ok=True)
            self._lock.release()
            self._lock = None

    def _write(self, text: str) -> None:
        """Whole or not at all, for readers; a power cut may cost it: then its process is gone, too."""
        new = self._note.with_suffix(".new")
        new.write_text(text, "utf-8")
        new.replace(self._note)

    @property
    def _note(self) -> Path:
        return self._folder / f"{self._name}.json"

    def _heard(self) -> Iterator[ModelNote]:
        try:
            notes = [path for path in self._folder.iterdir() if path.suffix == ".json"]
        except OSError:
            return
        for path in sorted(notes):
            if path.stem == self._name:
                continue
            if not process_lock.is_held(path.with_suffix(".lock")):
                _forget(path)
                continue
            with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
                is_fresh = time.time() - path.stat().st_mtime < HEARD_FOR
                for row in json.loads(path.read_text("utf-8")):
                    note = record_of(row, ModelNote)
                    if note.is_loaded or is_fresh:
                        yield note


def _forget(note: Path) -> None:
    """Of an engine that was killed."""
    with contextlib.suppress(OSError):
        note.unlink(missing_ok=True)
        note.with_suffix(".lock").unlink(missing_ok=True)
