"""The verbs of the command line, joined."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import typer

from app.cli.check import check
from app.cli.diff import diff
from app.cli.doctor import doctor
from app.cli.fmt import fmt
from app.cli.models import models
from app.cli.nodes import nodes
from app.cli.run import Draw, run

cli: Any = typer.Typer(
    name="baton",
    help="Put a team of AI models to work. Without a verb, opens the window.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for verb in (run, check, nodes, models, diff, fmt, doctor):
    cli.command(verb.__name__)(verb)


def main(arguments: list[str], draw: Draw | None = None, more: Sequence[Callable[..., None]] = ()) -> int:
    """Runs one verb; gives the exit code.

    `draw` makes the picture that `run --picture` asks for, `more` are verbs of rooms that this one can't see.
    """
    for verb in more:
        cli.command(verb.__name__)(verb)
    try:
        cli(args=arguments, obj=draw, standalone_mode=True, prog_name="baton")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except BrokenPipeError:  # the reader of our output went away: nothing is wrong
        sys.stderr.close()
        return 0
    return 0
