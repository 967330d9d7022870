"""Leaving: what a window asks before it closes, so that neither a run nor work is lost unseen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from app.texts import text
from app.ui.asking import Choice, ask
from app.ui.open_and_save import OpenAndSave
from app.ui.run_stream import RunStream
from app.ui.session import Session


async def may_close(window: QWidget, streams: Sequence[RunStream], files: OpenAndSave) -> bool:
    """Asks about runs that are under way, then about unsaved work."""
    for stream in streams:
        if stream.is_running and not await _lets_run_go(window, stream.session):
            return False
    return await files.may_leave()


async def _lets_run_go(window: QWidget, session: Session) -> bool:
    kind = {"waiting": "waiting", "paused": "paused"}.get(session.run.status, "running")
    leave = Choice("stop", text("ask.run.stop"), "danger")
    if kind != "running":  # nothing is lost: it waits on its own
        leave = Choice("stop", text("ask.run.leave"))
    choices = (Choice("stay", text("ask.run.stay"), "primary"), leave)
    return await ask(window, text(f"ask.run.{kind}"), text(f"ask.run.{kind}.more"), choices, "stay") == "stop"
