"""Problem words: the sentences of a Problem or a Failure, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.document.problem import Problem
from app.events.run_events import Failure
from app.registry.node_texts import problem_args
from app.texts import has, sentences, text
from app.ui.model_words import role_title


def what_happened(problem: Problem | Failure) -> str:
    """The sentence that says what happened."""
    return text(f"problem.{problem.code}", **_args(problem))


def what_to_do(problem: Problem | Failure) -> str:
    """The sentence that says what to do; "" where nothing can be said."""
    code = f"problem.{problem.code}.fix"
    return text(code, **_args(problem)) if has(code, "en") else ""


def in_short(problems: tuple[Problem, ...]) -> str:
    """What happened and what to do, one line a problem."""
    return "\n".join(sentences(what_happened(p), what_to_do(p)) for p in problems)


def _args(problem: Problem | Failure) -> Mapping[str, Any]:
    """A role and an input go by the names that people read everywhere else."""
    args, role = problem_args(problem.args), problem.args.get("role")
    return {**args, "role": role_title(role)} if isinstance(role, str) else args
