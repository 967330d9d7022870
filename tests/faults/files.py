"""Workflow files as hostile or unlucky people have them, and sound ones for what goes wrong later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ASK: Mapping[str, Any] = {"type": "intent.ask"}
OUT: Mapping[str, Any] = {"type": "output.output"}
# Text that a screen could be tricked with: right-to-left override, zero-width, a tag letter, markup, escapes.
TRICKY = "A\u202eB\u200bC\U000e0041 <img src='file:///canary'><b>D</b> \x1b[31mE\x9b2J\x07"
TRICKS = "\u202e\u200b\U000e0041\x1b\x9b\x07"


def edge(source: str, target: str) -> dict[str, Any]:
    """`edge("a.message", "o.value")`."""
    ends = zip(("from", "to"), (source, target), strict=True)
    return {side: dict(zip(("node", "port"), end.split("."), strict=True)) for side, end in ends}


def workflow(nodes: Mapping[str, Any], edges: list[Any], **more: Any) -> dict[str, Any]:
    """A whole file as plain data; `more` goes beside the workflow."""
    head = {"$schema": "baton.workflow/1", "format": "baton.workflow", "formatVersion": 1}
    return {**head, "workflow": {"id": "w", "name": "Work", "nodes": nodes, "edges": edges}, **more}


def step(type_id: str, **fields: Any) -> dict[str, Any]:
    return {"type": type_id, "fields": fields}


def echo() -> dict[str, Any]:
    """Hands its input out; needs nothing."""
    return workflow({"a": ASK, "o": OUT}, [edge("a.message", "o.value")])


def asks_model(model: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """One question to one model; `more` goes beside its fields."""
    node = {**step("model.text", prompt="{{text}}", model=model), **more}
    edges = [edge("a.message", "m.text"), edge("m.text", "o.value")]
    return workflow({"a": ASK, "m": node, "o": OUT}, edges)


def written(folder: Path, content: object, name: str = "mine.baton.json") -> Path:
    """Saves bytes as they are, and anything else as JSON."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path
