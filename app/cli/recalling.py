"""A run of the journal, recalled as views show it."""

from __future__ import annotations

from dataclasses import dataclass

from app.cli import opening
from app.cli.naming import listed
from app.document import json_codec
from app.document.problem import Problem, ProblemError
from app.document.workflow import Workflow
from app.engine import Engine
from app.events.run_state import RunState
from app.executor.journal import Journal, JournalError, RunHead, RunSummary
from app.executor.recalled import past_events, steps_of


@dataclass(frozen=True, slots=True)
class Recalled:
    """`workflow` lists every step, those inside frames too."""

    head: RunHead
    summary: RunSummary
    journal: Journal
    workflow: Workflow
    state: RunState


async def look(engine: Engine, run: str) -> tuple[RunHead, RunSummary, Journal]:
    """Raises ProblemError `run.unknown`, `journal.*`."""
    try:
        return await engine.runs.look(run)
    except KeyError:
        raise ProblemError(Problem("run.unknown", args={"run": run})) from None
    except JournalError as error:
        raise ProblemError(error.problem) from error


async def recall(engine: Engine, run: str) -> Recalled:
    """Raises ProblemError as `look`."""
    head, summary, journal = await look(engine, run)
    state = RunState()
    try:
        async for batch in past_events(head, summary, journal, await engine.outermost(head)):
            state.apply_all(batch)
    except JournalError as error:
        raise ProblemError(error.problem) from error
    workflow = listed(frozen(head), steps_of(head), opening.title_of(engine.registry))
    return Recalled(head, summary, journal, workflow, state)


def frozen(head: RunHead) -> Workflow:
    """The workflow as it was when the run began."""
    return json_codec.read(head.workflow.encode()).workflow
