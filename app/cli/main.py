"""The verbs of the command line, joined."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command

from app.cli import opening
from app.cli.answer import answer
from app.cli.check import check
from app.cli.checks import checks
from app.cli.conversations import conversations
from app.cli.costs import costs
from app.cli.diff import diff
from app.cli.doctor import doctor
from app.cli.fmt import fmt
from app.cli.help import Verb, Verbs, misuse
from app.cli.learn import learn
from app.cli.models import models
from app.cli.nodes import nodes
from app.cli.rate import rate
from app.cli.render import Draw, render
from app.cli.replay import replay
from app.cli.run import run
from app.cli.runs import runs
from app.document.characters import whole_text
from app.document.problem import Problem, ProblemError

cli: Any = typer.Typer(
    name="baton",
    cls=Verbs,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for verb in (
    run,
    answer,
    runs,
    conversations,
    costs,
    replay,
    rate,
    check,
    checks,
    learn,
    nodes,
    models,
    render,
    diff,
    fmt,
    doctor,
):
    cli.command(verb.__name__, cls=Verb)(verb)


def main(arguments: list[str], draw: Draw | None = None) -> int:
    """Runs one verb; gives the exit code. `draw` makes the pictures that `render` and `run --picture` ask for."""
    _make_writable()
    as_json = "--json" in arguments
    try:
        opening.use_language()
        code = _run_verb(arguments, draw)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader of our output went away: nothing is wrong
        _drop_output()
        return 0
    except ProblemError as error:  # of the command line, or of the profile's own files
        opening.refuse(error.problems, opening.FAILED, as_json=as_json)
        return opening.exit_code(error.problems)
    except Exception as bug:  # noqa: BLE001 - a traceback is no sentence for people
        if isinstance(bug, OSError) and bug.filename is None:  # no file: it is the output
            _drop_output()
            problem = Problem("cli.output_refused", args={"detail": bug.strerror or type(bug).__name__})
        else:
            detail = f"{whole_text(str(bug))[:500]} {_place_of(bug)}"
            problem = Problem("engine.bug", args={"error": type(bug).__name__, "detail": detail})
        opening.refuse([problem], opening.FAILED)
        return opening.FAILED


def _run_verb(arguments: list[str], draw: Draw | None) -> int:
    """The parser's own way to run prints its faults in English and answers a closed pipe in its own way."""
    command: Any = get_command(cli)
    try:
        with command.make_context("baton", arguments or ["--help"], obj=draw) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except typer.TyperException as error:
        raise ProblemError(misuse(error)) from error
    return opening.OK


def _make_writable() -> None:
    """Output is never what a verb fails at: closed streams lead nowhere, signs that a terminal lacks become marks."""
    for name in ("stdout", "stderr"):
        stream: TextIOWrapper | None = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for as long as we run
        else:
            stream.reconfigure(errors="replace")


def _drop_output() -> None:
    """What is still to be written goes nowhere, so that the program ends without a second complaint."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _place_of(bug: Exception) -> str:
    """File and line where it happened, for the report that the person is asked for."""
    trace = bug.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})" if trace else ""
