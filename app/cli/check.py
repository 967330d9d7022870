"""`baton check`: what is wrong with a workflow and what a run would use, without running it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from app.cli import opening
from app.cli.forecasting import forecast_object, forecast_words, unknown_words
from app.cli.report import Title, problem_list
from app.cli.run_table import problem_text
from app.cli.terminal import plain
from app.document.problem import ProblemError
from app.document.workflow import Workflow
from app.engine import Checked, Engine
from app.forecast.forecast import Forecast
from app.texts import text


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    rows: Annotated[str, typer.Option(metavar="FILE|samples")] = "",
    as_json: opening.AsJson = False,
) -> None:
    """Say what is wrong with a workflow and what a run would use."""
    workflow = opening.read_workflow(file, as_json=as_json)
    asked = _Asked(workflow, file.resolve().parent, rows, as_json)
    raise typer.Exit(opening.run_async(lambda engine: _check(engine, asked)))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be looked at, and as what it is to be printed."""

    workflow: Workflow
    folder: Path
    rows: str
    as_json: bool


async def _check(engine: Engine, asked: _Asked) -> int:
    workflow, as_json = asked.workflow, asked.as_json
    checked, forecast = engine.check(workflow, asked.folder), None
    if checked.plan:
        try:
            forecast = await engine.forecast(checked.plan, rows=asked.rows, folder=asked.folder)
        except ProblemError as error:  # a table of rows that can't be read
            opening.refuse(error.problems, opening.USAGE, as_json=as_json, workflow=workflow)
            return opening.USAGE
    if as_json:
        opening.print_json(_object(checked, workflow, opening.title_of(engine.registry), forecast))
    else:
        _print(engine, workflow, checked, forecast)
    return opening.OK if checked.plan else opening.exit_code(checked.problems)


def _object(
    checked: Checked, workflow: Workflow, title: Title, forecast: Forecast | None
) -> dict[str, object]:
    return {
        "can_run": checked.plan is not None,
        "reviewed": checked.grants is not None,
        "uses": [{"kind": power.kind, "target": power.target} for power in checked.powers],
        "problems": problem_list(checked.problems, workflow, title),
        "forecast": forecast_object(forecast) if forecast else None,
    }


def _print(engine: Engine, workflow: Workflow, checked: Checked, forecast: Forecast | None) -> None:
    title = opening.title_of(engine.registry)
    for problem in checked.problems:
        typer.echo(problem_text(problem, workflow, title))
    if checked.plan is None:
        return
    if not checked.problems:
        graph = workflow.graph
        typer.echo(text("cli.check.fine", steps=len(graph.nodes), edges=len(graph.edges)))
    if checked.powers:
        typer.echo(text("cli.check.would"))
    for power in checked.powers:
        typer.echo(f"  {text(f'power.{power.kind}')}: {plain(power.target) or '–'}")
    if forecast and forecast.steps:
        typer.echo(forecast_words(forecast))
        for line in unknown_words(forecast, workflow, title):
            typer.echo(line)
