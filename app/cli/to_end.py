"""A run that has begun, taken to its end in the terminal: followed, shown, written, and said as an exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import typer

from app.adapters.result_table import ResultTable
from app.adapters.table_writing import WRITABLE
from app.cli import opening
from app.cli.following import Follower
from app.cli.naming import listed, title_in
from app.cli.render import draw_picture
from app.cli.replies import Reply
from app.cli.report import Title, report
from app.cli.run_table import run_tables
from app.cli.sentences import failure_sentence
from app.cli.stopping_for_a_while import stopping_for_a_while
from app.cli.terminal import is_person, plain, plain_lines
from app.document.problem import Problem, ProblemError
from app.document.workflow import Json, Workflow
from app.engine import Engine, RunHandle
from app.events.run_state import RunState
from app.executor.failures import IN_DOUBT
from app.executor.journal import ItemRecord, JournalError
from app.sdk.errors import NodeError
from app.texts import text


@dataclass(frozen=True, slots=True)
class Options:
    """How the results are shown."""

    as_json: bool = False
    as_events: bool = False
    out: Path | None = None
    picture: Path | None = None

    def check(self) -> None:
        """Before the run and not after it. Raises ProblemError `cli.json_and_events`, `file.unknown_format`,
        `cli.picture_format`.
        """
        if self.as_json and self.as_events:
            raise ProblemError(Problem("cli.json_and_events"))
        if self.out and self.out.suffix.lower() not in WRITABLE:
            raise ProblemError(
                Problem("file.unknown_format", args={"path": str(self.out), "ending": self.out.suffix})
            )
        if self.picture:
            opening.check_picture(self.picture)


async def to_end(
    engine: Engine,
    handle: RunHandle,
    workflow: Workflow,
    options: Options,
    context: typer.Context,
    reply: Reply | None = None,
) -> int:
    """The exit code. `reply` answers a step that waits."""
    title = opening.title_of(engine.registry)
    opening.refuse(handle.warnings, opening.OK, workflow=workflow, registry=engine.registry)
    steps = listed(workflow, handle.steps, title)
    if options.as_events:  # nobody sees more of a text than its end in the terminal itself
        handle.look(None)
    table, refused = _table(engine, handle, steps, options, title)
    follower = Follower(
        handle,
        len(steps.graph.nodes),
        lambda node: plain(title_in(steps, title, node)),
        as_events=options.as_events,
        table=table,
        reply=reply,
        out=options.out,
    )
    try:
        with stopping_for_a_while(engine.at_rest):
            state = await follower.to_end()
    except BaseException:
        if table:
            await table.drop()
        raise
    _show(handle, state, steps, options, title)
    written = await _write(handle, options, engine, table or refused)
    if not written and not options.as_json:  # what was paid for is not lost for want of a place
        typer.echo(text("cli.results_here"), err=True)
        opening.print_json(dict(handle.outputs))
    if options.picture:
        draw_picture(context, workflow, engine.registry, state, options.picture)
        typer.echo(text("cli.picture", path=str(options.picture)), err=True)
    if follower.refused and state.status != "failed":  # a run that failed has said why
        opening.refuse(follower.refused, opening.USAGE, workflow=steps, registry=engine.registry)
        return opening.USAGE
    if _is_out_of_time(state) and handle.is_kept:
        typer.echo(text("cli.out_of_time.go_on", run=handle.id), err=True)
    if any(problem.code == IN_DOUBT for problem in state.problems) and handle.is_kept:
        typer.echo(text("cli.in_doubt.go_on", run=handle.id), err=True)
    elif (
        state.status == "failed"
        and state.calls
        and state.rows is None
        and not _is_out_of_time(state)
        and handle.is_kept
    ):
        typer.echo(text("cli.failed.go_on", run=handle.id), err=True)
    code = _exit_code(state)
    return code if written or code else opening.FAILED


def refusal(problems: Sequence[Problem]) -> int:
    """The exit code of a run that was not begun: for the workflow, this machine, or what was asked for."""
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors and all(problem.code.startswith(_WRONG_USE) for problem in errors):
        return opening.USAGE
    return opening.exit_code(problems)


# Problems of what was asked for on the command line, not of the workflow; here `file.*` is the table of rows.
_WRONG_USE = ("cli.", "run.input_", "input.not_", "run.no_samples", "run.no_such_step", "file.")


def _table(
    engine: Engine, handle: RunHandle, steps: Workflow, options: Options, title: Title
) -> tuple[ResultTable | None, NodeError | None]:
    """The table of a run over rows that is written as they come, or why it can't be."""
    if options.out is None or not handle.is_over_rows:
        return None, None
    try:
        names, error = handle.result_names, partial(row_error, steps, title)
        outside = engine.outside
        return outside.result_table(options.out, handle.id, names, handle.items, error, grows=True), None
    except NodeError as refused:
        return None, refused


def row_error(steps: Workflow, title: Title, item: ItemRecord) -> str:
    """What was wrong with a row, in words; empty where nothing was."""
    if item.failure is None:
        return ""
    where = title_in(steps, title, item.node)
    return f"{where}: {failure_sentence(item.failure)}" if where else failure_sentence(item.failure)


def _show(handle: RunHandle, state: RunState, steps: Workflow, options: Options, title: Title) -> None:
    if options.as_events:
        return
    if options.as_json:
        opening.print_json(report(state, steps, handle.outputs, title))
        return
    if state.rows is None:
        _print_outputs(handle.outputs)
    typer.echo(run_tables(state, steps, title))


async def _write(
    handle: RunHandle, options: Options, engine: Engine, table: ResultTable | NodeError | None
) -> bool:
    """Writes the table that was asked for; False where it can't be written, and then that was said."""
    if options.out is None:
        return True
    try:
        if isinstance(table, NodeError):
            raise table
        if table:
            await table.finish(handle.rows_read)
        else:
            await engine.outside.write_results(options.out, _as_rows(handle.outputs))
    except NodeError as error:
        opening.refuse([Problem(error.code, args=error.args_by_name)], opening.FAILED)
        return False
    except JournalError as error:
        opening.refuse([error.problem], opening.FAILED)
        return False
    typer.echo(text("cli.written", path=str(options.out)), err=True)
    return True


def _as_rows(outputs: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """The results as a table: a column for each, a row for each element where they are lists."""
    columns = {name: values if isinstance(values, list) else [values] for name, values in outputs.items()}
    longest = max(map(len, columns.values()), default=0)
    return [
        {name: values[i] if i < len(values) else None for name, values in columns.items()}
        for i in range(longest)
    ]


def _print_outputs(outputs: Mapping[str, Json]) -> None:
    """As they are where a program reads them; on a person's screen without what the terminal would obey."""
    for name, value in outputs.items():
        shown = (
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, default=list)
        )
        words = f"{name}:\n{shown}\n"
        sys.stdout.write((plain_lines(words) if is_person(sys.stdout) else words) + "\n")


def _exit_code(state: RunState) -> int:
    if state.status == "done":
        return opening.OK
    if state.status == "cancelled":
        return opening.INTERRUPTED
    if state.status in ("paused", "waiting") or _is_out_of_time(state):
        return opening.PAUSED
    return opening.FAILED


def _is_out_of_time(state: RunState) -> bool:
    return any(problem.code == "run.time_limit" for problem in state.problems)
