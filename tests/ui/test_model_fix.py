"""One click takes the model that a problem suggests, wherever the step names the other."""

from __future__ import annotations

from app.document.operations import SetFields
from app.document.problem import Problem
from app.document.workflow import Node
from app.ui.model_fix import fix_of, suggested_model

OLD = {"connection": "A", "kind": "anthropic", "model": "claude-2"}
PROBLEM = Problem(
    "model.misspelt",
    node="n",
    field="model",
    args={"model": "claude-2", "connection": "A", "suggestion": "claude-5"},
)


def node(**fields: object) -> Node:
    return Node("n", "model.write", fields=fields)  # type: ignore[arg-type]


def test_the_suggestion_takes_the_place_of_the_model_and_of_nothing_else() -> None:
    fix = fix_of(PROBLEM, node(model=OLD, prompt="claude-2"))
    assert isinstance(fix, SetFields)
    assert fix.fields == {"model": {**OLD, "model": "claude-5"}}


def test_models_in_rows_are_set_too() -> None:
    rows = [{"model": OLD, "check": "x"}, {"model": {**OLD, "model": "claude-4"}, "check": ""}]
    fix = fix_of(PROBLEM, node(models=rows))
    assert isinstance(fix, SetFields)
    assert fix.fields == {"models": [{"model": {**OLD, "model": "claude-5"}, "check": "x"}, rows[1]]}


def test_a_step_that_asks_for_a_role_is_not_changed() -> None:
    assert fix_of(PROBLEM, node(model={"role": "strong"})) is None
    assert fix_of(PROBLEM, None) is None
    assert fix_of(Problem("model.missing", node="n", args={"model": "claude-2"}), node(model=OLD)) is None
    assert suggested_model(Problem("connection.misspelt", args={"suggestion": "x", "connection": "y"})) == ""
