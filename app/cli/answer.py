"""`baton answer`: answers a step that waits for a person, and goes on with its run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from app.cli import opening
from app.cli.amounts import amount_of
from app.cli.naming import run_named, step_of
from app.cli.recalling import look
from app.cli.replies import Reply, Word
from app.cli.run import refuse, resumed
from app.cli.to_end import Options, to_end
from app.document.problem import Problem, ProblemError
from app.engine import Engine
from app.executor.recalled import steps_of
from app.executor.run_request import Anew


def answer(
    context: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN|last")],
    node: Annotated[str, typer.Argument(metavar="NODE")],
    approve: Annotated[bool, typer.Option("--approve")] = False,
    reject: Annotated[bool, typer.Option("--reject")] = False,
    edit: Annotated[str | None, typer.Option(metavar="VALUE")] = None,
    happened: Annotated[bool, typer.Option("--happened")] = False,
    again: Annotated[bool, typer.Option("--again")] = False,
    keep: Annotated[bool, typer.Option("--keep")] = False,
    row: Annotated[int | None, typer.Option(min=1, metavar="N")] = None,
    comment: Annotated[str, typer.Option(metavar="WORDS")] = "",
    max_cost: Annotated[str, typer.Option(metavar="USD")] = "",
    out: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    as_json: opening.AsJson = False,
    as_events: Annotated[bool, typer.Option("--events")] = False,
) -> None:
    """Answer a step that waits for a person."""
    given: Mapping[Word, bool] = {
        "approve": approve,
        "reject": reject,
        "edit": edit is not None,
        "happened": happened,
        "again": again,
        "keep": keep,
    }
    words: list[Word] = [word for word in given if given[word]]
    options = Options(as_json, as_events, out)
    try:
        options.check()
        if len(words) != 1:
            raise ProblemError(
                Problem("cli.one_answer", args={"known": tuple(f"--{word}" for word in given)})
            )
        anew = Anew(amount_of(max_cost) if max_cost else None)
    except ProblemError as error:
        raise opening.refuse(error.problems, opening.USAGE, as_json=as_json) from error
    reply = Reply(node, words[0], edit or "", comment, row)
    raise typer.Exit(opening.run_async(lambda engine: _answer(engine, run, reply, anew, options, context)))


async def _answer(
    engine: Engine, words: str, reply: Reply, anew: Anew, options: Options, context: typer.Context
) -> int:
    workflow = None
    try:
        run = await run_named(engine, words)
        head, _, _ = await look(engine, run)
        reply = reply.at(step_of(steps_of(head), reply.node, opening.title_of(engine.registry)))
        handle, workflow = await resumed(engine, run, None, anew)
    except ProblemError as error:
        return refuse(error, engine, workflow, options)
    return await to_end(engine, handle, workflow, options, context, reply)
