"""Bars: what the timeline draws of each step, computed from the run's state and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from app import figures
from app.events.run_state import NodeState, RunState
from app.texts import clauses, text

_TONES = {
    "running": "running",
    "streaming": "running",
    "retrying": "running",
    "asking": "person",
    "done": "done",
    "check_failed": "warning",
    "failed": "error",
    "cancelled": "waiting",
    "skipped": "waiting",
    "idle": "waiting",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One step's row: from `start` to `end` seconds; `live` bars still grow, their text lies inside."""

    node: str
    start: float
    end: float
    tone: str
    live: bool
    words: str
    cost: str = ""


def tone_of(status: str) -> str:
    """The state colour of a node's status."""
    return _TONES.get(status, "waiting")


def bars(run: RunState, elapsed: float) -> list[Bar]:
    """The rows in the order in which steps began; steps that never began have none."""
    begun = [node for node in run.nodes.values() if node.first is not None]
    begun.sort(key=lambda node: node.first or 0.0)
    return [_bar(node, elapsed, over_rows=run.rows is not None) for node in begun]


def _bar(node: NodeState, elapsed: float, *, over_rows: bool) -> Bar:
    start = node.first or 0.0
    live = node.active > 0
    end = elapsed if live or node.last is None else node.last
    return Bar(
        node.node,
        start,
        max(start, end),
        tone_of(node.status),
        live,
        _live_words(node, over_rows) if live else _words(node, over_rows),
        figures.cost(node.cost) if node.calls and live else "",
    )


def _live_words(node: NodeState, over_rows: bool) -> str:
    if over_rows:
        return text("runs.bar.rows_active", n=node.active, done=figures.count(node.settled - node.skipped))
    if node.status == "streaming":
        return text("runs.bar.writing")
    if node.status == "asking":
        return text("runs.bar.asking")
    retry = node.latest.retry if node.latest else None
    if node.status == "retrying" and retry:
        return text("runs.bar.retrying", attempt=retry.attempt + 1, attempts=retry.attempts)
    return text("runs.bar.running")


def _words(node: NodeState, over_rows: bool) -> str:
    parts = [_outcome(node, over_rows)]
    if node.calls:
        parts.append(figures.cost(node.cost))
    return " · ".join(part for part in parts if part)


def _outcome(node: NodeState, over_rows: bool) -> str:
    verdicts = node.verdicts
    if verdicts.n > 1:
        return text("runs.bar.passed", passed=figures.count(verdicts.passed), n=figures.count(verdicts.n))
    if over_rows:
        said = [text("runs.bar.rows_done", n=figures.count(node.ok))]
        if node.failed:
            said.append(text("runs.bar.rows_failed", n=figures.count(node.failed)))
        return clauses(said)
    if verdicts.n:
        word = "passed" if verdicts.passed else "failed" if verdicts.failed else "not_checked"
        return text(f"verdict.{word}")
    if node.failure:
        return text("state.failed")
    return figures.seconds((node.last or 0.0) - (node.first or 0.0))
