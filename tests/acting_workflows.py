"""Generated workflows whose steps act outside: in lines, in races, and in frames within frames."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from hypothesis import strategies as st

from app.document.workflow import Node, OnError, Retry, Workflow
from tests.flows import flow, frame, inputs

_DEEP = 2


@st.composite
def acting_workflows(draw: st.DrawFn, policies: Sequence[str], ends: Sequence[str]) -> Workflow:
    """`ends` are how a try may end, as `tests.acts` calls it."""
    nodes, edges, end = _Drawn(draw, policies, ends).line("a.value")
    return flow({"a": "test.source", **nodes, "r": "test.result"}, [*edges, f"{end}>r.value"])


_Part = tuple[dict[str, Any], list[str], str]  # nodes, edges, and the output at their end


class _Drawn:
    def __init__(self, draw: st.DrawFn, policies: Sequence[str], ends: Sequence[str]) -> None:
        self._draw = draw
        self._policies = policies
        self._ends = ends
        self._numbers = count()

    def line(self, source: str, depth: int = 0) -> _Part:
        """Steps one behind the other, the first behind this output."""
        makers = [self._act, self._act, self._step]
        if depth < _DEEP:
            makers += [self._race, self._loop, self._each]
        nodes: dict[str, Any] = {}
        edges: list[str] = []
        for make in self._draw(st.lists(st.sampled_from(makers), min_size=1, max_size=2)):
            more, joined, source = make(source, depth)
            nodes |= more
            edges += joined
        return nodes, edges, source

    def _act(self, source: str, _: int) -> _Part:
        name = self._name()
        ends = self._draw(st.lists(st.sampled_from(self._ends), max_size=3))
        policy = OnError(self._draw(st.sampled_from(self._policies)), "f")  # type: ignore[arg-type]
        fields = {"ends": ends, "turns": self._turns()}
        node = Node(name, "test.act", fields=fields, on_error=policy, retry=Retry(attempts=2))
        return {name: node}, [f"{source}>{name}.value"], f"{name}.value"

    def _step(self, source: str, _: int) -> _Part:
        name = self._name()
        return {name: ("test.step", {"turns": self._turns()})}, [f"{source}>{name}.value"], f"{name}.value"

    def _race(self, source: str, depth: int) -> _Part:
        name, (one, its, first), (other, others, second) = (
            self._name(),
            self.line(source, depth + 1),
            self.line(source, depth + 1),
        )
        rule = {"rule": self._draw(st.sampled_from(["first", "first", "k", "all"])), "k": 1}
        ends = [f"{first}>{name}.values", f"{second}>{name}.values"]
        return {**one, **other, name: ("test.merge", rule)}, [*its, *others, *ends], f"{name}.value"

    def _loop(self, source: str, depth: int) -> _Part:
        name = self._name()
        body = self._body("variable", depth)
        made = frame(name, "flow.loop", *body, max_turns=2)
        return {name: made}, [f"{source}>{name}.item"], f"{name}.item"

    def _each(self, source: str, depth: int) -> _Part:
        name, two = self._name(), self._name()
        made = frame(name, "flow.for_each", *self._body("item", depth))
        edges = [f"{source}>{two}.value", f"{two}.value>{name}.items"]
        return {name: made, two: "test.pair"}, edges, f"{name}.item"

    def _body(self, given: str, depth: int) -> tuple[dict[str, Any], list[str]]:
        before, behind = self._name(), self._name()
        nodes, edges, end = self.line(f"{before}.item", depth + 1)
        nodes |= {before: inputs(item=given), behind: ("output.output", {"name": "item"})}
        return nodes, [*edges, f"{end}>{behind}.value"]

    def _turns(self) -> int:
        return self._draw(st.sampled_from([0, 0, 1, 3, 9]))

    def _name(self) -> str:
        return f"s{next(self._numbers)}"
