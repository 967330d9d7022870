"""Framing: picked steps are put into a new frame, a frame is opened, or its steps are taken out again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject

from app.document.problem import Problem, ProblemError
from app.document.workflow import Node, PortRef
from app.document.wrapping import BorderTypes, Wrapper, unwrap, wrap
from app.sdk.spec import FieldFault
from app.ui import new_steps
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.placed import fields_of, ports_of
from app.ui.canvas.selection import Selection, only
from app.ui.editing import Editing
from app.ui.session import Session

_MAP, _LOOP = "flow.for_each", "flow.loop"  # what "Put into …" makes
_BORDER = BorderTypes()


class Framing(QObject):
    """Works on what is picked on the open level; each edit is one step of undo."""

    def __init__(self, session: Session, canvas: Canvas, editing: Editing, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._canvas = canvas
        self._editing = editing
        self._specs = canvas.scene.specs

    def wrap(self, kind: str) -> None:
        """Puts the picked steps and notes into a new frame of a type. What only the open level can have stays in it:
        what it is given, what it asks for, its results.
        """
        picked = self._canvas.selection
        movable = {node for node in picked.nodes if not self._is_border(node)}
        frame = new_steps.new_node(kind, self._session.workflow, self._specs)
        if frame is None:
            self._editing.refused.emit((Problem("edit.unknown_type", args={"type": kind}),))
            return
        try:
            moved = movable | picked.notes
            operation = wrap(self._session.workflow, moved, self._wrapper(frame), _BORDER, self._type_of)
        except ProblemError as error:
            self._editing.refused.emit(error.problems)
            return
        if self._editing.do(operation):
            self._canvas.select(only("nodes", frame.id))

    def unwrap(self) -> None:
        """Puts what is inside the picked frame in its place."""
        frames = [
            node for node in self._canvas.selection.nodes if self._canvas.scene.nodes[node].placed.opens
        ]
        for node in frames:
            before = set(self._canvas.scene.nodes)
            items = self._wrapper(self._canvas.scene.nodes[node].placed.node).items
            if self._editing.do(unwrap(self._session.workflow, node, _BORDER, items)):
                self._canvas.select(Selection(frozenset(self._canvas.scene.nodes.keys() - before)))

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions of frames do, by their ids."""
        return {
            "step.open": self._canvas.open_picked,
            "step.into_map": partial(self.wrap, _MAP),
            "step.into_loop": partial(self.wrap, _LOOP),
            "step.unpack": self.unwrap,
        }

    def _wrapper(self, frame: Node) -> Wrapper:
        """What the frame's type has of its own, whatever is inside; its one input takes the elements."""
        own = ports_of(replace(frame, body=None), self._specs)
        names = frozenset(port.name for port in (*own.inputs, *own.outputs))
        return Wrapper(frame, names, own.inputs[0].name if own.inputs else "")

    def _is_border(self, node: str) -> bool:
        """Whether a step hands in what its level is given or asks for, or takes a result of it."""
        placed = self._canvas.scene.nodes[node].placed
        fields = fields_of(placed.node, placed.spec) if placed.spec else None
        if placed.spec is None or fields is None:
            return False
        kind = placed.spec.type
        return bool(kind.asks(fields) or kind.result_name(fields) or kind.gives(fields))

    def _type_of(self, port: PortRef) -> str:
        """The type of an output, as far as a frame's inputs can have it."""
        found = self._canvas.scene.nodes[port.node].placed.output(port.port)
        giver = self._specs(_BORDER.inputs)
        if found is None or giver is None:
            return "any"
        try:
            giver.decode({_BORDER.given: [{"name": "value", "type": found.type}]})
        except FieldFault:
            return "any"
        return found.type
