"""What the window remembers from one time to the next: its place, its panels, whether it was ever open."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, cast

from app.settings import Folders, write_atomically
from app.ui.widgets.column_widths import Widths


@dataclass(frozen=True, slots=True)
class WindowState:
    """Sizes in logical pixels. `geometry` is Qt's own form, as base64; empty: as large as the screen allows."""

    geometry: str = ""
    library_width: int = 256
    inspector_width: int = 328
    runs_height: int = 236
    library: bool = True
    inspector: bool = True
    runs: bool = True
    outline: bool = False
    opened_before: bool = False
    columns: Widths = field(
        default_factory=dict[str, Mapping[str, int]]
    )  # what columns of tables were dragged to


def load_window_state(where: Folders) -> WindowState:
    """The state of the last time; what can't be read is left at its default."""
    try:
        read: object = json.loads(_path(where).read_text("utf-8"))
    except (OSError, ValueError):
        return WindowState()
    saved = cast("dict[str, Any]", read) if isinstance(read, dict) else {}
    default = WindowState()
    kept: dict[str, Any] = {
        item.name: saved[item.name]
        for item in fields(WindowState)
        if type(saved.get(item.name)) is type(getattr(default, item.name))
    }
    return WindowState(**kept)


def save_window_state(where: Folders, state: WindowState) -> None:
    """A disk that takes nothing only costs the person the sizes of the panels."""
    with contextlib.suppress(OSError):
        write_atomically(_path(where), json.dumps(asdict(state), indent=2))


def _path(where: Folders) -> Path:
    return where.state / "window.json"
