"""What a frame's card says of what is inside it: how many steps, how far a run is, what it cost."""

from __future__ import annotations

from app import figures
from app.document.graph import every_node
from app.document.workflow import Node
from app.events.run_state import FrameState, RunState
from app.texts import text
from app.ui.canvas.card import Fact
from app.ui.canvas.card_state import total_of


def steps_inside(node: Node) -> str:
    """How many steps a frame holds, in words."""
    inside = sum(1 for _ in every_node(node.body)) if node.body else 0
    return text("canvas.frame.steps", n=inside)


def frame_facts(run: RunState | None, node: str, *, opens: bool) -> tuple[Fact, ...]:
    """The chips of a frame that a run has reached: how far it is, what failed, what it cost."""
    seen = run.frames.get(node) if run else None
    if seen is None:
        return ()
    facts = [_how_far(seen)] if opens else []  # a Sub-workflow has no elements or turns to count
    if seen.failed:
        facts.append(Fact(text("canvas.fact.failed", shown=figures.count(seen.failed)), "error"))
    cost = total_of([node], run)
    return (*facts, cost) if cost else tuple(facts)


def progress_inside(run: RunState | None, node: str) -> float | None:
    """How much of a frame is through, 0..1, while the run goes on and it isn't; None where that can't be said."""
    seen = run.frames.get(node) if run and not run.is_over else None
    return _through(seen) / seen.total if seen and 0 <= _through(seen) < seen.total else None


def _how_far(seen: FrameState) -> Fact:
    through = figures.count(_through(seen))
    if seen.total < 0:
        return Fact(text("canvas.frame.through", n=_through(seen), shown=through))
    whole = text("canvas.fact.of", part=through, whole=figures.count(seen.total))
    return Fact(whole, "done" if seen.done == seen.total else "")


def _through(seen: FrameState) -> int:
    return seen.done + seen.failed
