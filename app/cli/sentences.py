"""Problems and failures as the words that the terminal shows."""

from __future__ import annotations

from app.document.problem import Problem
from app.events.run_events import Failure
from app.registry.node_texts import problem_args
from app.texts import has, sentences, text


def sentence_of(problem: Problem) -> str:
    """What happened."""
    return text(f"problem.{problem.code}", **problem_args(problem.args))


def fix_of(problem: Problem) -> str:
    """What to do; in a terminal there may be one way more than in the window."""
    codes = (f"problem.{problem.code}.fix", f"problem.{problem.code}.fix.terminal")
    return sentences(*(text(code, **problem_args(problem.args)) for code in codes if has(code, "en")))


def failure_sentence(failure: Failure) -> str:
    return text(f"problem.{failure.code}", **problem_args(failure.args))
