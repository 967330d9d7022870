"""The list of steps: every type that there is, by what it is for, each with its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.registry import node_texts
from app.sdk.spec import NodeSpec
from app.texts import text

_GROUPS = {"start": ("start",), "models": ("models",), "checks": ("checks",), "tools": ("tools", "logic")}


def step_list(specs: Iterable[NodeSpec]) -> str:
    """In the language of now; in the groups of the library."""
    return "\n\n".join(_parts(list(specs))) + "\n"


def _parts(specs: list[NodeSpec]) -> Iterator[str]:
    yield f"# {text('guide.steps.title')}"
    yield text("guide.steps.words")
    for group, categories in _GROUPS.items():
        mine = [spec for spec in specs if spec.type.category in categories]
        yield f"## {text(f'library.group.{group}')}"
        yield "\n".join(
            f"- [{node_texts.title(spec)}](steps/{spec.id}.md): {node_texts.summary(spec)}" for spec in mine
        )
