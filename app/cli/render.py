"""`baton render`: draws a workflow, and with --run what a run showed on it, to a picture, without a window."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, cast

import typer

from app.adapters.event_files import last_run_of, path_of, read_events
from app.cli import opening
from app.cli.naming import LAST, past_run
from app.cli.recalling import recall
from app.document.file_names import stem_of
from app.document.problem import Problem, ProblemError
from app.document.workflow import Workflow
from app.engine import Engine
from app.events.run_state import RunState
from app.registry.discovery import discover
from app.registry.registry import Registry
from app.settings import Folders, folders, load_preferences
from app.texts import set_language, text


class Shade(StrEnum):
    """The themes."""

    DARK = "dark"
    LIGHT = "light"


# Draws to a path, in the language of now; the last is pixels for each logical pixel. Raises OSError, ValueError.
# Whoever starts this room hands it in, for drawing needs a screen's library and this room has none.
Draw: TypeAlias = Callable[[Workflow, Registry, RunState | None, Path, Literal["dark", "light"], float], None]


def render(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    out: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    run: Annotated[str, typer.Option(metavar="RUN|last")] = "",
    theme: Annotated[Shade, typer.Option(metavar="dark|light")] = Shade.DARK,
    language_: Annotated[str, typer.Option("--language", metavar="en|zh-CN")] = "",
    scale: Annotated[float, typer.Option(min=0.1, max=8, metavar="0.1-8")] = 2.0,
) -> None:
    """Draw a workflow to a PNG or SVG picture."""
    where = folders()
    preferences = load_preferences(where)
    set_language(language_ or opening.chosen_language(preferences.language))
    workflow = opening.read_workflow(file)
    if out:
        opening.check_picture(out)
    path = out or file.with_name(stem_of(file.name) + ".png")
    state = _run_of(where, workflow, run) if run else None
    draw_picture(context, workflow, discover(preferences.addons), state, path, theme, scale)
    typer.echo(text("cli.picture", path=str(path)))


def draw_picture(
    context: typer.Context,
    workflow: Workflow,
    registry: Registry,
    run: RunState | None,
    path: Path,
    theme: Shade = Shade.DARK,
    scale: float = 2.0,
) -> None:
    """Draws with what the program was started with; ends it with code 1 and the reason where that fails."""
    try:
        shade = "light" if theme is Shade.LIGHT else "dark"
        cast("Draw", context.obj)(workflow, registry, run, path, shade, scale)
    except (OSError, ValueError) as error:
        problem = Problem("cli.no_picture", args={"detail": str(error)})
        raise opening.refuse([problem], opening.FAILED) from error


def _run_of(where: Folders, workflow: Workflow, name: str) -> RunState:
    """The state of a run from the journal, else from its event file."""
    state = opening.run_async(lambda engine: _recorded(engine, workflow, name))
    if state is not None:
        return state
    folder = where.data / "runs"
    path = last_run_of(folder, workflow.id) if name == LAST else path_of(folder, name)
    if path is None:
        raise opening.refuse([Problem("cli.no_run", args={"run": name})], opening.MISSING)
    state = RunState()
    state.apply_all(read_events(path))
    return state


async def _recorded(engine: Engine, workflow: Workflow, name: str) -> RunState | None:
    """None where the journal doesn't know it, or can't be read."""
    try:
        return (await recall(engine, await past_run(engine, name, workflow.id))).state
    except ProblemError:
        return None
