"""Problem words: the sentences of a Problem or a Failure, and what to do about it."""

from __future__ import annotations

from app.document.problem import Problem
from app.events.run_events import Failure
from app.texts import has, text


def what_happened(problem: Problem | Failure) -> str:
    """The sentence that says what happened."""
    return text(f"problem.{problem.code}", **problem.args)


def what_to_do(problem: Problem | Failure) -> str:
    """The sentence that says what to do; "" where nothing can be said."""
    code = f"problem.{problem.code}.fix"
    return text(code, **problem.args) if has(code, "en") else ""


def in_short(problems: tuple[Problem, ...]) -> str:
    """What happened and what to do, one line a problem."""
    return "\n".join(" ".join(filter(None, (what_happened(p), what_to_do(p)))) for p in problems)
