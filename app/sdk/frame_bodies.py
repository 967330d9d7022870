"""What a fresh frame holds: what it is given, handed straight on as its result."""

from __future__ import annotations

from collections.abc import Sequence

from app.document.workflow import Edge, Graph, Json, Node, PortRef
from app.sdk.node_type import Source


def handed_on(ids: Sequence[str], name: str, source: Source, result: str) -> Graph:
    """Inputs with one value of this name, joined to an Output; their ids are the first two of `ids`."""
    first, last = ids[0], ids[1]
    given: Json = [{"name": name, "source": source}]
    return Graph(
        {
            first: Node(first, "flow.inputs", fields={"given": given}),
            last: Node(last, "output.output", fields={"name": result}),
        },
        (Edge(PortRef(first, name), PortRef(last, "value")),),
    )
