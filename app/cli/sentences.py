"""Problems and failures as the words that the terminal shows."""

from __future__ import annotations

from app.document.problem import Problem
from app.events.run_events import Failure
from app.registry.node_texts import problem_args
from app.texts import text


def sentence_of(problem: Problem) -> str:
    """What happened."""
    return text(f"problem.{problem.code}", **problem_args(problem.args))


def fix_of(problem: Problem) -> str:
    """What to do."""
    code = f"problem.{problem.code}.fix"
    sentence = text(code, **problem_args(problem.args))
    return "" if sentence == code else sentence


def failure_sentence(failure: Failure) -> str:
    return text(f"problem.{failure.code}", **problem_args(failure.args))
