"""Moment words: one event of a run as a short sentence."""

from __future__ import annotations

from collections.abc import Callable

from app import figures
from app.events.run_events import (
    BudgetReached,
    NodeSettled,
    NodeStarted,
    PersonAsked,
    Retrying,
    RowSettled,
    RunEvent,
    RunFinished,
    StepsComputed,
)
from app.events.run_state import row_of
from app.texts import text
from app.ui.problem_words import what_happened

_SOURCES = {"cache": "cache", "record": "given", "pin": "given"}


def moment_words(event: RunEvent, title: Callable[[str], str]) -> str:
    """What has just happened, and when; `title` names a step."""
    said = _said(event, title)
    at = getattr(event, "t", None)
    return text("history.moment", time=figures.seconds(at), what=said) if said and at is not None else said


def _said(event: RunEvent, title: Callable[[str], str]) -> str:
    match event:
        case NodeStarted() | NodeSettled() | Retrying() | PersonAsked():
            return _of_step(event, title)
        case StepsComputed(t, scope, (step, *_)):
            return _of_step(NodeSettled(t, step.node, scope, "ok"), title)
        case BudgetReached():
            return text("history.moment.budget")
        case RowSettled(frame=""):
            return text(f"history.moment.row_{event.status}", row=figures.count(event.row + 1))
        case RunFinished():
            return text(f"history.moment.end_{event.status}")
        case _:
            return ""


def _of_step(event: NodeStarted | NodeSettled | Retrying | PersonAsked, title: Callable[[str], str]) -> str:
    why = ""
    match event:
        case NodeStarted():
            what = "started"
        case Retrying():
            what = "retrying"
        case PersonAsked():
            what = "asked"
        case NodeSettled(failure=failure):
            what = "failed" if failure else _SOURCES.get(event.source, event.status)
            why = what_happened(failure) if failure else ""
    said = text(f"history.moment.{what}", step=title(event.node), why=why)
    row = row_of(event.scope)
    return text("history.moment.in_row", what=said, row=figures.count(row + 1)) if row >= 0 else said
