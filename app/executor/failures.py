"""Errors that Python raised as the codes with arguments that people get sentences for."""

from __future__ import annotations

from app.document.problem import Argument
from app.events.run_events import Failure
from app.sdk.errors import NodeError

_LONGEST = 500  # characters of an error's own text


def failure_of(error: BaseException) -> Failure:
    """Why an attempt failed; whatever isn't a NodeError is an author's mistake."""
    if isinstance(error, NodeError):
        return Failure(error.code, error.args_by_name, error.field)
    return Failure("node.bug", bug_args(error))


def bug_args(error: BaseException) -> dict[str, Argument]:
    """What `node.bug` and `engine.bug` say of the mistake."""
    return {"error": type(error).__name__, "detail": str(error)[:_LONGEST]}
