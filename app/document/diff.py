"""What differs between two workflows, in nodes, edges and settings; where things lie is no difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.document.file_writer import content_to_plain, node_to_plain
from app.document.workflow import Edge, Graph, Json, Node, Workflow

DifferenceKind: TypeAlias = Literal[
    "node_added", "node_removed", "node_changed", "edge_added", "edge_removed", "workflow_changed"
]


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference; `difference.<kind>` in the catalogues.

    `node` is the node's id and `title` what people call it (its type where it has no title), `field`
    the changed setting as in the file (`title`, `fields.prompt`, `settings.budgetUsd`). None in
    `before` or `after` = not there.
    """

    kind: DifferenceKind
    node: str | None = None
    title: str = ""
    edge: Edge | None = None
    field: str | None = None
    before: Json = None
    after: Json = None


def diff(before: Workflow, after: Workflow) -> tuple[Difference, ...]:
    """Workflow first, then nodes by id, then edges; bodies of frames after their frame."""
    about = _changes(_about(before), _about(after))
    return (
        *(Difference("workflow_changed", field=field, before=old, after=new) for field, old, new in about),
        *_graphs(before.graph, after.graph),
    )


def _graphs(before: Graph, after: Graph) -> Iterator[Difference]:
    for name in sorted(before.nodes.keys() | after.nodes.keys()):
        yield from _nodes(before.nodes.get(name), after.nodes.get(name))
    old, new = set(before.edges), set(after.edges)
    for edge in sorted(old ^ new):
        yield Difference("edge_added" if edge in new else "edge_removed", edge=edge)


def _nodes(before: Node | None, after: Node | None) -> Iterator[Difference]:
    if before is after:
        return
    if after is None:
        if before is not None:
            yield Difference("node_removed", before.id, _called(before))
            yield from _graphs(before.body or Graph(), Graph())
        return
    if before is None:
        yield Difference("node_added", after.id, _called(after))
        yield from _graphs(Graph(), after.body or Graph())
        return
    for field, old, new in _changes(_settings(before), _settings(after)):
        yield Difference("node_changed", after.id, _called(after), field=field, before=old, after=new)
    if before.body is not None or after.body is not None:
        yield from _graphs(before.body or Graph(), after.body or Graph())


def _about(workflow: Workflow) -> dict[str, Json]:
    plain = content_to_plain(workflow)
    return _opened({key: value for key, value in plain.items() if key not in ("nodes", "edges")}, "settings")


def _settings(node: Node) -> dict[str, Json]:
    plain = node_to_plain(node)
    plain.pop("body", None)
    return _opened(plain, "fields")


def _opened(plain: Mapping[str, Json], group: str) -> dict[str, Json]:
    """The record with one of its inner records laid open: `fields.prompt` beside `title`."""
    opened = {key: value for key, value in plain.items() if key != group}
    inner = plain.get(group)
    if isinstance(inner, Mapping):
        opened.update({f"{group}.{key}": value for key, value in inner.items()})
    return opened


def _changes(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[tuple[str, Json, Json]]:
    for field in sorted(before.keys() | after.keys()):
        old, new = before.get(field), after.get(field)
        if old != new:
            yield field, old, new


def _called(node: Node) -> str:
    return node.title or node.type
