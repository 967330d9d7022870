"""Read ahead: how much stands in the files that a workflow reads by name, for forecasts; nobody else is told of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from app.adapters.node_files import LONGEST_TEXT
from app.adapters.table_survey import Survey
from app.adapters.tables import WORKBOOKS
from app.executor.broker import Broker
from app.forecast.situation import Content
from app.forecast.typical import BYTES_A_TOKEN, tokens_in
from app.planner.plan import Plan, PlanStep
from app.sdk.errors import NodeError
from app.sdk.grants import Grants
from app.sdk.references import inputs_of

_TABLE, _TEXT = "data.read_table", "data.read_file"
_MOST_KEPT = 100  # files

Found = tuple[Path, os.stat_result]


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be looked at before a run: files in the workflow's folder (None: it has none yet), and those that the
    person lets it read; never what is protected.
    """

    folder: Path | None
    grants: Grants | None
    protected: Collection[Path]

    def place(self, path: str) -> Path | None:
        """The file without links and dots; None where nobody may look."""
        if self.folder is None or not path.strip():
            return None
        try:
            folder = self.folder.resolve()
            place = (folder / Path(path.strip()).expanduser()).resolve()
        except (OSError, ValueError, RuntimeError):
            return None
        if any(place == one or one in place.parents for one in self.protected):
            return None
        granted = self.grants is not None and Broker(self.grants, folder).may_read(place)
        return place if granted or folder in place.parents else None


class ReadAhead:
    """Looks at a file once as long as it stays as it is."""

    def __init__(self, survey: Callable[[Path], Awaitable[Survey]]) -> None:
        self._survey = survey
        self._kept: dict[tuple[Path, int, int], Survey | None] = {}

    async def contents(self, plan: Plan, reach: Reach) -> Mapping[str, Content]:
        """By step. What can't be read is left out: the run will say why."""
        found: dict[str, Content] = {}
        for step in plan.all_steps():
            if step.node.type not in (_TABLE, _TEXT) or step.always_skipped:
                continue
            file = await asyncio.to_thread(_file_of, step.fields.path, reach)
            content = await self._content(step, *file) if file else None
            if content is not None:
                found[step.id] = content
        return found

    async def _content(self, step: PlanStep, path: Path, state: os.stat_result) -> Content | None:
        if step.node.type == _TEXT:
            return Content(state.st_size / BYTES_A_TOKEN) if state.st_size <= LONGEST_TEXT else None
        fields: Any = step.fields
        if fields.sheet.strip() and path.suffix.lower() in WORKBOOKS:  # only the first one is looked at
            return None
        seen = await self._surveyed(path, state)
        if seen is None:
            return None
        rows = seen.rows if fields.limit is None else min(seen.rows, fields.limit)
        return Content(rows * fmean(map(tokens_in, seen.sample)) if seen.sample else 0.0, rows)

    async def _surveyed(self, path: Path, state: os.stat_result) -> Survey | None:
        key = path, state.st_mtime_ns, state.st_size
        if key not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            try:
                self._kept[key] = await self._survey(path)
            except NodeError:
                self._kept[key] = None
        return self._kept[key]


def _file_of(path: str, reach: Reach) -> Found | None:
    """An ordinary file that stands in the settings as it is; a named pipe would keep us waiting for its other end."""
    place = None if inputs_of(path) else reach.place(path)
    try:
        return (place, place.stat()) if place and place.is_file() else None
    except OSError:
        return None
