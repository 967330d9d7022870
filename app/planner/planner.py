"""The planner: a workflow and the registry give a plan, or the Problems that keep it from running."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache

from app.document.graph import topological_order
from app.document.problem import Problem
from app.document.workflow import Layout, Workflow
from app.planner.agent_tools import ToolDraft
from app.planner.checks import (
    CHECKS,
    ModelResolver,
    PriceLookup,
    budget_can_hold,
    models_are_there,
    models_still_answer,
    something_runs,
)
from app.planner.computations import computations
from app.planner.draft import Draft, PartLookup, SpecLookup, draft_of
from app.planner.frame_checks import FRAME_CHECKS
from app.planner.partial import is_there, narrowed
from app.planner.plan import AgentTool, AlwaysSkipped, FramePlan, Plan, PlanEdge, PlanStep
from app.planner.signature import signature_of
from app.sdk.data_types import CONVERSIONS, DataType, LazyList, Value
from app.sdk.node_type import WorkflowRule
from app.sdk.ports import ERROR_PORT, Ports
from app.sdk.typed_values import EMPTY, typed

_LOOKED_AT: frozenset[DataType] = frozenset({"text", "record"})  # the types that steps work on without asking


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
    part_of: PartLookup = lambda _: None,
    pinned: Collection[str] = (),
    to: str = "",
) -> Planned:
    """Checks everything that can be known before the run, and compiles. Opens and asks nothing.

    `spec_of` gives a type's NodeSpec or None; `resolve` gives a model's facts or raises NodeError. `has_price` is
    given where a budget binds: it says whether a model's price is known. `part_of` gives the workflow of a
    Sub-workflow step, None where it isn't here. The results of `pinned` steps are given; `to` and what leads to it is
    all that is to run. Both are called as in the plan, those inside Sub-workflows too: `sub7/ask`.
    """
    whole = draft_of(workflow, spec_of, part_of)
    if to and not is_there(whole, to):
        return Planned(None, (Problem("run.no_such_step", args={"step": to}),))
    draft = narrowed(whole, to, pinned)
    resolve = cache(resolve)  # several checks ask for the same models
    problems = [*something_runs(draft), *_problems_of(draft, resolve, has_price)]
    if any(problem.severity == "error" for problem in problems):
        return Planned(None, tuple(problems))
    return Planned(_compile(draft, digest), tuple(problems))


def _problems_of(draft: Draft, resolve: ModelResolver, has_price: PriceLookup | None) -> Iterator[Problem]:
    """Of a level and all within. What is wrong in a Sub-workflow is said of the step that runs it, and what is wrong
    with a pinned step doesn't matter.
    """
    for problem in _all_problems_of(draft, resolve, has_price):
        if problem.edge or problem.node not in draft.held:
            yield problem


def _all_problems_of(
    draft: Draft, resolve: ModelResolver, has_price: PriceLookup | None
) -> Iterator[Problem]:
    for check in (*CHECKS, *FRAME_CHECKS):
        yield from check(draft)
    yield from models_are_there(draft, resolve)
    yield from models_still_answer(draft, resolve)
    if has_price:
        yield from budget_can_hold(draft, resolve, has_price)
    for frame, body in draft.bodies.items():
        for problem in _problems_of(body, resolve, has_price):
            yield (
                problem
                if body.workflow is draft.workflow
                else replace(problem, node=frame, field=None, edge=None)
            )


def _compile(draft: Draft, digest: str, prefix: str = "") -> Plan:
    order = topological_order(draft.graph, _reading_order(draft.workflow.layout))
    index = {node: i for i, node in enumerate(order)}
    edges = _edges(draft, index)
    incoming: list[list[PlanEdge]] = [[] for _ in order]
    outgoing: list[list[PlanEdge]] = [[] for _ in order]
    for edge in edges:
        incoming[edge.target].append(edge)
        outgoing[edge.source].append(edge)
    steps = tuple(
        _step(i, draft, node, tuple(incoming[i]), tuple(outgoing[i]), prefix) for i, node in enumerate(order)
    )
    asking = [node for node in draft.nodes.values() if node.spec and not node.node.disabled]
    asks = {ask.name: ask for node in asking if node.spec for ask in node.spec.type.asks(node.fields)}
    samples = [row for node in asking if node.spec for row in node.spec.type.samples(node.fields)]
    degrees = tuple(len(into) for into in incoming)
    leaving = tuple(
        tuple(
            (edge.source_port, edge.index, edge.target, steps[edge.target].merge is not None) for edge in out
        )
        for out in outgoing
    )
    return Plan(
        draft.workflow,
        digest,
        steps,
        edges,
        tuple(i for i, degree in enumerate(degrees) if not degree),
        degrees,
        leaving,
        tuple(asks.values()),
        tuple(samples),
        tuple(computations(steps)),
    )


def _reading_order(layout: Layout) -> Callable[[str], tuple[int, int]]:
    """As people read the canvas, from left to right; for the order of reports, a run doesn't depend on it."""
    return lambda node: layout.positions.get(node, (0, 0))


def _edges(draft: Draft, index: dict[str, int]) -> tuple[PlanEdge, ...]:
    compiled: list[PlanEdge] = []
    for edge in draft.graph.edges:
        source, target = draft.nodes[edge.source.node], draft.nodes[edge.target.node]
        out, into = source.output(edge.source.port), target.ports.input(edge.target.port)
        convert = _conversion(out.type, into.type) if out and into else None
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


def _conversion(source: DataType, target: DataType) -> Callable[[Value], Value] | None:
    """What may be anything is looked at when it comes: a text wants a text, whatever was handed on, also nothing."""
    known = CONVERSIONS.get((source, target))
    if target not in _LOOKED_AT or (known is None and source != "any"):
        return known
    empty = EMPTY.get(target)

    def convert(value: Value) -> Value:
        if value is None:
            return empty
        if known is not None:
            return known(value)
        return value if isinstance(value, LazyList) else typed(value, target)

    return convert


def _step(
    i: int,
    level: Draft,
    name: str,
    incoming: tuple[PlanEdge, ...],
    outgoing: tuple[PlanEdge, ...],
    prefix: str,
) -> PlanStep:
    draft = level.nodes[name]
    node, spec = draft.node, draft.spec
    skipped: AlwaysSkipped = "disabled" if node.disabled else "unknown" if spec is None else ""
    node_type = spec.type if spec else None
    ports = draft.ports if spec else Ports()
    effect = node_type.effect_of(draft.fields) if node_type else "pure"
    acts = effect == "side_effect" and not skipped
    frame = _frame(level, name, prefix) if not skipped else None
    merge = node_type.merge_rule(draft.fields) if node_type else None
    is_random = node_type is not None and node_type.random
    # Paid, random, from outside, or decided by timing.
    lasts = effect != "pure" or is_random or (merge is not None and merge.wait_for != "all")
    return PlanStep(
        index=i,
        id=f"{prefix}{node.id}",
        node=node,
        spec=spec,
        fields=draft.fields,
        ports=ports,
        required=tuple(port.name for port in ports.inputs if port.required),
        many=tuple(port.name for port in ports.inputs if port.many),
        incoming=incoming,
        outgoing=outgoing,
        effect=effect,
        merge=merge,
        always_skipped=skipped,
        error_joined=any(edge.source_port == ERROR_PORT for edge in outgoing),
        gives_verdict=any(port.type == "verdict" for port in ports.outputs),
        result_name=node_type.result_name(draft.fields) if node_type and not skipped else "",
        powers=spec.powers(draft.fields) if spec and not skipped and name not in level.held else (),
        frame=frame,
        signature=signature_of(spec, draft.fields) if spec and effect == "model" else "",
        lasts=lasts,
        acts=acts or (frame is not None and frame.acts),
        once=acts and node_type is not None and not node_type.repeatable(draft.fields),
    )


def _frame(level: Draft, name: str, prefix: str) -> FramePlan | None:
    body, spec = level.bodies.get(name), level.nodes[name].spec
    rule = spec.type.frame_rule(level.nodes[name].fields) if spec else None
    if body is None or rule is None:
        return None
    inner = f"{prefix}{name}/" if isinstance(rule, WorkflowRule) else prefix
    plan = _compile(body, "", inner)
    known = [node for node in body.nodes.values() if node.spec and not node.node.disabled]
    given = {one.name: one for node in known if node.spec for one in node.spec.type.gives(node.fields)}
    results = dict.fromkeys(step.result_name for step in plan.steps if step.result_name)
    tools = tuple(_tool(tool, prefix) for tool in level.tools.get(name, ()))
    return FramePlan(rule, plan, tuple(given.values()), tuple(results), tools)


def _tool(tool: ToolDraft, prefix: str) -> AgentTool:
    node, spec = tool.head.node, tool.head.spec
    known = (spec.type.title, spec.type.summary) if spec else (node.type, "")
    title = node.title or known[0]
    about = node.note.strip() or f"{title}: {known[1]}"
    return AgentTool(tool.name, title, about, tool.parameters, tool.asks, _compile(tool.draft, "", prefix))
