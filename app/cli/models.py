"""`baton models`: the models of all connections, with prices and where the data goes."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli import opening
from app.cli.terminal import table
from app.engine import Engine
from app.sdk.gateway import ModelFacts
from app.texts import text


def models(
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
        ),
    ] = False,
) -> None:
    """List the models that this machine knows; asks no server."""

    async def main(engine: Engine) -> int:
        found = engine.outside.known_models()
        if as_json:
            opening.print_json([_object(engine, facts) for facts in found])
        elif found:
            _print(engine, found)
        else:
            typer.echo(text("cli.models.none"))
        return opening.OK

    raise typer.Exit(opening.run_async(main))


def _print(engine: Engine, found: tuple[ModelFacts, ...]) -> None:
    columns = ("model", "connection", "context", "price_in", "price_out", "where")
    rows = [[str(cell) for cell in _cells(engine, facts)] for facts in found]
    typer.echo(table([text(f"cli.column.{c}") for c in columns], rows, right=(2, 3, 4), widest=48))
    typer.echo(text("cli.prices_of", date=engine.outside.prices.as_of))


def _cells(engine: Engine, facts: ModelFacts) -> tuple[object, ...]:
    price_in, price_out = _prices(engine, facts)
    unknown = text("figure.free") if facts.local else text("figure.unknown")
    where = text("cli.local") if facts.local else facts.kind
    return facts.id, facts.connection, facts.context or "–", price_in or unknown, price_out or unknown, where


def _prices(engine: Engine, facts: ModelFacts) -> tuple[str | None, str | None]:
    """US dollars a million tokens, in and out; None = free or not known."""
    price = None if facts.local else engine.outside.prices.price(facts.kind, facts.id, facts.connection)
    if price is None:
        return None, None
    return f"{price.input * 1_000_000:.2f}", f"{price.output * 1_000_000:.2f}"


def _object(engine: Engine, facts: ModelFacts) -> dict[str, object]:
    price_in, price_out = _prices(engine, facts)
    return {
        "model": facts.id,
        "connection": facts.connection,
        "kind": facts.kind,
        "context": facts.context,
        "local": facts.local,
        "chat": facts.can_chat,
        "scores_labels": facts.can_score,
        "usd_per_million": {"input": price_in, "output": price_out},
        "prices_of": engine.outside.prices.as_of,
    }
