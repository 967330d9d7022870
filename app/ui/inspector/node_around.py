"""Around a node: what its texts may refer to, and the steps above it by title."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from app.adapters.shelf import FoundLine, ModelLine, Shelf
from app.document.frames import frame_of, graph_at
from app.document.graph import ancestors, descendants
from app.document.workflow import Edge, Graph, Json
from app.events.run_events import Preview
from app.registry import node_texts
from app.sdk.ports import PortSpec
from app.sdk.spec import NodeSpec
from app.ui.canvas.placed import SpecLookup, ports_of
from app.ui.inspector.around import Source
from app.ui.session import Session
from app.ui.step_looks import step_look

_PARTS = 12  # parts of a record that are offered by name


class NodeAround:
    """Reads the session anew at each question."""

    def __init__(
        self,
        session: Session,
        specs: SpecLookup,
        node: str,
        open_preferences: Callable[[str], None],
        find_models: Callable[[], None],
        take_found: Callable[[FoundLine], None],
        give_price: Callable[[ModelLine], None],
    ) -> None:
        self._session = session
        self._specs = specs
        self._node = node
        self._shelf = Shelf()
        self._open_preferences = open_preferences
        self._find_models = find_models
        self._take_found = take_found
        self._give_price = give_price

    def show_shelf(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def shelf(self) -> Shelf:
        return self._shelf

    def open_preferences(self, page: str) -> None:
        self._open_preferences(page)

    def find_models(self) -> None:
        self._find_models()

    def take_found(self, found: FoundLine) -> None:
        self._take_found(found)

    def give_price(self, line: ModelLine) -> None:
        self._give_price(line)

    def folder(self) -> Path | None:
        path = self._session.place.path
        return path.parent if path else None

    def sources(self) -> Sequence[Source]:
        """What comes in (and its parts, as far as the last run shows them), then the steps above, then the others."""
        graph = self._graph()
        if self._node not in graph.nodes:
            return ()
        joined = [edge for edge in graph.edges if edge.target.node == self._node]
        found = [part for edge in joined for part in self._joined(graph, edge)]
        taken = {(edge.source.node, edge.source.port) for edge in joined}
        found += [
            s
            for node in self._others(graph)
            for s in self._outputs(graph, node)
            if (s.node, s.port) not in taken
        ]
        return found

    def incoming(self) -> Mapping[str, Source]:
        graph = self._graph()
        edges = [edge for edge in graph.edges if edge.target.node == self._node]
        return {
            edge.target.port: source for edge in edges if (source := self._source(graph, edge)) is not None
        }

    def _graph(self) -> Graph:
        """The level on which the step stands."""
        workflow = self._session.workflow
        frame = frame_of(workflow, self._node)
        return (graph_at(workflow, frame) if frame is not None else None) or Graph()

    def _joined(self, graph: Graph, edge: Edge) -> Iterator[Source]:
        whole = self._source(graph, edge)
        if whole is not None:
            yield whole
            for part in _parts(self._seen(edge.target.port)):
                yield Source(
                    whole.node, whole.port, whole.step, whole.port_label, "any", whole.input, (part,)
                )

    def _source(self, graph: Graph, edge: Edge) -> Source | None:
        return next(
            (
                Source(s.node, s.port, s.step, s.port_label, s.type, edge.target.port)
                for s in self._outputs(graph, edge.source.node)
                if s.port == edge.source.port
            ),
            None,
        )

    def _others(self, graph: Graph) -> list[str]:
        """Every node that may feed this one: those above first."""
        above = ancestors(graph, self._node)
        below = descendants(graph, self._node)
        rest = [
            node for node in graph.nodes if node not in above and node not in below and node != self._node
        ]
        return [*(node for node in graph.nodes if node in above), *rest]

    def _outputs(self, graph: Graph, node_id: str) -> Iterator[Source]:
        node = graph.nodes.get(node_id)
        spec = self._specs(node.type) if node else None
        if node is None or spec is None:
            return
        step = step_look(node, self._specs).title
        for port in ports_of(node, self._specs).outputs:
            yield Source(node_id, port.name, step, _label(spec, port), port.type)

    def _seen(self, input_name: str) -> Preview | None:
        state = self._session.run.nodes.get(self._node)
        return state.latest.inputs.get(input_name) if state and state.latest else None


def _label(spec: NodeSpec, port: PortSpec) -> str:
    return node_texts.port_label(spec, port, "out")


def _parts(preview: Preview | None) -> list[str]:
    """The names of a record's parts, where the preview holds the whole record."""
    if preview is None or preview.ref or not preview.text.startswith("{"):
        return []
    try:
        value: Json = json.loads(preview.text)
    except ValueError:
        return []
    return [name for name in value if name.isidentifier()][:_PARTS] if isinstance(value, Mapping) else []
