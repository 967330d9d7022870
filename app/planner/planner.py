"""The planner: a workflow and the registry give a plan, or the Problems that keep it from running."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.document.graph import find_cycle, topological_order
from app.document.problem import Problem
from app.document.workflow import Layout, Workflow
from app.planner.checks import CHECKS, ModelResolver, PriceLookup, budget_can_hold, models_are_there
from app.planner.draft import Draft, DraftNode, SpecLookup, draft_of
from app.planner.plan import AlwaysSkipped, Plan, PlanEdge, PlanStep
from app.sdk.data_types import CONVERSIONS
from app.sdk.ports import ERROR_PORT, Ports


@dataclass(frozen=True, slots=True)
class Planned:
    """`plan` is there unless a Problem is an error; warnings come along with it."""

    plan: Plan | None
    problems: tuple[Problem, ...]


def make_plan(
    workflow: Workflow,
    digest: str,
    spec_of: SpecLookup,
    resolve: ModelResolver,
    has_price: PriceLookup | None = None,
) -> Planned:
    """Checks everything that can be known before the run, and compiles. Opens and asks nothing.

    `spec_of` gives a type's NodeSpec or None; `resolve` gives a model's facts or raises NodeError. `has_price` is
    given where a budget binds: it says whether a model's price is known.
    """
    draft = draft_of(workflow, spec_of)
    problems = [problem for check in CHECKS for problem in check(draft)]
    problems += models_are_there(draft, resolve)
    problems += budget_can_hold(draft, resolve, has_price) if has_price else ()
    cycle = find_cycle(workflow.graph)
    if cycle:
        problems.append(Problem("workflow.cycle", node=cycle[0], args={"nodes": tuple(cycle)}))
    if any(problem.severity == "error" for problem in problems):
        return Planned(None, tuple(problems))
    return Planned(_compile(draft, digest), tuple(problems))


def _compile(draft: Draft, digest: str) -> Plan:
    order = topological_order(draft.workflow.graph, _reading_order(draft.workflow.layout))
    index = {node: i for i, node in enumerate(order)}
    edges = _edges(draft, index)
    incoming: list[list[PlanEdge]] = [[] for _ in order]
    outgoing: list[list[PlanEdge]] = [[] for _ in order]
    for edge in edges:
        incoming[edge.target].append(edge)
        outgoing[edge.source].append(edge)
    steps = tuple(
        _step(i, draft.nodes[node], tuple(incoming[i]), tuple(outgoing[i])) for i, node in enumerate(order)
    )
    asking = [node for node in draft.nodes.values() if node.spec and not node.node.disabled]
    asks = {ask.name: ask for node in asking if node.spec for ask in node.spec.type.asks(node.fields)}
    samples = [row for node in asking if node.spec for row in node.spec.type.samples(node.fields)]
    degrees = tuple(len(into) for into in incoming)
    return Plan(draft.workflow, digest, steps, edges, degrees, tuple(asks.values()), tuple(samples))


def _reading_order(layout: Layout) -> Callable[[str], tuple[int, int]]:
    """As people read the canvas, from left to right; for the order of reports, a run doesn't depend on it."""
    return lambda node: layout.positions.get(node, (0, 0))


def _edges(draft: Draft, index: dict[str, int]) -> tuple[PlanEdge, ...]:
    compiled: list[PlanEdge] = []
    for edge in draft.workflow.graph.edges:
        source, target = draft.nodes[edge.source.node], draft.nodes[edge.target.node]
        out, into = source.output(edge.source.port), target.ports.input(edge.target.port)
        convert = CONVERSIONS.get((out.type, into.type)) if out and into else None
        compiled.append(
            PlanEdge(
                len(compiled),
                index[edge.source.node],
                edge.source.port,
                index[edge.target.node],
                edge.target.port,
                convert,
            )
        )
    return tuple(compiled)


def _step(
    i: int, draft: DraftNode, incoming: tuple[PlanEdge, ...], outgoing: tuple[PlanEdge, ...]
) -> PlanStep:
    node, spec = draft.node, draft.spec
    skipped: AlwaysSkipped = "disabled" if node.disabled else "unknown" if spec is None else ""
    node_type = spec.type if spec else None
    ports = draft.ports if spec else Ports()
    return PlanStep(
        index=i,
        id=node.id,
        node=node,
        spec=spec,
        fields=draft.fields,
        ports=ports,
        required=tuple(port.name for port in ports.inputs if port.required),
        many=tuple(port.name for port in ports.inputs if port.many),
        incoming=incoming,
        outgoing=outgoing,
        effect=node_type.effect_of(draft.fields) if node_type else "pure",
        merge=node_type.merge_rule(draft.fields) if node_type else None,
        always_skipped=skipped,
        error_joined=any(edge.source_port == ERROR_PORT for edge in outgoing),
        gives_verdict=any(port.type == "verdict" for port in ports.outputs),
        result_name=node_type.result_name(draft.fields) if node_type and not skipped else "",
        powers=spec.powers(draft.fields) if spec and not skipped else (),
    )
