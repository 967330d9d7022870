"""`baton rate`: a person's word on what a run or one of its rows gave; report cards are made of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from app.cli import opening
from app.cli.naming import past_run
from app.document.problem import Problem, ProblemError
from app.engine import Engine
from app.executor.journal import JournalError
from app.executor.revisit import RevisitFailed
from app.hindsight.labels import LabelWord
from app.texts import text


class Word(StrEnum):
    """What a person says; `none` takes it back."""

    GOOD = "good"
    BAD = "bad"
    NONE = "none"


_WORDS: dict[Word, LabelWord | None] = {Word.GOOD: "good", Word.BAD: "bad", Word.NONE: None}


def rate(
    run: Annotated[str, typer.Argument(metavar="RUN|last")],
    word: Annotated[Word, typer.Argument(metavar="good|bad|none")],
    row: Annotated[int | None, typer.Option(min=1, metavar="N")] = None,
    output: Annotated[str, typer.Option(metavar="NAME")] = "",
) -> None:
    """Say whether a result is good."""

    async def main(engine: Engine) -> int:
        scope = "" if row is None else f"#{row - 1}"
        try:
            named = await past_run(engine, run)
            judges = await engine.labelling.rate(named, scope, _WORDS[word], output)
        except JournalError as error:
            raise ProblemError(error.problem) from error
        except KeyError:
            raise ProblemError(Problem("run.unknown", args={"run": run})) from None
        except RevisitFailed as error:
            raise ProblemError(Problem(error.code)) from error
        kept = word is Word.NONE or judges > 0
        typer.echo(text(f"cli.rate.{word.value}" if kept else "cli.rate.no_check", n=judges), err=True)
        return opening.OK

    raise typer.Exit(opening.run_async(main))
