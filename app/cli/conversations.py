"""`baton conversations`: what steps with a memory keep on this computer, and forgetting it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from app import figures
from app.adapters.sqlite_memory import Kept
from app.cli import opening
from app.cli.terminal import plain, table
from app.document.problem import ProblemError
from app.engine import Engine
from app.executor.journal import JournalError
from app.texts import text


def conversations(
    forget: Annotated[str, typer.Option("--forget", metavar="NAME")] = "",
    as_json: opening.AsJson = False,
) -> None:
    """List the conversations that are kept, or forget one."""

    async def main(engine: Engine) -> int:
        try:
            found = [one for one in await engine.conversations.all() if not forget or one.name == forget]
            if forget:
                turns = [await engine.conversations.forget(one.owner, one.name) for one in found]
                typer.echo(text("cli.conversations.forgotten", n=sum(turns)))
            elif as_json:
                opening.print_json([_object(one) for one in found])
            else:
                _print(found)
        except JournalError as error:
            raise ProblemError(error.problem) from error
        return opening.OK

    raise typer.Exit(opening.run_async(main))


def _print(found: Sequence[Kept]) -> None:
    if not found:
        typer.echo(text("cli.conversations.none"))
        return
    columns = [text(f"cli.column.{name}") for name in ("conversation", "workflow", "turns", "size", "latest")]
    rows = [
        [plain(one.name), one.owner[:24], str(one.turns), figures.file_size(one.size), _at(one)]
        for one in found
    ]
    typer.echo(table(columns, rows, right=(2, 3), widest=48))


def _at(one: Kept) -> str:
    return datetime.fromtimestamp(one.at).astimezone().isoformat(sep=" ", timespec="minutes")


def _object(one: Kept) -> dict[str, object]:
    return {
        "conversation": one.name,
        "workflow": one.owner,
        "turns": one.turns,
        "size": one.size,
        "latest": _at(one),
    }
