"""The situation: what the session, the canvas and the run say about which actions are possible now."""

from __future__ import annotations

from collections.abc import Collection

from app.ui.actions import Situation
from app.ui.canvas.canvas import Canvas
from app.ui.clipboard import holds_something
from app.ui.run_stream import RunStream
from app.ui.session import Session


def situation(
    session: Session, canvas: Canvas, stream: RunStream, pinned: Collection[str], *, samples: bool
) -> Situation:
    """Looks once at everything that actions depend on."""
    picked, layout = canvas.selection, session.workflow.layout
    in_group = any(picked.nodes.intersection(group.nodes) for group in layout.groups.values())
    return Situation(
        steps=len(session.workflow.graph.nodes),
        shown=len(canvas.scene.nodes),
        frames=sum(canvas.scene.nodes[node].placed.opens for node in picked.nodes),
        inside=bool(canvas.level),
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
        pinned=sum(node in pinned for node in picked.nodes),
        ran=len(picked.nodes) == 1 and _has_result(session, next(iter(picked.nodes))),
    )


def _has_result(session: Session, node: str) -> bool:
    state = session.run.nodes.get(node)
    return state is not None and state.ok > 0
