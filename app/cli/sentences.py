"""Problems and failures as the words that the terminal shows."""

from __future__ import annotations

from app.document.problem import Problem
from app.events.run_events import Failure
from app.registry.node_texts import port_of_problem
from app.texts import text


def sentence_of(problem: Problem) -> str:
    """What happened."""
    return text(f"problem.{problem.code}", **port_of_problem(problem.args))


def fix_of(problem: Problem) -> str:
    """What to do."""
    code = f"problem.{problem.code}.fix"
    sentence = text(code, **port_of_problem(problem.args))
    return "" if sentence == code else sentence


def failure_sentence(failure: Failure) -> str:
    return text(f"problem.{failure.code}", **failure.args)
