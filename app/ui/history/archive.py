"""The archive: what the Runs page asks the engine of earlier runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.document import json_codec
from app.document.part_steps import steps_with_parts
from app.document.workflow import Json, Node, Workflow
from app.events.run_events import RunEvent, Scope
from app.executor.journal import RunLine
from app.processes.messages import (
    ExportRows,
    ForgetRun,
    GetItems,
    GetPrompt,
    GetValue,
    ItemLine,
    ListRuns,
    LookInto,
    OpenRun,
    PinRun,
    past_name,
    scope_name,
)
from app.ui.engine_link import EngineLink
from app.ui.history.event_spool import EventSpool
from app.ui.inspector.reading import Reading
from app.ui.inspector.views.value_view import Fetch

MOST_LINES = 500
_PACE = 0.05  # seconds between two looks at what has come of a run that is opened


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run as it was: the workflow that ran, what it was given, and everything that happened. `steps` are all that it
    had, those of Sub-workflows too.
    """

    run: str
    workflow: Workflow
    values: Mapping[str, Json] = field(default_factory=dict[str, Json])
    rows: str = ""
    dry: bool = False
    events: EventSpool = field(default_factory=EventSpool)
    steps: Mapping[str, Node] = field(default_factory=dict[str, Node])


class Archive:
    """Every method raises ProblemError where the engine refuses or is gone."""

    def __init__(self, link: EngineLink) -> None:
        self._link = link

    async def lines(self, workflow_id: str = "", most: int = MOST_LINES) -> tuple[RunLine, ...]:
        """The latest runs first; of one workflow, or of all."""
        return (await self._link.ask(ListRuns(most, workflow_id))).lines

    async def open(self, run: str) -> PastRun:
        events, name = EventSpool(), past_name(run)
        self._link.take(name)  # of a time before, when nobody waited for the end
        asking = asyncio.ensure_future(self._link.ask(OpenRun(run)))
        try:
            while not asking.done():
                await asyncio.wait({asking}, timeout=_PACE)
                events.add(self._link.take(name))
        finally:
            asking.cancel()
        opened = await asking
        workflow = json_codec.read(opened.workflow.encode("utf-8", "surrogatepass")).workflow
        steps = steps_with_parts(workflow, opened.parts)
        return PastRun(run, workflow, opened.values, opened.rows, opened.dry, events, steps)

    async def pin(self, run: str, pinned: bool) -> None:
        await self._link.ask(PinRun(run, pinned))

    async def forget(self, run: str) -> None:
        await self._link.ask(ForgetRun(run))

    async def look_into(self, run: str, scope: Scope) -> Sequence[RunEvent]:
        """What every step of a scope was given and gave, as events."""
        await self._link.ask(LookInto(run, scope))
        return self._link.take(scope_name(run, scope))

    async def prompt(self, run: str, scope: Scope, node: str) -> Sequence[tuple[str, str]]:
        """What a step asked of its model first: who says what."""
        return (await self._link.ask(GetPrompt(run, scope, node))).messages

    async def items(
        self, run: str, spans: Sequence[tuple[int, int]], frame: Scope = ""
    ) -> tuple[ItemLine, ...]:
        """Rows by number, as (first, count); those of a frame are its elements or turns."""
        return (await self._link.ask(GetItems(run, tuple(spans), frame))).items

    async def value(self, run: str, reference: str) -> Json:
        """A whole value of any run by its reference."""
        return (await self._link.ask(GetValue(run, reference))).value

    def reading(self, fetch: Fetch) -> Reading:
        """All that can be asked of a run's data."""
        return Reading(fetch, self.look_into, self.items, self.prompt)

    async def export(self, run: str, path: Path, titles: Mapping[str, str], errors: Mapping[str, str]) -> int:
        """Writes the rows as a table; gives how many."""
        return (await self._link.ask(ExportRows(run, str(path), titles, errors))).n
