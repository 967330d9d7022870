"""Partial runs: the part of a workflow that is to run, inside frames too."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from app.document.graph import ancestors
from app.document.workflow import Edge, Graph
from app.planner.draft import Draft
from app.planner.plan import Plan, PlanStep


def narrowed(draft: Draft, to: str = "", pinned: Collection[str] = ()) -> Draft:
    """Only the step `to` and what leads to it; nothing that leads only to pinned steps. Both are called as in a plan.

    A body keeps what its frame is given; that of a Loop also what makes the next turn's values, and that of an agent
    everything, since its model chooses.
    """
    holder, graph = _holder(draft, to), draft.graph
    if holder:
        graph = _leading_to(graph, [holder, *_given(draft), *_next_values(draft)])
    held = frozenset(name for name in pinned if name in graph.nodes)
    if held:
        ends = graph.nodes.keys() - {edge.source.node for edge in graph.edges}
        edges = tuple(edge for edge in graph.edges if edge.target.node not in held)
        graph = _leading_to(replace(graph, edges=edges), [*ends, *_given(draft)])
    bodies = {
        name: narrowed(
            body, "".join(_inside(draft, name, [to])) if name == holder else "", _inside(draft, name, pinned)
        )
        for name, body in draft.bodies.items()
        if name in graph.nodes and name not in held
    }
    if draft.frame and draft.frame.spec and draft.frame.spec.type.frame == "agent":
        return replace(draft, bodies=bodies)
    return _cut_to(replace(draft, bodies=bodies, held=held), graph)


def is_there(draft: Draft, step: str) -> bool:
    """Whether the workflow has such a step, at any depth; called as in a plan."""
    return bool(_holder(draft, step))


def before(plan: Plan, start_from: str) -> frozenset[str]:
    """The steps, on its own level and on those around it, that a run from this one does not run again, with all that
    lies in them.
    """
    around = next((step for step in plan.steps if start_from in (step.id, *_ids_within(step))), None)
    if around is None:
        return frozenset()
    again, waiting = {around.index}, [around.index]
    while waiting:
        reached = {edge.target for edge in plan.steps[waiting.pop()].outgoing} - again
        again |= reached
        waiting += reached
    left = [step for step in plan.steps if step.index not in again]
    stays = frozenset(name for step in left for name in (step.id, *_ids_within(step)))
    return (
        stays
        if around.id == start_from or around.frame is None
        else stays | before(around.frame.body, start_from)
    )


def _ids_within(step: PlanStep) -> tuple[str, ...]:
    return step.frame.body.ids if step.frame else ()


def _holder(draft: Draft, step: str) -> str:
    """The node of this level that is the step, or in which it lies; "" where there is none."""
    if step in draft.graph.nodes:
        return step
    inside = ((name, body, _inside(draft, name, [step])) for name, body in draft.bodies.items())
    return next((name for name, body, known in inside if known and _holder(body, known[0])), "")


def _inside(draft: Draft, frame: str, steps: Iterable[str]) -> list[str]:
    """What the body of a frame calls those of the steps that may lie there: a Sub-workflow has names of its own."""
    if draft.bodies[frame].workflow is draft.workflow:
        return list(steps)
    head = f"{frame}/"
    return [step.removeprefix(head) for step in steps if step.startswith(head)]


def _given(draft: Draft) -> Iterator[str]:
    return (name for name, node in draft.nodes.items() if node.spec and node.spec.type.gives(node.fields))


def _next_values(draft: Draft) -> Iterator[str]:
    if draft.frame and draft.frame.spec and draft.frame.spec.type.frame == "loop":
        for name, node in draft.nodes.items():
            if node.spec and node.spec.type.result_name(node.fields):
                yield name


def _leading_to(graph: Graph, ends: Iterable[str]) -> Graph:
    kept = {name for end in ends for name in (end, *ancestors(graph, end))}
    nodes = {name: node for name, node in graph.nodes.items() if name in kept}
    return Graph(
        nodes, tuple(edge for edge in graph.edges if edge.source.node in kept and edge.target.node in kept)
    )


def _cut_to(draft: Draft, graph: Graph) -> Draft:
    if graph is draft.graph:
        return draft
    edges = set(graph.edges)

    def joined(table: dict[str, tuple[Edge, ...]]) -> dict[str, tuple[Edge, ...]]:
        return {name: tuple(edge for edge in table[name] if edge in edges) for name in graph.nodes}

    return replace(
        draft,
        graph=graph,
        nodes={name: draft.nodes[name] for name in graph.nodes},
        incoming=joined(dict(draft.incoming)),
        outgoing=joined(dict(draft.outgoing)),
        too_deep=tuple(name for name in draft.too_deep if name in graph.nodes),
        tools={name: tools for name, tools in draft.tools.items() if name in draft.bodies},
    )
