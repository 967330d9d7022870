"""A workflow to plain data in the one order in which files are written."""

from __future__ import annotations

from collections.abc import Mapping

from app.document.format import FORMAT, FORMAT_VERSION, GENERATOR, SCHEMA
from app.document.graph import every_node
from app.document.plain_data import NOTHING
from app.document.workflow import (
    Edge,
    Graph,
    Group,
    Json,
    JsonObject,
    Layout,
    Node,
    Note,
    OnError,
    PortRef,
    Retry,
    Settings,
    Workflow,
)


def to_plain(workflow: Workflow) -> dict[str, Json]:
    """The whole file: header, workflow, unknown keys, and the layout at the end."""
    plain = _record(
        {
            "$schema": SCHEMA,
            "format": FORMAT,
            "formatVersion": FORMAT_VERSION,
            "generator": GENERATOR,
            "requires": workflow.requires or None,
            "workflow": content_to_plain(workflow),
        },
        workflow.header,
    )
    layout = _layout(workflow.layout, {node.id for node in every_node(workflow.graph)})
    return {**plain, "layout": layout} if layout else plain


def content_to_plain(workflow: Workflow) -> dict[str, Json]:
    """What the workflow does, without header and layout."""
    return _record(
        {
            "id": workflow.id,
            "name": workflow.name,
            "description": workflow.description or None,
            "inputs": workflow.inputs or None,
            "outputs": workflow.outputs or None,
            "settings": _settings(workflow.settings) or None,
            **_graph(workflow.graph),
        },
        workflow.extra,
    )


def node_to_plain(node: Node) -> dict[str, Json]:
    """One node; what is at its default is left out."""
    return _record(
        {
            "type": node.type,
            "typeVersion": node.type_version,
            "title": node.title or None,
            "fields": {name: node.fields[name] for name in sorted(node.fields)} or None,
            "onError": _on_error(node.on_error),
            "retry": _retry(node.retry),
            "disabled": node.disabled or None,
            "note": node.note or None,
            "cache": None if node.cache == "reuse" else node.cache,
            "body": None if node.body is None else _graph(node.body),
        },
        node.extra,
    )


def _settings(settings: Settings) -> dict[str, Json]:
    return _record(
        {
            "budgetUsd": settings.budget_usd,
            "concurrency": settings.concurrency,
            "timeLimit": _seconds(settings.time_limit),
        },
        settings.extra,
    )


def _graph(graph: Graph) -> dict[str, Json]:
    return {
        "nodes": {node: node_to_plain(graph.nodes[node]) for node in sorted(graph.nodes)},
        "edges": [_edge(edge) for edge in sorted(graph.edges)],
    }


def _on_error(on_error: OnError) -> dict[str, Json] | None:
    if on_error == OnError():
        return None
    return _record({"policy": on_error.policy, "value": on_error.value}, NOTHING)


def _retry(retry: Retry) -> dict[str, Json] | None:
    if retry == Retry():
        return None
    return _record({"attempts": retry.attempts, "timeout": _seconds(retry.timeout)}, NOTHING)


def _edge(edge: Edge) -> dict[str, Json]:
    return _record({"from": _end(edge.source), "to": _end(edge.target)}, edge.extra)


def _end(end: PortRef) -> dict[str, Json]:
    return {"node": end.node, "port": end.port}


def _layout(layout: Layout, nodes: set[str]) -> dict[str, Json]:
    more = layout.extra.get("nodes", NOTHING)
    more = more if isinstance(more, Mapping) else NOTHING
    placed = sorted((layout.positions.keys() | layout.widths.keys() | more.keys()) & nodes)
    places = {node: _place(layout, node, more.get(node)) for node in placed}
    return _record(
        {
            "nodes": places or None,
            "notes": {name: _note(layout.notes[name], nodes) for name in sorted(layout.notes)} or None,
            "groups": {name: _group(layout.groups[name]) for name in sorted(layout.groups)} or None,
        },
        {key: value for key, value in layout.extra.items() if key != "nodes"},
    )


def _place(layout: Layout, node: str, more: Json) -> dict[str, Json]:
    x, y = layout.positions.get(node, (None, None))
    return _record(
        {"x": x, "y": y, "width": layout.widths.get(node)}, more if isinstance(more, Mapping) else NOTHING
    )


def _note(note: Note, nodes: set[str]) -> dict[str, Json]:
    return _record(
        {
            "text": note.text,
            "x": note.x,
            "y": note.y,
            "width": note.width,
            "height": note.height,
            "colour": note.colour,
            "frame": note.frame if note.frame in nodes else None,
        },
        note.extra,
    )


def _group(group: Group) -> dict[str, Json]:
    return _record({"title": group.title, "nodes": sorted(group.nodes), "colour": group.colour}, group.extra)


def _record(known: Mapping[str, Json], extra: JsonObject) -> dict[str, Json]:
    """The known keys in their order without those that are None, then unknown ones by name.

    What an inner record left over (see `plain_data.leftover`) goes back into it.
    """
    if not extra:
        return {key: value for key, value in known.items() if value is not None}
    record: dict[str, Json] = {}
    for key, value in known.items():
        rest = extra.get(key)
        if isinstance(rest, Mapping):
            inner = value if isinstance(value, Mapping) else NOTHING
            record[key] = {**inner, **{name: rest[name] for name in sorted(rest)}}
        elif value is not None:
            record[key] = value
    record.update({key: extra[key] for key in sorted(extra.keys() - known.keys())})
    return record


def _seconds(seconds: float | None) -> Json:
    """Whole seconds without a decimal point."""
    return int(seconds) if seconds is not None and seconds.is_integer() and seconds < 2**53 else seconds
