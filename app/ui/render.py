"""Draws the pictures that the command line asks for; Qt is loaded only here, when one is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from app.document.workflow import Workflow
from app.events.run_state import RunState
from app.registry.registry import Registry
from app.texts import language
from app.ui.canvas.picture import render_workflow


def draw(
    workflow: Workflow,
    registry: Registry,
    run: RunState | None,
    path: Path,
    theme: Literal["dark", "light"],
    scale: float,
) -> None:
    """Draws in the language of now; `scale` is pixels for each logical pixel. Raises OSError, ValueError."""
    render_workflow(workflow, registry.get, run, path, theme_name=theme, language=language(), scale=scale)
