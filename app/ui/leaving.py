"""Leaving: what a window asks before it closes, so that neither a run nor work is lost unseen."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.texts import text
from app.ui.asking import Choice, ask
from app.ui.open_and_save import OpenAndSave
from app.ui.run_stream import RunStream
from app.ui.session import Session


async def may_close(window: QWidget, session: Session, stream: RunStream, files: OpenAndSave) -> bool:
    """Asks about a run that is under way, then about unsaved work."""
    if stream.is_running and not await _lets_run_go(window, session):
        return False
    return await files.may_leave()


async def _lets_run_go(window: QWidget, session: Session) -> bool:
    choices = (
        Choice("stay", text("ask.run.stay"), "primary"),
        Choice("stop", text("ask.run.stop"), "danger"),
    )
    kind = {"waiting": "waiting", "paused": "paused"}.get(session.run.status, "running")
    return await ask(window, text(f"ask.run.{kind}"), text("ask.run.more"), choices, "stay") == "stop"
