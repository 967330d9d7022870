"""`baton learn`: lets a Smart pick learn from past runs, and writes what it has learned into the workflow's file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app import figures
from app.adapters.workflow_files import read_file, save_file
from app.cli import opening
from app.cli.naming import step_of
from app.cli.terminal import plain, table
from app.document.frames import graphs
from app.document.operations import SetFields
from app.document.problem import Problem, ProblemError
from app.engine import Engine
from app.executor.journal import JournalError
from app.hindsight.experience import PICK, Lesson, prompt_of
from app.settings import folders
from app.texts import text


def learn(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    node: Annotated[str, typer.Argument(metavar="NODE")],
    as_json: opening.AsJson = False,
) -> None:
    """Let a Smart pick learn from past runs."""

    async def main(engine: Engine) -> int:
        try:
            return await _learn(engine, file, node, as_json=as_json)
        except JournalError as error:
            raise ProblemError(error.problem) from error

    raise typer.Exit(opening.run_async(main))


async def _learn(engine: Engine, file: Path, words: str, *, as_json: bool) -> int:
    opened = read_file(file)
    steps = {node.id: node for _, graph in graphs(opened.workflow) for node in graph.nodes.values()}
    title = opening.title_of(engine.registry)
    step = steps[step_of(steps, words, title)]
    if step.type != PICK:
        raise ProblemError(Problem("learn.no_pick", args={"step": title(step)}))
    lesson = await engine.experience.lesson(opened.workflow.id, prompt_of(step))
    if not lesson.router.examples:
        raise ProblemError(Problem("learn.nothing"))
    fields = {"how": "trained", "router": lesson.router.to_text()}
    changed, _ = SetFields(step.id, fields).apply(opened.workflow)
    opening.refuse(save_file(file, changed, opened.stamp, folders()).warnings, opening.OK)
    _show(lesson, as_json=as_json)
    return opening.OK


def _show(lesson: Lesson, *, as_json: bool) -> None:
    models = lesson.router.models
    if as_json:
        lines = [
            {"model": name, "checked": one.n, "passed": one.passed, "bits_better_than_share": one.better}
            for name, one in models.items()
        ]
        opening.print_json({"runs": lesson.runs, "models": lines})
        return
    columns = [text(f"cli.column.{name}") for name in ("model", "checked", "passed", "looks_at_words")]
    rows = [
        [
            plain(name),
            figures.count(one.n),
            figures.percent(one.passed / one.n if one.n else 0.0),
            text("learn.words.yes" if one.weights else "learn.words.no"),
        ]
        for name, one in models.items()
    ]
    typer.echo(table(columns, rows, right=(1, 2)))
    typer.echo(text("learn.from", n=lesson.router.examples, runs=lesson.runs))
