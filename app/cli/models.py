"""`baton models`: the models of all connections with prices, and what can be done with those on this computer."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from app.cli import opening
from app.cli.installed_models import Wish, add, installed_object, installed_table, remove, set_up, speed
from app.cli.models_in_memory import memory_objects, memory_words
from app.cli.terminal import table
from app.document.problem import Problem, ProblemError
from app.engine import Engine
from app.sdk.gateway import ModelFacts
from app.texts import text


class Deed(StrEnum):
    """What may be done with models."""

    LIST = "list"
    ADD = "add"
    REMOVE = "remove"
    SET = "set"
    SPEED = "speed"


_DEEDS = {Deed.ADD: add, Deed.REMOVE: remove, Deed.SET: set_up, Deed.SPEED: speed}


def models(
    deed: Annotated[Deed, typer.Argument(metavar="list|add|remove|set|speed")] = Deed.LIST,
    model: Annotated[str, typer.Argument(metavar="MODEL|FILE|URL")] = "",
    sha256: Annotated[str, typer.Option(metavar="DIGEST")] = "",
    context: Annotated[int | None, typer.Option(metavar="TOKENS")] = None,
    slots: Annotated[int | None, typer.Option(metavar="N")] = None,
    lora: Annotated[list[str] | None, typer.Option(metavar="FILE[=SCALE]")] = None,
    no_lora: Annotated[bool, typer.Option("--no-lora")] = False,
    yes: Annotated[bool, typer.Option("--yes")] = False,
    as_json: opening.AsJson = False,
) -> None:
    """The models that this machine knows."""
    if deed is Deed.LIST and model:
        raise ProblemError(
            Problem("cli.extra_argument", args={"text": model, "command": "baton models list"})
        )
    if deed is not Deed.LIST and not model:
        name = "FILE|URL" if deed is Deed.ADD else "MODEL"
        raise ProblemError(Problem("cli.missing", args={"name": name, "command": f"baton models {deed}"}))
    for option, given in (
        ("--context", context),
        ("--slots", slots),
        ("--lora", lora),
        ("--no-lora", no_lora),
    ):
        if given and deed is not Deed.SET:
            raise ProblemError(Problem("cli.only_with", args={"option": option, "other": "set"}))
    if sha256 and deed is not Deed.ADD:
        raise ProblemError(Problem("cli.only_with", args={"option": "--sha256", "other": "add"}))
    wish = Wish(
        model,
        sha256,
        context,
        slots,
        None if lora is None and not no_lora else tuple(lora or ()),
        yes,
        as_json,
    )
    raise typer.Exit(
        opening.run_async(
            lambda engine: _DEEDS[deed](engine, wish) if deed in _DEEDS else _list(engine, wish)
        )
    )


async def _list(engine: Engine, wish: Wish) -> int:
    found = engine.outside.known_models()
    here = await engine.outside.library.entries()
    if wish.as_json:
        files = {one.name: installed_object(one) for one in here}
        in_memory = memory_objects(engine.outside.model_notes.others())
        opening.print_json(
            [
                {
                    **_object(engine, facts),
                    "file": files.get(facts.id) if facts.local else None,
                    "in_memory": in_memory.get(facts.id, []) if facts.id in files else None,
                }
                for facts in found
            ]
        )
    elif found:
        _print(engine, found)
        typer.echo("\n" + installed_table(here))
        if told := memory_words(engine.outside.model_notes.others(), {one.name: one.title for one in here}):
            typer.echo("\n" + told)
    else:
        typer.echo(text("cli.models.none"))
    return opening.OK


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
    price = engine.outside.prices.price_of(facts)
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
