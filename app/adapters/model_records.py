"""What is remembered of the models on this computer beyond their files: settings, digests, speeds, sources."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import RLock
from typing import Any, cast

from app.adapters import process_lock
from app.adapters.model_setup import CONTEXT, MOST_SLOTS, SLOTS, LoraAdapter
from app.events.json_codec import json_of, record_of
from app.settings import write_atomically

MOST_CONTEXT = 1_048_576  # tokens
MOST_SCALE = 10.0


@dataclass(frozen=True, slots=True)
class MeasuredSpeed:
    """Tokens a second as measured on this machine on an ISO day: reading a prompt, and writing an answer."""

    reading: float
    writing: float
    day: str


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """`path` of a file that lies elsewhere; empty: it lies in the models folder. `digest` is the SHA-256 of the file
    when it looked like `stamp`. `source` is the address that it was downloaded from.
    """

    path: str = ""
    context: int = CONTEXT
    slots: int = SLOTS
    adapters: tuple[LoraAdapter, ...] = ()
    digest: str = ""
    stamp: str = ""
    speed: MeasuredSpeed | None = None
    source: str = ""


class ModelRecords:
    """By model name, in one file, changed by one process at a time and read again when another has changed it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp: tuple[int, int] | None = None
        self._records: Mapping[str, ModelRecord] = {}
        self._foreign: Mapping[str, Any] = {}  # of a newer version, kept as they are
        self._changing = RLock()  # digests and downloads write from threads of their own

    @property
    def stamp(self) -> tuple[int, int]:
        """Another one whenever the file has changed."""
        try:
            state = self._file.stat()
        except OSError:
            return 0, 0
        return state.st_mtime_ns, state.st_size

    def all(self) -> Mapping[str, ModelRecord]:
        """Never raises: a file that can't be read costs the settings, not the models."""
        with self._changing:
            stamp = self.stamp
            if stamp != self._stamp:
                self._records, self._foreign = self._read()
                self._stamp = stamp
            return self._records

    def of(self, name: str) -> ModelRecord:
        """What is remembered of a model, or what holds where nothing is."""
        return self.all().get(name) or ModelRecord()

    def put(self, name: str, **changes: Any) -> None:
        """Changes what is remembered of one model. Raises OSError."""
        with self._alone():
            records = dict(self.all())
            records[name] = replace(self.of(name), **changes)
            self._save(records)

    def drop(self, name: str) -> None:
        """Forgets all of a model. Raises OSError."""
        with self._alone():
            self._save({other: record for other, record in self.all().items() if other != name})

    @contextmanager
    def _alone(self) -> Generator[None]:
        """What another process changed meanwhile is read before, and nobody changes anything until it is written."""
        with self._changing, process_lock.alone(self._file.with_name(f"{self._file.name}.lock")):
            self._stamp = (
                None  # two changes of one size within a tick of the file system's clock look like one
            )
            yield

    def _save(self, records: Mapping[str, ModelRecord]) -> None:
        plain = {name: json.loads(json_of(record)) for name, record in sorted(records.items())}
        content = {"models": {**self._foreign, **plain}}
        write_atomically(self._file, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def _read(self) -> tuple[Mapping[str, ModelRecord], Mapping[str, Any]]:
        found: dict[str, ModelRecord] = {}
        foreign: dict[str, Any] = {}
        try:
            rows = cast("dict[str, Any]", json.loads(self._file.read_text("utf-8"))["models"]).items()
        except OSError:  # locked for a moment, or not there yet
            return {}, {}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self._set_aside()
            return {}, {}
        for name, row in rows:
            try:
                found[name] = _checked(record_of(row, ModelRecord))
            except (TypeError, ValueError, AttributeError, KeyError):
                foreign[name] = row
        return found, foreign

    def _set_aside(self) -> None:
        """So that the next change doesn't overwrite what somebody may still mend."""
        with contextlib.suppress(OSError):
            if self._file.is_file():
                self._file.replace(self._file.with_name(f"{self._file.name}.damaged"))


def _checked(record: ModelRecord) -> ModelRecord:
    """Raises TypeError, ValueError for values that no version has written."""
    texts: tuple[Any, ...] = (record.path, record.digest, record.stamp, record.source)
    texts = (*texts, *(one.path for one in record.adapters))
    if not all(isinstance(one, str) for one in texts):
        raise TypeError
    if not (is_between(record.context, MOST_CONTEXT) and is_between(record.slots, MOST_SLOTS)):
        raise ValueError
    if not all(is_scale(one.scale) for one in record.adapters):
        raise ValueError
    speed: Any = record.speed
    if speed and not (isinstance(speed.day, str) and speed.reading > 0 and speed.writing > 0):
        raise TypeError
    return record


def is_between(value: object, most: int) -> bool:
    """Whether it is a whole number from 1 up to `most`."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def is_scale(value: object) -> bool:
    """Whether it can say how strongly an adapter works."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST_SCALE
