"""Runs written down as events, for tests of what the panel makes of them."""

from __future__ import annotations

from decimal import Decimal

from app.costs.cost import Cost
from app.costs.usage import Usage
from app.document.workflow import Json
from app.events.run_events import (
    Failure,
    ModelCalled,
    NodeSettled,
    NodeStarted,
    Preview,
    RowSettled,
    RunEvent,
    RunStarted,
)
from app.events.run_state import RunState

TIMEOUT = Failure("model.timeout", {"seconds": 30})


def priced(amount: str) -> Cost:
    return Cost(Decimal(amount), "priced")


def called(node: str, cost: str, scope: str = "", t: float = 1.0) -> list[RunEvent]:
    """One step that asks a model and is done."""
    return [
        NodeStarted(t - 1, node, scope),
        ModelCalled(t, node, scope, "model", "account", Usage(10, 5), priced(cost), 1.0),
        NodeSettled(t, node, scope, "ok", 1.0, 1, 1, Usage(10, 5), priced(cost), "model"),
    ]


def checked(node: str, scope: str, passed: bool, t: float, expected: str = "a") -> list[RunEvent]:
    """One verifier that has spoken."""
    word = "passed" if passed else "failed"
    verdict: dict[str, Json] = {
        "verdict": word,
        "reasons": [{"code": "equals", "verdict": word, "args": {"expected": expected}}],
    }
    return [NodeStarted(t, node, scope), NodeSettled(t, node, scope, "ok", 0.0, 1, verdict=verdict)]


def over_rows() -> RunState:
    """Six rows: done, escalated and done, check failed, failed, running, waiting."""
    run = RunState()
    run.apply(RunStarted("r", "w", "W", "d", "now", ("ask", "cheap", "first", "last"), 6))
    for row in range(5):
        scope = f"#{row}"
        said = {"message": Preview(f"message {row}", "text", 9)}
        run.apply_all([NodeStarted(row, "ask", scope), NodeSettled(row, "ask", scope, "ok", outputs=said)])
    run.apply_all(
        [*called("cheap", "0.001", "#0", 1.0), *checked("first", "#0", True, 1.1), RowSettled(1.2, 0, "done")]
    )
    run.apply_all(
        [
            *called("cheap", "0.001", "#1", 2.0),
            *checked("first", "#1", False, 2.1),
            *checked("last", "#1", True, 2.2),
        ]
    )
    run.apply(RowSettled(2.3, 1, "done"))
    run.apply_all(
        [*checked("first", "#2", False, 3.0), *checked("last", "#2", False, 3.1), RowSettled(3.2, 2, "done")]
    )
    run.apply_all(
        [NodeStarted(3.0, "cheap", "#3"), NodeSettled(3.5, "cheap", "#3", "failed", 0.5, 3, failure=TIMEOUT)]
    )
    run.apply(RowSettled(3.6, 3, "failed", TIMEOUT, "cheap"))
    run.apply(NodeStarted(4.0, "cheap", "#4"))
    return run
