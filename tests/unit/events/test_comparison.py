"""Two runs compared: what differs is said, what is the same is not."""

from __future__ import annotations

from app.events.comparison import compare
from app.events.run_events import NodeSettled, NodeStarted, Preview, RunEvent, RunStarted
from app.events.run_state import RunState


def run_of(*events: RunEvent, nodes: tuple[str, ...] = ("a", "b")) -> RunState:
    run = RunState()
    run.apply(RunStarted("r", "w", "W", "d", "now", nodes))
    run.apply_all(events)
    return run


def answered(node: str, text: str, scope: str = "", model: str = "") -> list[RunEvent]:
    settled = NodeSettled(
        1.0,
        node,
        scope,
        "ok",
        model=model,
        source="cache" if model else "",
        outputs={"text": Preview(text, "text", 1)},
    )
    return [NodeStarted(0.0, node, scope), settled]


def test_the_same_answers_are_no_difference() -> None:
    left, right = run_of(*answered("a", "x")), run_of(*answered("a", "x"))
    assert [pair.differs for pair in compare(left, right)] == [False, False]


def test_another_answer_another_model_and_a_step_that_is_gone_are() -> None:
    left = run_of(*answered("a", "x"), *answered("b", "same", model="small"))
    right = run_of(*answered("a", "y"), *answered("b", "same", model="large"), nodes=("a", "b", "c"))
    pairs = {pair.node: pair for pair in compare(left, right)}
    assert pairs["a"].differs
    assert pairs["a"].left is not None
    assert pairs["a"].right is not None
    assert (pairs["a"].left.answer, pairs["a"].right.answer) == ("x", "y")
    assert pairs["b"].differs
    assert pairs["c"].left is None
    assert pairs["c"].differs


def test_rows_are_compared_one_by_one() -> None:
    left = run_of(*answered("a", "x", "#0"), *answered("a", "y", "#1"), *answered("a", "z", "#2"))
    right = run_of(*answered("a", "x", "#0"), *answered("a", "Y", "#1"))
    pair = compare(left, right)[0]
    assert (pair.compared, len(pair.parted), pair.differs) == (2, 1, True)
