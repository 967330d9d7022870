"""A small workflow of built-in steps that runs on the embedded model or on none, for tests of the window."""

from __future__ import annotations

from pathlib import Path

from app.document import json_codec
from app.document.workflow import Edge, Graph, Json, Layout, Node, PortRef, Workflow

SAMPLES: list[Json] = [
    {"message": "My parcel is lost"},
    {"message": "Where is my invoice?"},
    {"message": "Hello"},
]


def edge(source: str, port: str, target: str, into: str) -> Edge:
    return Edge(PortRef(source, port), PortRef(target, into))


def workflow(*middle: Node, edges: tuple[Edge, ...], ident: str = "flow") -> Workflow:
    """Ask for a message, the given steps, deliver a result."""
    asked: list[Json] = [{"name": "message", "label": "Message"}]
    ask = Node("ask", "intent.ask", title="Request", fields={"asked": asked, "samples": SAMPLES})
    out = Node("out", "output.output", title="Send", fields={"name": "reply"})
    nodes = {node.id: node for node in (ask, *middle, out)}
    places = {node: (i * 312, 0) for i, node in enumerate(nodes)}
    return Workflow(
        ident, "Small flow", graph=Graph(nodes, tuple(sorted(edges))), layout=Layout(positions=places)
    )


def template_flow() -> Workflow:
    """Needs no model."""
    step = Node("say", "data.template", title="Wrap", fields={"text": "Dear customer: {{message}}"})
    return workflow(
        step, edges=(edge("ask", "message", "say", "message"), edge("say", "text", "out", "value"))
    )


def person_flow() -> Workflow:
    """Waits for a person."""
    step = Node("who", "human.ask_person", title="Look at it")
    return workflow(
        step, edges=(edge("ask", "message", "who", "value"), edge("who", "approved", "out", "value"))
    )


def model_flow(max_tokens: int = 120) -> Workflow:
    """Writes a long text with the embedded model, the same each time: a chosen word might end it after a line."""
    fields: dict[str, Json] = {
        "prompt": "Tell a very long story about: {{message}}",
        "max_tokens": max_tokens,
        "temperature": 0,
    }
    step = Node("mod", "model.text", title="Writer", fields=fields)
    return workflow(
        step, edges=(edge("ask", "message", "mod", "message"), edge("mod", "text", "out", "value"))
    )


def saved(content: Workflow, folder: Path, name: str = "flow.baton.json") -> Path:
    path = folder / name
    path.write_bytes(json_codec.write(content))
    return path
