"""The situation: what the session, the canvas and the run say about which actions are possible now."""

from __future__ import annotations

from app.ui.actions import Situation
from app.ui.canvas.canvas import Canvas
from app.ui.clipboard import holds_something
from app.ui.run_stream import RunStream
from app.ui.session import Session


def situation(session: Session, canvas: Canvas, stream: RunStream, *, samples: bool) -> Situation:
    """Looks once at everything that actions depend on."""
    picked, layout = canvas.selection, session.workflow.layout
    in_group = any(picked.nodes.intersection(group.nodes) for group in layout.groups.values())
    return Situation(
        steps=len(session.workflow.graph.nodes),
        selected_steps=len(picked.nodes),
        selected=len(picked),
        grouped=bool(picked.groups) or in_group,
        clipboard=holds_something(),
        can_undo=session.undo_stack.canUndo(),
        can_redo=session.undo_stack.canRedo(),
        can_save=not session.is_saved or session.place.path is None,
        editable=not session.place.read_only,
        running=stream.is_running,
        samples=samples,
    )
