"""`baton nodes`: the step types of this installation."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli import opening
from app.cli.terminal import table
from app.engine import Engine
from app.registry import node_texts
from app.registry.registry import Registry
from app.sdk.ports import PortSpec
from app.sdk.spec import NodeSpec
from app.texts import text


def nodes(
    words: Annotated[str, typer.Argument(metavar="[WORDS]")] = "",
    as_json: opening.AsJson = False,
) -> None:
    """List the step types."""

    async def main(engine: Engine) -> int:
        found = [spec for spec in engine.registry.specs if _fits(spec, words)]
        if as_json:
            opening.print_json([_object(spec) for spec in found])
        else:
            _print(found, engine.registry)
        return opening.OK

    raise typer.Exit(opening.run_async(main))


def _fits(spec: NodeSpec, words: str) -> bool:
    searched = " ".join((spec.id, *node_texts.search_words(spec))).casefold()
    return all(word in searched for word in words.casefold().split())


def _print(found: list[NodeSpec], registry: Registry) -> None:
    headers = [text(f"cli.column.{c}") for c in ("type", "title", "summary")]
    rows = [[spec.id, node_texts.title(spec), node_texts.summary(spec)] for spec in found]
    typer.echo(table(headers, rows, widest=70))
    for problem in registry.problems:
        opening.refuse([problem], opening.OK)


def _object(spec: NodeSpec) -> dict[str, object]:
    ports = spec.ports(spec.decode({}))
    return {
        "id": spec.id,
        "version": spec.type.version,
        "title": spec.type.title,
        "summary": spec.type.summary,
        "kind": spec.type.kind,
        "effect": spec.type.effect,
        "inputs": [_port(port) for port in ports.inputs],
        "outputs": [_port(port) for port in ports.outputs],
        "fields": [{"name": f.name, "label": f.field.label, "default": f.default} for f in spec.fields],
    }


def _port(port: PortSpec) -> dict[str, object]:
    return {"name": port.name, "type": port.type, "required": port.required, "many": port.many}
