"""The inputs of a run, checked against what the workflow asks for before anything starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.document.problem import Problem, ProblemError
from app.document.workflow import Json
from app.planner.plan import Plan
from app.sdk.errors import NodeError
from app.sdk.node_type import AskedInput
from app.sdk.typed_values import typed


def check_inputs(plan: Plan, values: Mapping[str, Json], *, complete: bool) -> None:
    """Raises ProblemError `run.input_*`. `complete` False: rows will bring what is missing."""
    problems = tuple(_problems(plan, values, complete=complete))
    if problems:
        raise ProblemError(*problems)


def _problems(plan: Plan, values: Mapping[str, Json], *, complete: bool) -> Iterator[Problem]:
    asked = {ask.name: ask for ask in plan.asks}
    for name in values:
        if name not in asked:
            yield Problem("run.input_unknown", args={"name": name, "known": tuple(asked)})
    for name, ask in asked.items():
        value = values.get(name)
        if value is None or value == "":
            if complete and ask.required and ask.default is None:
                yield Problem("run.input_missing", args={"name": name})
        elif not _fits(ask, value):
            yield Problem("run.input_wrong", args={"name": name, "expected": ask.type})


def _fits(ask: AskedInput, value: Json) -> bool:
    try:
        typed(value, ask.type, ask.name)
    except NodeError:
        return False
    return True
