"""`baton diff`: what differs between two workflows, in steps and links."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from app.cli import opening
from app.cli.terminal import fit, plain
from app.document.diff import Difference
from app.document.diff import diff as differences
from app.document.workflow import Json
from app.texts import text


def diff(
    before: Annotated[Path, typer.Argument(metavar="A")],
    after: Annotated[Path, typer.Argument(metavar="B")],
    as_json: opening.AsJson = False,
) -> None:
    """Say what differs between two workflows (layout aside). Ends with 1 where something does."""
    earlier = opening.read_workflow(before, as_json=as_json)
    found = differences(earlier, opening.read_workflow(after, as_json=as_json))
    if as_json:
        opening.print_json([_object(one) for one in found])
    else:
        typer.echo("\n".join(map(_sentence, found)) or text("cli.diff.same"))
    raise typer.Exit(opening.FAILED if found else opening.OK)


def _object(one: Difference) -> dict[str, Json]:
    edge = one.edge and {
        "from": {"node": one.edge.source.node, "port": one.edge.source.port},
        "to": {"node": one.edge.target.node, "port": one.edge.target.port},
    }
    return {
        "kind": one.kind,
        "node": one.node,
        "field": one.field,
        "edge": edge,
        "before": one.before,
        "after": one.after,
    }


def _sentence(one: Difference) -> str:
    sentence = text(
        f"difference.{one.kind}",
        node=one.node,
        title=one.title,
        field=one.field,
        edge=one.edge.id if one.edge else "",
        before=_value(one.before),
        after=_value(one.after),
    )
    return plain(sentence)


def _value(value: Json) -> str:
    if value is None:
        return "–"
    return fit(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 60)
