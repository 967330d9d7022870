"""The fix of a Problem about a model: the one that is suggested, set in the step that asks for the other."""

from __future__ import annotations

from collections.abc import Mapping

from app.document.operations import Operation, SetFields
from app.document.problem import Problem
from app.document.workflow import Json, Node


def suggested_model(problem: Problem) -> str:
    """The model that a Problem suggests; empty where it suggests none."""
    suggestion = problem.args.get("suggestion")
    about_a_model = problem.code.startswith("model.") and isinstance(problem.args.get("model"), str)
    return suggestion if about_a_model and isinstance(suggestion, str) else ""


def fix_of(problem: Problem, node: Node | None) -> Operation | None:
    """The change that takes the suggestion; None where the step names the model nowhere (it asks for a role)."""
    suggestion = suggested_model(problem)
    if not suggestion or node is None:
        return None
    before = str(problem.args["model"])
    changed = {
        name: after
        for name, value in node.fields.items()
        if (after := _taken(value, before, suggestion)) != value
    }
    return SetFields(node.id, changed) if changed else None


def _taken(value: Json, model: str, suggestion: str) -> Json:
    if isinstance(value, Mapping):
        if value.get("model") == model and "connection" in value:
            return {**value, "model": suggestion}
        return {name: _taken(part, model, suggestion) for name, part in value.items()}
    if isinstance(value, list):
        return [_taken(part, model, suggestion) for part in value]
    return value
