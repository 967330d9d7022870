"""Generated workflows in lines, races, and frames within frames, of steps that a test brings along."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, TypeAlias

from hypothesis import strategies as st

from app.document.workflow import Json, Node, Workflow
from tests.flows import flow, frame, inputs

_DEEP = 2

Part: TypeAlias = tuple[dict[str, Any], list[str], str]  # nodes, edges, and the output at their end


class DrawnWorkflow:
    """`leaf` makes a step by its name, `races` are the rules of Merges, `limits` those of a For each. `errors_lead_on`:
    some steps and frames have their error port joined.
    """

    def __init__(
        self,
        draw: st.DrawFn,
        leaf: Callable[[str], Node],
        races: Sequence[str] = ("all",),
        limits: Sequence[Mapping[str, Json]] = ({},),
        *,
        errors_lead_on: bool = False,
    ) -> None:
        self._draw = draw
        self._made = leaf
        self._races = races
        self._limits = limits
        self._errors_lead_on = errors_lead_on
        self._numbers = count()

    def whole(self) -> Workflow:
        """From the source `a` to the result `r`."""
        nodes, edges, end = self._line("a.value")
        return flow({"a": "test.source", **nodes, "r": "test.result"}, [*edges, f"{end}>r.value"])

    def turns(self) -> int:
        """Of the event loop, that a step takes."""
        return self._draw(st.sampled_from([0, 0, 1, 3, 9]))

    def _line(self, source: str, depth: int = 0) -> Part:
        """Steps one behind the other, the first behind this output."""
        makers = [self._leaf, self._leaf, self._step]
        if depth < _DEEP:
            makers += [self._race, self._loop, self._each]
        nodes: dict[str, Any] = {}
        edges: list[str] = []
        for make in self._draw(st.lists(st.sampled_from(makers), min_size=1, max_size=2)):
            more, joined, source = make(source, depth)
            nodes |= more
            edges += joined
        return nodes, edges, source

    def _leaf(self, source: str, _: int) -> Part:
        name = self._name()
        nodes, edges, end = self._with_way_out(self._made(name), "value")
        return nodes, [f"{source}>{name}.value", *edges], end

    def _step(self, source: str, _: int) -> Part:
        name = self._name()
        return {name: ("test.step", {"turns": self.turns()})}, [f"{source}>{name}.value"], f"{name}.value"

    def _race(self, source: str, depth: int) -> Part:
        name, (one, its, first), (other, others, second) = (
            self._name(),
            self._line(source, depth + 1),
            self._line(source, depth + 1),
        )
        rule = {"rule": self._draw(st.sampled_from(self._races)), "k": 1}
        ends = [f"{first}>{name}.values", f"{second}>{name}.values"]
        return {**one, **other, name: ("test.merge", rule)}, [*its, *others, *ends], f"{name}.value"

    def _loop(self, source: str, depth: int) -> Part:
        name = self._name()
        made = frame(name, "flow.loop", *self._body("variable", depth), max_turns=2)
        nodes, edges, end = self._with_way_out(made, "item")
        return nodes, [f"{source}>{name}.item", *edges], end

    def _each(self, source: str, depth: int) -> Part:
        name, two = self._name(), self._name()
        limit = self._draw(st.sampled_from(self._limits))
        made = frame(name, "flow.for_each", *self._body("item", depth), **limit)
        nodes, edges, end = self._with_way_out(made, "item")
        return (
            {**nodes, two: "test.pair"},
            [f"{source}>{two}.value", f"{two}.value>{name}.items", *edges],
            end,
        )

    def _with_way_out(self, made: Node, port: str) -> Part:
        """Its errors may go to another step, whose result then comes instead."""
        if not self._errors_lead_on or self._draw(st.booleans()):
            return {made.id: made}, [], f"{made.id}.{port}"
        other, both = self._made(self._name()), self._name()
        edges = [f"{made.id}.error>{other.id}.value"]
        edges += [f"{made.id}.{port}>{both}.values", f"{other.id}.value>{both}.values"]
        return {made.id: made, other.id: other, both: ("test.merge", {"rule": "all"})}, edges, f"{both}.value"

    def _body(self, given: str, depth: int) -> tuple[dict[str, Any], list[str]]:
        before, behind = self._name(), self._name()
        nodes, edges, end = self._line(f"{before}.item", depth + 1)
        nodes |= {before: inputs(item=given), behind: ("output.output", {"name": "item"})}
        return nodes, [*edges, f"{end}>{behind}.value"]

    def _name(self) -> str:
        return f"s{next(self._numbers)}"
