"""Editing: what gestures and actions of the canvas mean, as operations on the session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import QObject, QPointF, Signal

from app.document import fragment
from app.document.frames import at_level, level_of_change
from app.document.graph import every_node
from app.document.ids import new_id
from app.document.joining import MergeOffer, MergeType
from app.document.joining import join as join_ports
from app.document.operations import (
    Batch,
    Disconnect,
    MoveNodes,
    Operation,
    RemoveNodes,
    SetDisabled,
    SetGroup,
    SetNote,
)
from app.document.problem import Problem, ProblemError
from app.document.workflow import Edge, Graph, Group, Note, PortRef, Workflow
from app.sdk.ports import PortSpec
from app.texts import text
from app.ui import clipboard, new_steps
from app.ui.canvas.anatomy import snapped
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.selection import Selection, only
from app.ui.canvas.title_editor import edit_note
from app.ui.new_steps import Fitting
from app.ui.session import Session

_OFFSET = 32  # px that a copy lies beside its original
_NOTE = (216, 120)


class Editing(QObject):
    """`refused` carries the Problems of an edit that could not be made."""

    refused = Signal(object)
    merge_offered = Signal(object)  # MergeOffer: both links, or the new one instead of the old

    def __init__(self, session: Session, canvas: Canvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._canvas = canvas
        self._specs = canvas.scene.specs
        intents = canvas.intents
        intents.operation_requested.connect(self.do)
        intents.connect_requested.connect(self.join)
        intents.replug_requested.connect(self.replug)
        intents.add_requested.connect(self.add_entry)
        canvas.tidy_requested.connect(self.start_tidy)
        self._tidying: asyncio.Task[None] | None = None

    def do(self, operation: Operation) -> bool:
        """Applies an operation; False where it could not be (`refused` says why)."""
        try:
            self._session.do(operation)
        except ProblemError as error:
            self.refused.emit(error.problems)
            return False
        return True

    def undo(self) -> None:
        """Takes the last edit back, and shows the level on which it was."""
        self._walk(self._session.undo_stack.undo)

    def redo(self) -> None:
        """Makes an edit again that was taken back, and shows the level on which it is."""
        self._walk(self._session.undo_stack.redo)

    def _walk(self, step: Callable[[], object]) -> None:
        before = self._session.workflow
        step()
        level = level_of_change(before, self._session.workflow)
        if level is not None:
            self._canvas.open_level(level)

    # --- links ---------------------------------------------------------------------------------------------

    def join(self, source: PortRef, target: PortRef) -> None:
        """Joins two ports; where the input is taken, `merge_offered` asks what is meant."""
        placed = self._canvas.scene.nodes.get(target.node)
        port = placed.placed.ports.input(target.port) if placed else None
        try:
            joined = join_ports(self._session.workflow, Edge(source, target), many=bool(port and port.many))
        except ProblemError as error:
            self.refused.emit(error.problems)
            return
        if isinstance(joined, MergeOffer):
            self.merge_offered.emit(joined)
        else:
            self.do(joined)

    def replug(self, old: Edge, source: PortRef, target: PortRef) -> None:
        """Takes one end of a link elsewhere."""
        self.do(new_steps.rejoined(old, source, target))

    def merge(self, offer: MergeOffer) -> None:
        """Lets a Merge take both links."""
        spec = self._specs(MergeType.type)
        version = spec.type.version if spec else 1
        self.do(offer.merged(self._session.workflow, MergeType(version=version)))

    def replace(self, offer: MergeOffer) -> None:
        """Lets the new link take the old one's place."""
        self.do(offer.replaced())

    # --- new things ----------------------------------------------------------------------------------------

    def add_entry(self, entry: str, x: int, y: int, edge_id: str = "") -> None:
        """Places a library entry, into a link where one is named."""
        node = new_steps.new_node(entry, self._session.workflow, self._specs)
        if node is None:
            self.refused.emit((Problem("edit.unknown_type", args={"type": entry}),))
            return
        item = self._canvas.scene.edges.get(edge_id)
        ends = self._ends(item.edge) if item else None
        if item is None or ends is None:
            operation = new_steps.add(node, (x, y), self._canvas.level)
        else:
            operation = new_steps.add_into(node, (x, y), item.edge, ends, self._specs, self._canvas.level)
        if self.do(operation):
            self._canvas.show_node(node.id)

    def add_to_end(self, entry: str, end: Fitting, at: QPointF) -> None:
        """Places a library entry and joins it to the loose end of a link."""
        node = new_steps.new_node(entry, self._session.workflow, self._specs)
        item = self._canvas.scene.nodes.get(end.port.node)
        if node is None or item is None:
            return
        # The port that is joined should lie near the pointer, not the card's corner.
        x = snapped(at.x()) if end.side == "out" else snapped(at.x() - item.anatomy.width)
        place = (x, snapped(at.y() - 64))
        if self.do(new_steps.add_fitting(node, place, end, item.placed, self._specs, self._canvas.level)):
            self._canvas.show_node(node.id)

    def _ends(self, edge: Edge) -> tuple[PortSpec, PortSpec] | None:
        source = self._canvas.scene.nodes[edge.source.node].placed.output(edge.source.port)
        target = self._canvas.scene.nodes[edge.target.node].placed.ports.input(edge.target.port)
        return (source, target) if source and target else None

    def add_note(self) -> None:
        """A note where the pointer is, ready to be written."""
        at, _ = self._canvas.pointer()
        name = self._free_id()
        x, y = snapped(at.x() - _NOTE[0] / 2), snapped(at.y() - _NOTE[1] / 2)
        note = Note("", x, y, *_NOTE, frame=self._canvas.level)
        if self.do(SetNote(name, note)):
            self._canvas.select(only("notes", name))
            edit_note(self._canvas.view, self._canvas.scene.notes[name])

    # --- the selection -------------------------------------------------------------------------------------

    def copy(self) -> None:
        picked = self._canvas.selection
        if ids := picked.nodes | picked.notes | picked.groups:
            clipboard.put(fragment.copy(self._session.workflow, ids))

    def cut(self) -> None:
        self.copy()
        self.delete("cut")

    def paste(self) -> None:
        """What is on the clipboard, under the pointer."""
        data = clipboard.take()
        if data is None:
            self.refused.emit((Problem("edit.nothing_to_paste"),))
            return
        at, _ = self._canvas.pointer()
        self._put(data, at)

    def duplicate(self) -> None:
        """A copy beside the original."""
        picked = self._canvas.selection
        items = [self._canvas.scene.nodes[node].pos() for node in picked.nodes]
        items += [QPointF(self._canvas.scene.notes[note].pos()) for note in picked.notes]
        if items:
            corner = QPointF(min(p.x() for p in items), min(p.y() for p in items))
            data = fragment.copy(self._session.workflow, picked.nodes | picked.notes | picked.groups)
            self._put(data, corner + QPointF(_OFFSET, _OFFSET))

    def _put(self, data: bytes, at: QPointF) -> None:
        before = self._everything()
        try:
            operation = fragment.paste(
                data, self._session.workflow, snapped(at.x()), snapped(at.y()), self._canvas.level
            )
        except ProblemError as error:
            self.refused.emit(error.problems)
            return
        if self.do(operation):
            now = self._everything()
            self._canvas.select(
                Selection(now.nodes - before.nodes, frozenset(), now.notes - before.notes, frozenset())
            )

    def _everything(self) -> Selection:
        shown = self._shown()
        return Selection(
            frozenset(shown.graph.nodes), frozenset(), frozenset(shown.layout.notes), frozenset()
        )

    def _shown(self) -> Workflow:
        """The level that is open."""
        return at_level(self._session.workflow, self._canvas.level)

    def delete(self, code: str = "delete") -> None:
        """Takes away what is picked; the members of a picked group stay."""
        picked = self._canvas.selection
        edges = [edge for edge in self._shown().graph.edges if edge.id in picked.edges]
        loose = [e for e in edges if e.source.node not in picked.nodes and e.target.node not in picked.nodes]
        operations: list[Operation] = [Disconnect(edge) for edge in loose]
        operations += [SetNote(note, None) for note in picked.notes]
        operations += [SetGroup(group, None) for group in picked.groups]
        if picked.nodes:
            operations.append(RemoveNodes(tuple(picked.nodes)))
        if operations:
            self.do(
                Batch(code, tuple(operations)) if len(operations) > 1 or code != "delete" else operations[0]
            )

    def switch_disabled(self) -> None:
        """Switches the picked steps off, and those of picked groups; on, if all of them are off."""
        shown, selection = self._shown(), self._canvas.selection
        nodes, groups = shown.graph.nodes, shown.layout.groups
        members = {node for name in selection.groups if name in groups for node in groups[name].nodes}
        picked = [node for node in sorted(selection.nodes | members) if node in nodes]
        if picked:
            self.do(SetDisabled(tuple(picked), not all(nodes[node].disabled for node in picked)))

    def group(self) -> None:
        """Puts the picked steps into a group of their own, out of those that they were in."""
        picked = self._canvas.selection.nodes
        if not picked:
            return
        leaving = self._without(picked)
        name = self._free_id()
        made = SetGroup(name, Group(text("window.group.new"), tuple(sorted(picked))))
        if self.do(Batch("group", (*leaving, made))):
            self._canvas.select(only("groups", name))

    def ungroup(self) -> None:
        """Dissolves the picked groups, and those around picked steps."""
        picked = self._canvas.selection
        groups = self._session.workflow.layout.groups
        around = {name for name, group in groups.items() if picked.nodes.intersection(group.nodes)}
        operations = tuple(SetGroup(name, None) for name in sorted(picked.groups | around))
        if operations:
            self.do(Batch("ungroup", operations))

    def _without(self, nodes: Iterable[str]) -> list[Operation]:
        leaving = set(nodes)
        operations: list[Operation] = []
        for name, group in self._session.workflow.layout.groups.items():
            staying = tuple(node for node in group.nodes if node not in leaving)
            if len(staying) < len(group.nodes):
                left = Group(group.title, staying, group.colour) if staying else None
                operations.append(SetGroup(name, left))
        return operations

    def rename(self) -> None:
        """Lets a person type a title for the picked step."""
        for node in self._canvas.selection.nodes:
            self._canvas.rename(node)

    def start_tidy(self) -> None:
        """Lays the workflow out anew; the work is done beside the window, which stays usable."""
        if self._tidying is None or self._tidying.done():
            self._tidying = asyncio.get_running_loop().create_task(self._tidy())

    async def _tidy(self) -> None:
        workflow, level = self._shown(), self._canvas.level
        items = self._canvas.scene.nodes
        sizes = {node: (float(i.anatomy.width), float(i.anatomy.height)) for node, i in items.items()}
        places = [items[node].pos() for node in items]
        left, top = (round(min(f(p) for p in places)) for f in (QPointF.x, QPointF.y)) if places else (0, 0)
        positions = await asyncio.to_thread(_laid_out, workflow.graph, sizes, left, top)
        unchanged = self._canvas.level == level and self._shown().graph is workflow.graph
        if unchanged and self.do(Batch("tidy", (MoveNodes(dict(positions)),))):
            self._canvas.fit()

    # --- actions -------------------------------------------------------------------------------------------

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions of editing do, by their ids."""
        return {
            "edit.undo": self.undo,
            "edit.redo": self.redo,
            "edit.cut": self.cut,
            "edit.copy": self.copy,
            "edit.paste": self.paste,
            "edit.duplicate": self.duplicate,
            "edit.delete": self.delete,
            "edit.select_all": self._canvas.select_all,
            "step.rename": self.rename,
            "step.disable": self.switch_disabled,
            "step.group": self.group,
            "step.ungroup": self.ungroup,
            "step.note": self.add_note,
            "step.tidy": self.start_tidy,
        }

    def _free_id(self) -> str:
        workflow = self._session.workflow
        taken = {node.id for node in every_node(workflow.graph)}
        return new_id(taken | workflow.layout.notes.keys() | workflow.layout.groups.keys())


def _laid_out(
    graph: Graph, sizes: Mapping[str, tuple[float, float]], left: int, top: int
) -> dict[str, tuple[int, int]]:
    from app.document.layout import (
        tidy,
    )  # networkx takes most of a second to import: only here, off the UI thread

    return tidy(graph, sizes, left, top)
