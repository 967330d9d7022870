"""What is wrong before a run: one small function a rule, each giving Problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, cast

from app.document.graph import find_cycle
from app.document.problem import Argument, Problem
from app.document.workflow import Edge
from app.planner.draft import Draft, DraftNode
from app.sdk.data_types import can_join
from app.sdk.errors import NodeError
from app.sdk.fields import FileField, ModelChoice, TextField
from app.sdk.gateway import ModelFacts
from app.sdk.node_type import vars_of
from app.sdk.ports import PortSpec
from app.sdk.references import ReferenceFault, find
from app.sdk.spec import FieldSpec

ModelResolver: TypeAlias = Callable[[ModelChoice], ModelFacts]  # raises NodeError where it leads nowhere
PriceLookup: TypeAlias = Callable[[ModelFacts], bool]
_MISSING = {True: "model.misspelt", False: "model.missing"}  # by whether there is another one to suggest
Check: TypeAlias = Callable[[Draft], Iterator[Problem]]


def edges_lead_somewhere(draft: Draft) -> Iterator[Problem]:
    """Both ends of every edge exist: the node, and the port with the node's present settings."""
    for edge in draft.graph.edges:
        for end, ref in (("source", edge.source), ("target", edge.target)):
            node = draft.nodes.get(ref.node)
            if node is None:
                yield Problem("edge.no_node", edge=edge.id, args={"node": ref.node})
            elif node.spec is not None and not _has_port(node, ref.port, end):
                yield Problem("edge.no_port", node=ref.node, edge=edge.id, args={"port": ref.port})


def _has_port(node: DraftNode, port: str, end: str) -> bool:
    return (node.output(port) if end == "source" else node.ports.input(port)) is not None


def inputs_take_one_edge(draft: Draft) -> Iterator[Problem]:
    """An input takes one edge; only Merge's takes many."""
    for node_id, edges in draft.incoming.items():
        seen: set[str] = set()
        for edge in edges:
            port = draft.nodes[node_id].ports.input(edge.target.port)
            if edge.target.port in seen and port and not port.many:
                args = _input_named(draft.nodes[node_id], port)
                yield Problem("input.two_edges", node=node_id, edge=edge.id, args=args)
            seen.add(edge.target.port)


def types_fit(draft: Draft) -> Iterator[Problem]:
    """What leaves one port can enter the other."""
    for edge in draft.graph.edges:
        ends = _port_types(draft, edge)
        if ends and not can_join(*ends):
            yield Problem(
                "edge.types_clash",
                node=edge.target.node,
                edge=edge.id,
                args={"source": ends[0], "target": ends[1]},
            )


def _port_types(draft: Draft, edge: Edge) -> tuple[Any, Any] | None:
    source, target = draft.nodes.get(edge.source.node), draft.nodes.get(edge.target.node)
    if source is None or target is None:
        return None
    out, into = source.output(edge.source.port), target.ports.input(edge.target.port)
    return (out.type, into.type) if out and into else None


def required_inputs_are_joined(draft: Draft) -> Iterator[Problem]:
    """A required input without an edge can never fire; those inside an agent are what its model fills in."""
    if draft.frame and draft.frame.spec and draft.frame.spec.type.frame == "agent":
        return
    for node_id, node in draft.nodes.items():
        if node.node.disabled:
            continue
        joined = {edge.target.port for edge in draft.incoming[node_id]}
        for port in node.ports.inputs:
            if port.required and port.name not in joined:
                yield Problem("input.missing", node=node_id, args=_input_named(node, port))


def _input_named(node: DraftNode, port: PortSpec) -> dict[str, Argument]:
    """An input by its name and its English label; with the type, people read it in their language."""
    return {"port": port.label, "name": port.name, "type": node.node.type}


def types_are_known(draft: Draft) -> Iterator[Problem]:
    """An unknown node is kept; it stops the run only if no result could come out past it."""
    unknown = [n.node for n in draft.nodes.values() if n.spec is None and not n.node.disabled]
    if not unknown:
        return
    blocked = _downstream(draft, [node.id for node in unknown])
    ends = [node for node, edges in draft.outgoing.items() if not edges]
    severity = "error" if all(end in blocked for end in ends) else "warning"
    for node in unknown:
        yield Problem("node.unknown_type", node=node.id, args={"type": node.type}, severity=severity)


def _downstream(draft: Draft, start: list[str]) -> set[str]:
    reached, waiting = set(start), list(start)
    while waiting:
        for edge in draft.outgoing[waiting.pop()]:
            if edge.target.node not in reached:
                reached.add(edge.target.node)
                waiting.append(edge.target.node)
    return reached


def versions_are_known(draft: Draft) -> Iterator[Problem]:
    """A node that a newer version of its type wrote may mean something else here."""
    for node in draft.nodes.values():
        if node.spec and node.node.type_version > node.spec.type.version:
            yield Problem(
                "node.newer_version",
                node=node.node.id,
                args={"version": node.node.type_version, "known": node.spec.type.version},
            )


def settings_can_be_read(draft: Draft) -> Iterator[Problem]:
    """Every field has the shape that its type says."""
    for node in draft.nodes.values():
        if node.fault:
            name = node.fault.name.partition("[")[0].partition(".")[0]
            yield Problem(
                f"field.not_{node.fault.expected}",
                node=node.node.id,
                field=name,
                args={"where": node.fault.name, **node.fault.args_by_name},
            )


def settings_are_complete(draft: Draft) -> Iterator[Problem]:
    """Required settings are filled in, and the type itself has nothing against them."""
    for node in draft.nodes.values():
        if node.spec is None or node.fault or node.node.disabled:
            continue
        for spec in node.spec.fields:
            if (
                spec.field.required
                and _is_shown(spec, node.fields)
                and getattr(node.fields, spec.name) in ("", (), None)
            ):
                yield Problem(
                    "field.empty", node=node.node.id, field=spec.name, args={"field": spec.field.label}
                )
        for field, code, args in node.spec.type.check(node.fields):
            yield Problem(code, node=node.node.id, field=field, args=args)


def _is_shown(spec: FieldSpec, fields: Any) -> bool:
    rule = spec.field.shown_if
    return rule is None or getattr(fields, rule[0]) in rule[1]


def references_can_be_read(draft: Draft) -> Iterator[Problem]:
    """Every `{{…}}` in a text is a reference."""
    for node in draft.nodes.values():
        if node.spec is None or node.fault:
            continue
        for spec in node.spec.fields:
            for text in _reference_texts(spec, getattr(node.fields, spec.name)):
                try:
                    find(text)
                except ReferenceFault as fault:
                    yield Problem(fault.code, node=node.node.id, field=spec.name, args={"text": fault.text})


def _reference_texts(spec: FieldSpec, value: Any) -> Iterator[str]:
    if isinstance(spec.field, (TextField, FileField)) and spec.field.references and isinstance(value, str):
        yield value
    for row in value if spec.row else ():
        for column in spec.row:
            yield from _reference_texts(column, getattr(row, column.name))


def something_runs(draft: Draft) -> Iterator[Problem]:
    """An empty workflow, or one with every step switched off, has nothing to run."""
    if not any(not node.node.disabled for node in draft.nodes.values()):
        yield Problem("workflow.empty")


def no_cycle(draft: Draft) -> Iterator[Problem]:
    """Nothing waits for itself."""
    cycle = find_cycle(draft.graph)
    if cycle:
        yield Problem("workflow.cycle", node=cycle[0], args={"nodes": tuple(cycle)})


def models_are_there(draft: Draft, resolve: ModelResolver) -> Iterator[Problem]:
    """Every role and model leads to something on this machine."""
    for node, choice in _choices(draft):
        try:
            resolve(choice)
        except NodeError as error:
            field = _field_with(node, choice)
            severity = "warning" if _another_serves(node, resolve) else "error"
            args = error.args_by_name
            yield Problem(error.code, node=node.node.id, field=field, args=args, severity=severity)


def _another_serves(node: DraftNode, resolve: ModelResolver) -> bool:
    """Whether the step can do without a model that isn't here."""
    if node.spec is None or not node.spec.type.one_model_serves:
        return False
    for choice in node.spec.type.models(node.fields):
        try:
            resolve(choice)
        except NodeError:
            continue
        return True
    return False


def models_still_answer(draft: Draft, resolve: ModelResolver) -> Iterator[Problem]:
    """A model that its provider has retired, or its server doesn't name any more, is said before the run."""
    for node, choice in _choices(draft):
        try:
            facts = resolve(choice)
        except NodeError:  # models_are_there says so
            continue
        if not facts.extra.get("doubt"):
            continue
        instead, day = str(facts.extra.get("instead", "")), str(facts.extra.get("retired", ""))
        code = ("model.replaced" if instead else "model.retired") if day else _MISSING[bool(instead)]
        args = {"model": facts.id, "connection": facts.connection, "date": day, "suggestion": instead}
        kept = {name: value for name, value in args.items() if value}
        yield Problem(code, node.node.id, _field_with(node, choice), args=kept, severity="warning")


def budget_can_hold(draft: Draft, resolve: ModelResolver, has_price: PriceLookup) -> Iterator[Problem]:
    """A call whose price nobody knows can't be held back by a budget."""
    for node, choice in _choices(draft):
        try:
            facts = resolve(choice)
        except NodeError:  # models_are_there says so
            continue
        if not has_price(facts):
            field = _field_with(node, choice)
            args = {"model": facts.id}
            yield Problem("run.budget_unheld", node.node.id, field, args=args, severity="warning")


def _choices(draft: Draft) -> Iterator[tuple[DraftNode, ModelChoice]]:
    """The models that steps which run may ask."""
    for node in draft.nodes.values():
        if node.spec is not None and not node.fault and not node.node.disabled:
            for choice in node.spec.type.models(node.fields):
                yield node, choice


def _field_with(node: DraftNode, choice: ModelChoice) -> str | None:
    fields: Mapping[str, Any] = (
        {f.name: getattr(node.fields, f.name) for f in node.spec.fields} if node.spec else {}
    )
    return next((name for name, value in fields.items() if _holds(value, choice)), None)


def _holds(value: object, choice: ModelChoice) -> bool:
    """Whether a setting is this model, or has a row with it."""
    if isinstance(value, tuple):
        rows = cast("tuple[object, ...]", value)
        return any(_holds(part, choice) for row in rows for part in vars_of(row).values())
    return value == choice


CHECKS: tuple[Check, ...] = (
    types_are_known,
    versions_are_known,
    settings_can_be_read,
    settings_are_complete,
    references_can_be_read,
    edges_lead_somewhere,
    inputs_take_one_edge,
    types_fit,
    required_inputs_are_joined,
    no_cycle,
)
