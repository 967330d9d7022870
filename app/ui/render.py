"""`baton render`: draws a workflow, and with --run what its last run showed on it, to a picture, without a window."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.event_files import last_run_of, path_of, read_events
from app.cli import opening
from app.document.problem import Problem
from app.document.workflow import Workflow
from app.engine import Engine
from app.events.run_state import RunState
from app.registry.discovery import discover
from app.registry.registry import Registry
from app.settings import Folders, folders, load_preferences
from app.texts import language, set_language, text
from app.ui.canvas.picture import render_workflow

LAST = "last"


class Shade(StrEnum):
    """The themes."""

    DARK = "dark"
    LIGHT = "light"


def render(
    file: Annotated[Path, typer.Argument(help="The workflow file.", metavar="FILE")],
    out: Annotated[
        Path | None,
        typer.Option(help="The picture, .png or .svg; beside the workflow if left out.", metavar="FILE"),
    ] = None,
    run: Annotated[
        str,
        typer.Option(
            help="Draw what a run showed: its id, or `last`.", metavar="RUN|last", show_default=False
        ),
    ] = "",
    theme: Annotated[Shade, typer.Option(help="Dark or light.")] = Shade.DARK,
    language_: Annotated[str, typer.Option("--language", help="en or zh-CN.", show_default=False)] = "",
    scale: Annotated[float, typer.Option(min=0.1, max=8, help="Pixels for each logical pixel.")] = 2.0,
) -> None:
    """Draw a workflow to a PNG or SVG picture."""
    where = folders()
    preferences = load_preferences(where)
    set_language(language_ or opening.chosen_language(preferences.language))
    workflow = opening.read_workflow(file)
    if out:
        opening.check_picture(out)
    path = out or file.with_name(file.name.removesuffix(".json").removesuffix(".baton") + ".png")
    registry = discover(preferences.addons)
    _draw(workflow, registry, _run_of(where, workflow, run) if run else None, path, theme.value, scale)
    typer.echo(text("cli.picture", path=str(path)))


def draw_after_run(workflow: Workflow, engine: Engine, run: RunState, path: Path) -> None:
    """The picture that `baton run --picture` asks for."""
    _draw(workflow, engine.registry, run, path, Shade.DARK.value, 2.0)


def _draw(
    workflow: Workflow, registry: Registry, run: RunState | None, path: Path, theme: str, scale: float
) -> None:
    try:
        render_workflow(
            workflow,
            registry.get,
            run,
            path,
            theme_name="light" if theme == "light" else "dark",
            language=language(),
            scale=scale,
        )
    except (OSError, ValueError) as error:
        problem = Problem("cli.no_picture", args={"detail": str(error)})
        raise opening.refuse([problem], opening.FAILED) from error


def _run_of(where: Folders, workflow: Workflow, name: str) -> RunState:
    """The state of a run from its event file."""
    folder = where.data / "runs"
    path = last_run_of(folder, workflow.id) if name == LAST else path_of(folder, name)
    if path is None:
        raise opening.refuse([Problem("cli.no_run", args={"run": name})], opening.MISSING)
    state = RunState()
    state.apply_all(read_events(path))
    return state
