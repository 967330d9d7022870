"""`baton runs`: the runs that are kept: listed, shown, compared, pinned, thrown away; and what the cache keeps."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from app import figures
from app.adapters.rows_export import rows_through
from app.cli import opening
from app.cli.comparing import compared, comparison_table
from app.cli.naming import lines_of, listed, past_run, step_within
from app.cli.place_data import data_objects, data_table, place_data, scope_of
from app.cli.recalling import Recalled, frozen, look, recall
from app.cli.report import cost_object, report, usage_object
from app.cli.run_table import run_tables
from app.cli.terminal import table
from app.cli.to_end import Options, row_error
from app.document.problem import Problem, ProblemError
from app.document.workflow import Graph, Json, Workflow
from app.engine import Engine, RunRequest
from app.executor.journal import JournalError, RunLine
from app.executor.recalled import steps_of
from app.sdk.errors import NodeError
from app.texts import text


class Deed(StrEnum):
    """What may be done with runs."""

    LIST = "list"
    SHOW = "show"
    COMPARE = "compare"
    PIN = "pin"
    UNPIN = "unpin"
    EXPORT = "export"
    FORGET = "forget"
    CLEAR_CACHE = "clear-cache"


_RUNS = {Deed.LIST: 0, Deed.CLEAR_CACHE: 0, Deed.COMPARE: 2}  # how many are named; all others take one


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for."""

    runs: tuple[str, ...]
    workflow: Workflow | None
    node: str
    most: int
    at: str
    out: Path | None
    anyway: bool
    as_json: bool


def runs(
    deed: Annotated[
        Deed, typer.Argument(metavar="list|show|compare|export|pin|unpin|forget|clear-cache")
    ] = Deed.LIST,
    names: Annotated[list[str] | None, typer.Argument(metavar="RUN|last")] = None,
    workflow: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    node: Annotated[str, typer.Option(metavar="NODE")] = "",
    most: Annotated[int, typer.Option(min=1, metavar="N")] = 20,
    at: Annotated[str, typer.Option(metavar="NODE")] = "",
    out: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    anyway: Annotated[bool, typer.Option("--anyway")] = False,
    as_json: opening.AsJson = False,
) -> None:
    """The runs that are kept."""
    named = tuple(names or ())
    wanted = _RUNS.get(deed, 1)
    if len(named) < wanted:
        raise ProblemError(Problem("cli.missing", args={"name": "RUN", "command": f"baton runs {deed}"}))
    if len(named) > wanted:
        extra = " ".join(named[wanted:])
        raise ProblemError(
            Problem("cli.extra_argument", args={"text": extra, "command": f"baton runs {deed}"})
        )
    if node and not workflow:
        raise ProblemError(Problem("cli.only_with", args={"option": "--node", "other": "--workflow"}))
    if at and deed is not Deed.SHOW:
        raise ProblemError(Problem("cli.only_with", args={"option": "--at", "other": "show"}))
    if anyway and deed is not Deed.FORGET:
        raise ProblemError(Problem("cli.only_with", args={"option": "--anyway", "other": "forget"}))
    if (deed is Deed.EXPORT) is not (out is not None):
        option, other = ("--out", "export") if out else ("export", "--out")
        raise ProblemError(Problem("cli.only_with", args={"option": option, "other": other}))
    try:
        Options(out=out).check()
    except ProblemError as error:
        raise opening.refuse(error.problems, opening.USAGE, as_json=as_json) from error
    of = opening.read_workflow(workflow, as_json=as_json) if workflow else None

    async def main(engine: Engine) -> None:
        runs = [await past_run(engine, run, of.id if of else "") for run in named]
        await _DEEDS[deed](engine, Wish(tuple(runs), of, node, most, at, out, anyway, as_json))

    opening.run_async(main)


async def _list(engine: Engine, wish: Wish) -> None:
    lines = await lines_of(engine, wish.workflow.id if wish.workflow else "", wish.most)
    if wish.as_json:
        opening.print_json([_line_object(line) for line in lines])
    elif lines:
        typer.echo(await _lines_table(engine, lines))
    else:
        typer.echo(text("cli.runs.none"))


async def _show(engine: Engine, wish: Wish) -> None:
    recalled = await recall(engine, wish.runs[0])
    title, state = opening.title_of(engine.registry), recalled.state
    if wish.at:
        await _show_place(engine, wish, recalled)
        return
    if wish.as_json:
        outputs: Mapping[str, Json] = recalled.summary.outputs
        said = report(state, recalled.workflow, outputs, title)
        opening.print_json({**said, "status": recalled.summary.status, "at": recalled.head.at})
        return
    typer.echo(f"{recalled.head.name} · {recalled.head.run} · {_when(recalled.head.at)}\n")
    typer.echo(run_tables(state, recalled.workflow, title, await _ended(engine, recalled)))
    if state.rows is None:
        with contextlib.suppress(ProblemError):  # a run of steps that are no longer here has no such table
            data = await place_data(engine, wish.runs[0], "")
            typer.echo("\n" + data_table(data, recalled, title))


async def _show_place(engine: Engine, wish: Wish, recalled: Recalled) -> None:
    title = opening.title_of(engine.registry)
    data = await place_data(engine, wish.runs[0], scope_of(recalled, wish.at, title))
    if wish.as_json:
        opening.print_json(data_objects(data, recalled, title))
    else:
        typer.echo(data_table(data, recalled, title))


async def _compare(engine: Engine, wish: Wish) -> None:
    before, after = [await recall(engine, run) for run in wish.runs]
    title = opening.title_of(engine.registry)
    rows = await compared(before, after, title)
    if wish.as_json:
        opening.print_json([row.to_json() for row in rows])
    else:
        typer.echo(comparison_table(rows))


async def _export(engine: Engine, wish: Wish) -> None:
    """The rows that are through, as the run itself writes them at its end; it may go on, or be cut off."""
    run, path = wish.runs[0], wish.out or Path()
    head, _, journal = await look(engine, run)
    if head.rows is None:
        raise ProblemError(Problem("cli.no_rows", args={"run": run}))
    steps = replace(frozen(head), graph=Graph(steps_of(head), ()))
    error = partial(row_error, steps, opening.title_of(engine.registry))
    try:
        names = await engine.result_names(run)
        table = engine.outside.result_table(path, f"{run}.export", names, partial(journal.items, ""), error)
        await table.finish(await rows_through(journal))
    except NodeError as refused:
        raise ProblemError(Problem(refused.code, args=refused.args_by_name)) from refused
    except JournalError as refused:
        raise ProblemError(refused.problem) from refused
    typer.echo(text("cli.written", path=str(path)), err=True)


async def _pin(engine: Engine, wish: Wish) -> None:
    await _change(engine, wish.runs[0], pinned=True)
    typer.echo(text("cli.runs.pinned", run=wish.runs[0]), err=True)


async def _unpin(engine: Engine, wish: Wish) -> None:
    await _change(engine, wish.runs[0], pinned=False)
    typer.echo(text("cli.runs.unpinned", run=wish.runs[0]), err=True)


async def _forget(engine: Engine, wish: Wish) -> None:
    await look(engine, wish.runs[0])
    try:
        needed_by = tuple(line.run for line in await engine.runs.lines(-1) if line.base == wish.runs[0])
        if needed_by and not wish.anyway:
            raise ProblemError(Problem("cli.run_needed", args={"run": wish.runs[0], "by": needed_by}))
        await engine.runs.forget(wish.runs[0])
    except JournalError as error:
        raise ProblemError(error.problem) from error
    typer.echo(text("cli.runs.forgotten", run=wish.runs[0]), err=True)


async def _clear_cache(engine: Engine, wish: Wish) -> None:
    title, of = opening.title_of(engine.registry), wish.workflow
    node = step_within(engine, RunRequest(of), wish.node, title)[0] if of and wish.node else ""
    went = await engine.cache.clear(of.id if of else "", node)
    typer.echo(text("cli.cache.cleared", n=went), err=True)


_DEEDS = {
    Deed.LIST: _list,
    Deed.SHOW: _show,
    Deed.COMPARE: _compare,
    Deed.EXPORT: _export,
    Deed.PIN: _pin,
    Deed.UNPIN: _unpin,
    Deed.FORGET: _forget,
    Deed.CLEAR_CACHE: _clear_cache,
}


async def _change(engine: Engine, run: str, *, pinned: bool) -> None:
    await look(engine, run)
    try:
        await engine.runs.pin(run, pinned)
    except JournalError as error:
        raise ProblemError(error.problem) from error


async def _lines_table(engine: Engine, lines: Sequence[RunLine]) -> str:
    names = ("run", "workflow", "when", "status", "rows", "cost", "tokens", "seconds", "pinned")
    rows: list[list[str]] = []
    for line in lines:
        summary = line.summary
        done = f"{summary.rows_done + summary.rows_failed}"
        total = "" if line.rows is None or line.rows < 0 else f"/{line.rows}"
        rows.append(
            [
                line.run,
                line.name,
                _when(line.at),
                await _status_words(engine, line),
                "–" if line.rows is None else done + total,
                figures.cost(summary.cost),
                figures.tokens(summary.usage.total),
                figures.seconds(summary.elapsed),
                text("cli.yes") if line.pinned else "",
            ]
        )
    return table([text(f"cli.column.{name}") for name in names], rows, right=(4, 5, 6, 7), widest=60)


async def _ended(engine: Engine, recalled: Recalled) -> str:
    """How a run is called that goes on, or whose process went without a word: no record says so. Else nothing."""
    if recalled.summary.status != "running":
        return ""
    lines = await lines_of(engine, recalled.head.workflow_id, -1)
    line = next((line for line in lines if line.run == recalled.head.run), None)
    return await _status_words(engine, line) if line else ""


async def _status_words(engine: Engine, line: RunLine) -> str:
    if line.alive:
        return text("cli.runs.alive")
    if line.summary.status == "running":
        return text("cli.runs.cut_off")
    words = text(f"run.{line.summary.status}")
    if line.summary.status == "waiting" and line.summary.waits:
        head, _, _ = await look(engine, line.run)
        title = opening.title_of(engine.registry)
        steps = listed(frozen(head), steps_of(head), title).graph.nodes
        where = [title(steps[node]) if node in steps else node for node in line.summary.waits]
        words = text("cli.runs.waits_at", steps=tuple(where))
    return text("cli.runs.unfinished", status=words) if line.is_unfinished else words


def _line_object(line: RunLine) -> dict[str, Json]:
    summary = line.summary
    return {
        "run": line.run,
        "workflow": line.workflow_id,
        "name": line.name,
        "at": line.at,
        "status": summary.status,
        "unfinished": line.is_unfinished,
        "alive": line.alive,
        "waits": list(summary.waits),
        "rows": None
        if line.rows is None
        else {"total": line.rows, "done": summary.rows_done, "failed": summary.rows_failed},
        "cost": cost_object(summary.cost),
        "usage": usage_object(summary.usage),
        "calls": summary.calls,
        "seconds": round(summary.elapsed, 3),
        "pinned": line.pinned,
        "size": line.size,
    }


def _when(at: str) -> str:
    """In the time of this machine."""
    try:
        return dt.datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return at
