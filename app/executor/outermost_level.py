"""The outermost steps of an earlier run, beside what its records say: their inputs, and those that left no record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from app.events.run_events import NodeSettled, NodeStarted, Preview, RunEvent
from app.events.run_state import frames_of
from app.executor.journal import StepRecord


class OutermostLevel:
    """Made of what a revisit of the outermost scope gave; empty where there was none, as in a run over rows."""

    def __init__(self, events: Sequence[RunEvent]) -> None:
        self._events = events
        self._inputs = {event.node: event.inputs for event in events if isinstance(event, NodeStarted)}
        self._recorded: set[str] = set()
        self._spans: dict[
            str, tuple[float, float]
        ] = {}  # of frames: from the first record within to the last

    def note(self, record: StepRecord) -> None:
        """One of the run's records."""
        if not record.scope:
            self._recorded.add(record.node)
        elif self._events and (around := frames_of(record.scope)):
            begun, ended = self._spans.get(around[0], (record.at, 0.0))
            ended = max(ended, round(record.at + record.seconds, 4))
            self._spans[around[0]] = (min(begun, record.at), ended)

    def inputs(self, record: StepRecord) -> Mapping[str, Preview]:
        return {} if record.scope else self._inputs.get(record.node, {})

    def rest(self) -> list[RunEvent]:
        """What no record tells: pure steps that were not noted, frames, skipped steps. Nothing that comes behind a
        frame is told before it.
        """
        told: list[RunEvent] = []
        latest = 0.0
        for event in self._events:
            if not isinstance(event, (NodeStarted, NodeSettled)) or event.node in self._recorded:
                continue
            begun, ended = self._spans.get(event.node, (latest, latest))
            if isinstance(event, NodeStarted):
                told.append(replace(event, t=max(event.t, begun)))
            else:
                latest = max(latest, ended)
                told.append(replace(event, t=max(event.t, ended), seconds=round(ended - begun, 4)))
        return told
