"""Generated workflows whose steps act outside: in lines, in races, and in frames within frames."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from app.document.workflow import Node, OnError, Retry, Workflow
from tests.drawn_workflows import DrawnWorkflow


@st.composite
def acting_workflows(draw: st.DrawFn, policies: Sequence[str], ends: Sequence[str]) -> Workflow:
    """`ends` are how a try may end, as `tests.acts` calls it."""

    def act(name: str) -> Node:
        tries = draw(st.lists(st.sampled_from(ends), max_size=3))
        policy = OnError(draw(st.sampled_from(policies)), "f")  # type: ignore[arg-type]
        fields = {"ends": tries, "turns": drawn.turns()}
        return Node(name, "test.act", fields=fields, on_error=policy, retry=Retry(attempts=2))

    drawn = DrawnWorkflow(draw, act, races=["first", "first", "k", "all"])
    return drawn.whole()
