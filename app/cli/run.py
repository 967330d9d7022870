"""`baton run`: runs a workflow in this process and prints its results, its events, or one JSON object."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

import typer

from app.adapters.file_problems import cannot_open
from app.adapters.table_writing import WRITABLE
from app.cli import opening
from app.cli.amounts import amount_of
from app.cli.following import Follower
from app.cli.report import report
from app.cli.run_table import Title, run_tables
from app.cli.terminal import is_person, plain, plain_lines
from app.document import strict_json
from app.document.problem import Problem, ProblemError
from app.document.workflow import Json, Workflow
from app.engine import Engine, RunHandle, RunRequest
from app.events.run_state import RunState
from app.sdk.errors import NodeError
from app.texts import text

# Problems of what was asked for on the command line, not of the workflow; here `file.*` is the table of rows.
_WRONG_USE = ("cli.", "run.input_", "run.no_samples", "file.")

Draw = Callable[[Workflow, Engine, RunState, Path], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How the results are shown."""

    as_json: bool
    as_events: bool
    out: Path | None
    picture: Path | None


def run(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The workflow file.", metavar="FILE")],
    input_: Annotated[
        list[str] | None, typer.Option("--input", help="One input.", metavar="NAME=VALUE", show_default=False)
    ] = None,
    inputs: Annotated[Path | None, typer.Option(help="A JSON file with all inputs.", metavar="FILE")] = None,
    rows: Annotated[
        str,
        typer.Option(
            help="Run over a table (.csv, .xlsx, .jsonl), or over the workflow's own samples.",
            metavar="FILE|samples",
            show_default=False,
        ),
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Write the results of all rows to a table.", metavar="FILE")
    ] = None,
    concurrency: Annotated[int | None, typer.Option(min=1, max=1000, help="Rows at a time.")] = None,
    max_cost: Annotated[
        str, typer.Option(help="Pause before more than this is spent.", metavar="USD", show_default=False)
    ] = "",
    stop_after: Annotated[int | None, typer.Option(min=1, help="Stop after so many failed rows.")] = None,
    allow: Annotated[
        bool,
        typer.Option("--allow", help="Run a workflow that was not reviewed here, with all that it asks for."),
    ] = False,
    picture: Annotated[
        Path | None, typer.Option(help="Draw the canvas after the run (.png, .svg).", metavar="FILE")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    as_events: Annotated[
        bool, typer.Option("--events", help="Print the run's events as JSON lines.")
    ] = False,
) -> None:
    """Run a workflow."""
    workflow = opening.read_workflow(file, as_json=as_json)
    options = Options(as_json, as_events, out, picture)
    try:
        _check_endings(out, picture)
        request = RunRequest(
            workflow,
            values=_values(input_ or [], inputs),
            rows=rows,
            budget=amount_of(max_cost) if max_cost else None,
            rows_at_a_time=concurrency,
            stop_after=stop_after,
            own=allow,
            folder=file.resolve().parent,
        )
    except ProblemError as error:
        raise opening.refuse(error.problems, opening.USAGE, as_json=as_json) from error
    draw = cast("Draw | None", context.obj)
    raise typer.Exit(opening.run_async(lambda engine: _run(engine, request, options, draw)))


async def _run(engine: Engine, request: RunRequest, options: Options, draw: Draw | None) -> int:
    workflow, title = request.workflow, opening.title_of(engine.registry)
    try:
        handle = await engine.start(request)
    except ProblemError as error:
        code = _refusal(error.problems)
        opening.refuse(
            error.problems, code, as_json=options.as_json, workflow=workflow, registry=engine.registry
        )
        return code
    opening.refuse(handle.warnings, opening.OK, workflow=workflow, registry=engine.registry)
    state = await Follower(
        handle,
        len(workflow.graph.nodes),
        lambda node: plain(title(workflow.graph.nodes[node])),
        as_events=options.as_events,
    ).to_end()
    _show(handle, state, workflow, options, title)
    written = await _write(handle, options, engine)
    if not written and not options.as_json:  # what was paid for is not lost for want of a place
        typer.echo(text("cli.results_here"), err=True)
        opening.print_json(dict(handle.outputs))
    if options.picture and draw:
        draw(workflow, engine, state, options.picture)
        typer.echo(text("cli.picture", path=str(options.picture)), err=True)
    code = _exit_code(state)
    return code if written or code else opening.FAILED


def _refusal(problems: Sequence[Problem]) -> int:
    """The exit code of a run that was not begun: for the workflow, this machine, or what was asked for."""
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors and all(problem.code.startswith(_WRONG_USE) for problem in errors):
        return opening.USAGE
    return opening.exit_code(problems)


def _show(handle: RunHandle, state: RunState, workflow: Workflow, options: Options, title: Title) -> None:
    if options.as_events:
        return
    if options.as_json:
        opening.print_json(report(state, workflow, handle.outputs, title))
        return
    if state.rows is None:
        _print_outputs(handle.outputs)
    typer.echo(run_tables(state, workflow, title))


async def _write(handle: RunHandle, options: Options, engine: Engine) -> bool:
    """Writes the table that was asked for; False where it can't be written, and then that was said."""
    if options.out is None:
        return True
    try:
        await engine.outside.write_results(options.out, _as_rows(handle.outputs))
    except NodeError as error:
        problem = Problem(error.code, args=error.args_by_name)
        opening.refuse([problem], opening.FAILED)
        return False
    typer.echo(text("cli.written", path=str(options.out)), err=True)
    return True


def _as_rows(outputs: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """The results as a table: a column for each, a row for each row of the run."""
    columns = {name: values if isinstance(values, list) else [values] for name, values in outputs.items()}
    longest = max(map(len, columns.values()), default=0)
    return [
        {name: values[i] if i < len(values) else None for name, values in columns.items()}
        for i in range(longest)
    ]


def _print_outputs(outputs: Mapping[str, Json]) -> None:
    """As they are where a program reads them; on a person's screen without what the terminal would obey."""
    for name, value in outputs.items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
        words = f"{name}:\n{shown}\n"
        sys.stdout.write((plain_lines(words) if is_person(sys.stdout) else words) + "\n")


def _exit_code(state: RunState) -> int:
    if state.status == "done":
        return opening.OK
    if state.status == "cancelled":
        return opening.INTERRUPTED
    if state.status in ("paused", "waiting") or any(p.code == "run.time_limit" for p in state.problems):
        return opening.PAUSED
    return opening.FAILED


def _check_endings(out: Path | None, picture: Path | None) -> None:
    """Before the run and not after it. Raises ProblemError `file.unknown_format`, `cli.picture_format`."""
    if out and out.suffix.lower() not in WRITABLE:
        raise ProblemError(Problem("file.unknown_format", args={"path": str(out), "ending": out.suffix}))
    if picture:
        opening.check_picture(picture)


def _values(pairs: list[str], file: Path | None) -> dict[str, Json]:
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
