"""`baton run`: runs a workflow in this process, or goes on with a run, and prints what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.file_problems import cannot_open
from app.cli import opening
from app.cli.amounts import amount_of, seconds_of
from app.cli.forecasting import forecast_words
from app.cli.naming import latest_of, run_named, step_within
from app.cli.pins import pins_of
from app.cli.recalling import frozen, look
from app.cli.to_end import Options, refusal, to_end
from app.document import strict_json
from app.document.problem import Problem, ProblemError
from app.document.workflow import Json, Workflow
from app.engine import Engine, RunHandle, RunRequest
from app.executor.run_request import Anew
from app.forecast.asking import asks_models


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a workflow is to run, as it was typed."""

    to: str = ""
    start_from: str = ""
    base: str = ""
    pins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Again:
    """Which run is to go on, as it was typed; `workflow` is what it must be a run of."""

    run: str
    workflow: Workflow | None
    retry_failed: bool


def run(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="FILE")] = None,
    input_: Annotated[list[str] | None, typer.Option("--input", metavar="NAME=VALUE")] = None,
    inputs: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    rows: Annotated[str, typer.Option(metavar="FILE|samples")] = "",
    out: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    concurrency: Annotated[int | None, typer.Option(min=1, max=1000, metavar="1-1000")] = None,
    max_cost: Annotated[str, typer.Option(metavar="USD")] = "",
    max_time: Annotated[str, typer.Option(metavar="SECONDS")] = "",
    stop_after: Annotated[int | None, typer.Option(min=1, metavar="N")] = None,
    to: Annotated[str, typer.Option(metavar="NODE")] = "",
    from_: Annotated[str, typer.Option("--from", metavar="NODE")] = "",
    base: Annotated[str, typer.Option(metavar="RUN")] = "",
    pin: Annotated[list[str] | None, typer.Option(metavar="NODE.PORT=VALUE")] = None,
    fresh: Annotated[bool, typer.Option("--fresh")] = False,
    dry: Annotated[bool, typer.Option("--dry")] = False,
    resume: Annotated[str, typer.Option(metavar="RUN|last")] = "",
    retry_failed: Annotated[bool, typer.Option("--retry-failed")] = False,
    allow: Annotated[bool, typer.Option("--allow")] = False,
    picture: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    as_json: opening.AsJson = False,
    as_events: Annotated[bool, typer.Option("--events")] = False,
) -> None:
    """Run a workflow."""
    options = Options(as_json, as_events, out, picture)
    new = {
        "--input": input_,
        "--inputs": inputs,
        "--rows": rows,
        "--to": to,
        "--from": from_,
        "--base": base,
        "--pin": pin,
        "--fresh": fresh,
        "--dry": dry,
    }
    if as_json and as_events:
        raise ProblemError(Problem("cli.json_and_events"))
    if file is None and not resume:
        raise ProblemError(Problem("cli.missing", args={"name": "FILE", "command": context.command_path}))
    workflow = opening.read_workflow(file, as_json=as_json) if file else None
    try:
        _check_together([name for name, given in new.items() if given], resume, retry_failed=retry_failed)
        options.check()
        cost, time = amount_of(max_cost) if max_cost else None, seconds_of(max_time) if max_time else None
        anew = Anew(cost, time, concurrency, stop_after, allow)
        values = _values(input_ or [], inputs)
    except ProblemError as error:
        raise opening.refuse(error.problems, opening.USAGE, as_json=as_json) from error
    if file is None or workflow is None or resume:
        again = Again(resume, workflow, retry_failed)
        code = opening.run_async(lambda engine: _resume(engine, again, anew, options, context))
    else:
        folder = file.resolve().parent
        request = RunRequest(workflow, values=values, rows=rows, folder=folder, dry=dry, fresh=fresh)
        asked, part = anew.of(request), Part(to, from_, base, tuple(pin or ()))
        code = opening.run_async(lambda engine: _run(engine, asked, part, options, context))
    raise typer.Exit(code)


async def _run(
    engine: Engine, request: RunRequest, part: Part, options: Options, context: typer.Context
) -> int:
    workflow = request.workflow
    try:
        asked = await _narrowed(engine, request, part)
        if (asked.rows or asked.budget is not None) and not options.as_json and not options.as_events:
            await _tell_forecast(engine, asked)
        handle = await engine.start(asked)
    except ProblemError as error:
        return refuse(error, engine, workflow, options)
    return await to_end(engine, handle, workflow, options, context)


async def _tell_forecast(engine: Engine, request: RunRequest) -> None:
    """Who sets a limit or runs over rows is told what the run will take, before it begins. Raises ProblemError."""
    plan = engine.check(request.workflow, request.folder).plan
    if plan is None or not asks_models(plan):
        return
    forecast = await engine.forecast(
        plan,
        request.values,
        request.rows,
        request.folder,
        request.rows_at_a_time,
        fresh=request.fresh,
        own=request.own,
    )
    typer.echo(forecast_words(forecast), err=True)


async def _resume(engine: Engine, again: Again, anew: Anew, options: Options, context: typer.Context) -> int:
    workflow, retry = again.workflow, again.retry_failed
    try:
        of = workflow.id if workflow else ""
        run = await run_named(engine, again.run, of, failed=True, failed_rows=retry)
        handle, as_begun = await resumed(engine, run, workflow, anew, retry_failed=retry)
    except ProblemError as error:
        return refuse(error, engine, workflow, options)
    return await to_end(engine, handle, as_begun, options, context)


async def resumed(
    engine: Engine, run: str, workflow: Workflow | None, anew: Anew, *, retry_failed: bool = False
) -> tuple[RunHandle, Workflow]:
    """A run that goes on, with the workflow as it was frozen for it. `workflow` is what it must be a run of.

    Raises ProblemError `cli.another_workflow`, and as `Engine.resume`.
    """
    head, _, _ = await look(engine, run)
    if workflow is not None and workflow.id != head.workflow_id:
        raise ProblemError(Problem("cli.another_workflow", args={"run": run, "name": head.name}))
    return await engine.resume(run, anew, retry_failed=retry_failed), frozen(head)


def refuse(error: ProblemError, engine: Engine, workflow: Workflow | None, options: Options) -> int:
    """Says why a run was not begun; gives the exit code."""
    code = refusal(error.problems)
    opening.refuse(error.problems, code, as_json=options.as_json, workflow=workflow, registry=engine.registry)
    return code


async def _narrowed(engine: Engine, request: RunRequest, part: Part) -> RunRequest:
    """The part of it that was asked for. Raises ProblemError."""
    workflow, title = request.workflow, opening.title_of(engine.registry)
    start_from = step_within(engine, request, part.start_from, title)[0] if part.start_from else ""
    base = part.base
    if start_from and not base:
        base = await latest_of(engine, workflow.id)
    return replace(
        request,
        to=step_within(engine, request, part.to, title)[0] if part.to else "",
        start_from=start_from,
        base=base,
        pins=pins_of(part.pins, engine, request, title),
    )


def _check_together(given: list[str], resume: str, *, retry_failed: bool) -> None:
    """Raises ProblemError `cli.not_with_resume`, `cli.only_with`."""
    if resume and given:
        raise ProblemError(Problem("cli.not_with_resume", args={"options": tuple(given)}))
    if retry_failed and not resume:
        raise ProblemError(Problem("cli.only_with", args={"option": "--retry-failed", "other": "--resume"}))
    if "--base" in given and "--from" not in given:
        raise ProblemError(Problem("cli.only_with", args={"option": "--base", "other": "--from"}))


def _values(pairs: list[str], file: Path | None) -> Mapping[str, Json]:
    """Inputs from the file, and those given one by one over them. Raises ProblemError `cli.*`, `file.*`."""
    values = _inputs_of(file) if file else {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise ProblemError(Problem("cli.bad_input", args={"text": pair}))
        values[name] = value
    return values


def _inputs_of(file: Path) -> dict[str, Json]:
    try:
        return strict_json.parse(file.read_bytes())[0]
    except OSError as error:
        raise cannot_open(error, file) from error
    except ProblemError as error:
        if error.problems[0].code == "file.not_a_workflow":  # JSON, but no object
            raise ProblemError(Problem("cli.bad_inputs_file", args={"path": str(file)})) from error
        typer.echo(f"{file}:", err=True)
        raise
