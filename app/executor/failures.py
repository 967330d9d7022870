"""Errors that Python raised as the codes with arguments that people get sentences for."""

from __future__ import annotations

from collections.abc import Mapping

from app.document.characters import whole_text
from app.document.problem import Argument
from app.events.run_events import Failure
from app.sdk.errors import NodeError

IN_DOUBT = "effect.in_doubt"
_LONGEST = 500  # characters of an error's own text


def failure_of(error: BaseException) -> Failure:
    """Why an attempt failed; whatever isn't a NodeError is an author's mistake."""
    if isinstance(error, NodeError):
        return Failure(error.code, _whole(error.args_by_name), error.field)
    return Failure("node.bug", bug_args(error))


def in_doubt(failure: Failure) -> Failure:
    """The same of an effect outside of which nobody knows whether it happened; `cause` is the code of before."""
    return Failure(IN_DOUBT, {**failure.args, "cause": failure.code}, failure.field)


def bug_args(error: BaseException) -> dict[str, Argument]:
    """What `node.bug` and `engine.bug` say of the mistake."""
    return {"error": type(error).__name__, "detail": whole_text(str(error)[:_LONGEST])}


def _whole(args: Mapping[str, Argument]) -> dict[str, Argument]:
    """A failure may quote what a server said, and that may hold half a character."""
    return {name: whole_text(value) if isinstance(value, str) else value for name, value in args.items()}
