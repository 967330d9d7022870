"""The words of tooltips: what a port takes, what a badge means, what is wrong and what to do."""

from __future__ import annotations

from app.texts import text
from app.ui.canvas.card import Card, PortMark
from app.ui.canvas.hit import Hit
from app.ui.canvas.joining import type_word
from app.ui.canvas.scene import CanvasScene
from app.ui.problem_words import in_short


def tip_for(scene: CanvasScene, hit: Hit) -> str:
    """The tooltip at a place; "" for none."""
    if hit.edge is not None:
        problems = tuple(scene.edge_problems_of(hit.edge.id))
        return in_short(problems) if problems else (hit.edge.shown.pill if hit.edge.shown else "")
    if hit.node is None:
        return ""
    problems = tuple(scene.problems_of(hit.node.id))
    if hit.part == "badge":
        badge = hit.node.card.badge
        return in_short(problems) if problems else (badge.word if badge else "")
    if hit.part in ("input", "output"):
        return _port_tip(hit.node.card, hit.port)
    note = hit.node.placed.node.note
    if note or problems or not hit.node.placed.opens:
        return note or in_short(problems)
    return text("canvas.frame.tip")


def _port_tip(card: Card, name: str) -> str:
    ports = (*card.inputs, *card.outputs, *card.quiet_inputs, *card.quiet_outputs)
    ports += (card.error,) if card.error else ()
    port: PortMark | None = next((port for port in ports if port.name == name), None)
    if port is None:
        return ""
    if port.gone:
        return text("canvas.port.gone", label=port.label)
    return text("canvas.port.tip", label=port.label, type=type_word(port.type))
