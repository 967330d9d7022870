"""What the verifiers of one scope judged, and which of them judged a value that a person has seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from app.document.frames import graph_at
from app.document.graph import ancestors
from app.document.workflow import Graph, Json, Node, Workflow
from app.events.run_events import NodeSettled, NodeStarted, Preview, Scope
from app.executor.digests import digest_of
from app.executor.journal import Place
from app.executor.revisit import Revisited
from app.executor.values import as_text
from app.hindsight.labels import Said

_GIVEN = ("answer", "failed", "passed")  # ports by which a step hands on what it judged
VALUE = "value"


@dataclass(frozen=True, slots=True)
class Judged:
    """One verifier's word on a value, as text. `sources` are the steps that the value came from."""

    node: str
    value: str
    said: Said
    settings: str
    sources: frozenset[str]


def subject_of(values: Mapping[str, Json], place: Place, value: str) -> str:
    """A value as an answer to what the run and its row were given."""
    return digest_of([dict(values), place, value])[:32]


def settings_of(node: Node) -> str:
    """What a step is set to, whatever it is called."""
    return digest_of([node.type, dict(node.fields)])[:32]


def graph_of(workflow: Workflow, scope: Scope) -> Graph | None:
    """The steps of a scope; None inside of other workflows."""
    frame = scope.rpartition("/")[2].partition("#")[0]
    return graph_at(workflow, frame)


def value_seen(node: str, seen: Revisited) -> str | None:
    """What a step was given as its value, in a scope that was gone through again."""
    return next(
        (
            _text(seen, event.inputs[VALUE])
            for event in seen.events
            if isinstance(event, NodeStarted) and event.node == node and VALUE in event.inputs
        ),
        None,
    )


def judged_in(graph: Graph, seen: Revisited) -> Iterator[Judged]:
    """What each verifier of a scope judged; those that never had their turn are not in it."""
    for event in seen.events:
        node = graph.nodes.get(event.node) if isinstance(event, NodeSettled) else None
        if not isinstance(event, NodeSettled) or node is None or event.verdict is None:
            continue
        value, sources = value_seen(node.id, seen), _sources(graph, node.id)
        if value is None:  # it judges its own answer
            given = next((event.outputs[port] for port in _GIVEN if port in event.outputs), None)
            value, sources = _text(seen, given) if given else None, frozenset({node.id})
        if value is not None:
            said = cast("Said", event.verdict.get("verdict") or "not_checked")
            yield Judged(node.id, value, said, settings_of(node), sources)


def judges_of(graph: Graph, seen: Revisited, node: str, value: str) -> list[Judged]:
    """The verifiers that judged this very value on its way to a step."""
    before = ancestors(graph, node)
    return [one for one in judged_in(graph, seen) if one.value == value and one.sources & before]


def _sources(graph: Graph, node: str) -> frozenset[str]:
    return frozenset(
        edge.source.node for edge in graph.edges if edge.target.node == node and edge.target.port == VALUE
    )


def _text(seen: Revisited, shown: Preview) -> str:
    if not shown.ref:
        return shown.text
    try:
        return as_text(seen.value(shown.ref))
    except KeyError:
        return shown.text
