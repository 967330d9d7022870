"""One run over several lives, in memory: stopped, gone on with, and asked what was recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from app.document.workflow import Json, Workflow
from app.events.run_events import ModelCalled, PersonAsked, RunEvent, RunPaused
from app.executor.doors import Limits
from app.executor.executor import Execution
from app.executor.journal import RunHead
from app.executor.memory_journal import MemoryRuns
from app.executor.past import Keeping, Past
from app.sdk.context import Answer, Decision
from tests.flows import ScriptedModels, doors, events_of, plan, rows_of

HEAD = RunHead("r", "w", "Test", "d", "2026-01-01T00:00:00Z", "{}")


class Lives:
    """One run over several lives, in one store; what a life does not finish is cut off."""

    def __init__(self, workflow: Workflow, models: ScriptedModels | None = None, **more: Any) -> None:
        self.workflow = workflow
        self.models = models or ScriptedModels()
        self.runs = MemoryRuns()
        self.more = more
        self.begun = False

    async def journal(self) -> Any:
        if not self.begun:
            self.begun = True
            return await self.runs.begin(HEAD)
        await self.runs.leave("r")
        return (await self.runs.reopen("r"))[2]

    async def start(
        self,
        rows: Sequence[Mapping[str, Json]] | None = None,
        past: Past | None = None,
        limits: Limits | None = None,
        cache: Any = None,
    ) -> Execution:
        keeping = Keeping(await self.journal(), cache, past or Past())
        source = rows_of(rows) if rows is not None else None
        count = None if rows is None else len(rows)
        values = self.more.get("values", {})
        through = doors(self.models, self.more.get("price", "0"))
        return Execution(
            self.more.get("plan") or plan(self.workflow),
            through,
            limits or Limits(),
            "r",
            values,
            source,
            count,
            keeping,
        )

    async def run(self, **more: Any) -> tuple[Execution, list[RunEvent]]:
        execution = await self.start(**more)
        return execution, await events_of(execution)

    async def cut_after(self, calls: int, **more: Any) -> list[RunEvent]:
        """A life that is stopped once so many calls have ended."""
        execution = await self.start(**more)
        events: list[RunEvent] = []
        answer, left = self.models.answer, calls

        def last(text: str) -> str:
            nonlocal left
            left -= 1
            self.models.hold = None if left else asyncio.Event()  # the next one is still under way at the end
            return answer(text)

        self.models.answer = last
        async for batch in execution.batches():
            events += batch
            if sum(isinstance(event, ModelCalled) for event in events) >= calls:
                execution.stop()
        self.models.answer, self.models.hold = answer, None
        return events


async def answered(
    execution: Execution, decisions: Decision | Mapping[str, Decision]
) -> tuple[list[RunEvent], list[PersonAsked]]:
    """What a life came to whose questions were all answered, and these. By step; "approved" where none is named."""
    events: list[RunEvent] = []
    async with asyncio.timeout(60):
        async for batch in execution.batches():
            events += batch
            if any(isinstance(event, RunPaused) for event in batch):
                for asked in [e for e in events if isinstance(e, PersonAsked)]:
                    said = decisions if isinstance(decisions, str) else decisions.get(asked.node, "approved")
                    execution.answer(asked.node, asked.scope, Answer(said, asked.value))
    return events, [e for e in events if isinstance(e, PersonAsked)]
