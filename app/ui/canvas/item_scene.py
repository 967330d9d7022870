"""ItemScene: keeps one item for every node, edge, note and group of a workflow, and patches what has changed."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager

from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtWidgets import QGraphicsScene

from app.document.workflow import Edge, Workflow
from app.ui.canvas.area_items import GroupItem, NoteItem
from app.ui.canvas.card import Card
from app.ui.canvas.card_cache import CardCache
from app.ui.canvas.card_facts import card_of
from app.ui.canvas.edge_item import EdgeItem
from app.ui.canvas.edge_look import edge_look
from app.ui.canvas.look import Look
from app.ui.canvas.node_item import NodeItem
from app.ui.canvas.placed import Placed, SpecLookup, edges_by_node, place
from app.ui.canvas.places import places_of

_FAR = 60_000.0  # half the side of the area in which nodes may lie


class ItemScene(QGraphicsScene):
    """Shows a workflow as it was written. Never changes the document."""

    outline_changed = Signal()  # something moved, came, went or grew

    def __init__(self, look: Look, specs: SpecLookup) -> None:
        super().__init__(-_FAR, -_FAR, 2 * _FAR, 2 * _FAR)
        self.look = look
        self.specs = specs
        self.cards = CardCache()
        self.settled_zoom: float | None = 1.0  # None while the view zooms
        self.workflow = Workflow("", "")
        self.nodes: dict[str, NodeItem] = {}
        self.edges: dict[str, EdgeItem] = {}
        self.notes: dict[str, NoteItem] = {}
        self.groups: dict[str, GroupItem] = {}
        self.edges_of: Mapping[str, Sequence[EdgeItem]] = {}
        self.groups_of: dict[str, list[GroupItem]] = {}
        self._displaced: set[str] = set()  # nodes that a gesture shows elsewhere than the document
        self._content: QRectF | None = None
        self.outline_changed.connect(self._forget_content)

    def sync(self, workflow: Workflow) -> None:
        """Shows this workflow; touches only what differs from the one shown before (found by identity)."""
        before, self.workflow = self.workflow, workflow
        with _collector_resting():
            self._sync(before, workflow)
        self.outline_changed.emit()

    def _sync(self, before: Workflow, workflow: Workflow) -> None:
        if before.graph.edges is not workflow.graph.edges or before.graph.nodes is not workflow.graph.nodes:
            self._sync_graph(before, workflow)
        elif before.layout.widths is not workflow.layout.widths:
            self._sync_nodes(before, workflow, edges_by_node(workflow.graph.edges), set())
        self._sync_places(before, workflow)
        self._sync_notes(workflow)
        self._sync_groups(workflow)

    def describe(self, placed: Placed) -> Card:
        """The card of a node as it looks now."""
        return card_of(placed, None)

    def show_edge(self, item: EdgeItem, *, restyle: bool = False) -> None:
        """Gives an edge the look that it has now; `restyle`: theme or language changed."""
        port = item.source.placed.output(item.edge.source.port)
        item.show_look(edge_look(item.edge, port, None, ()), self.look, restyle=restyle)

    def node_removed(self, node: str) -> None:
        """A node's item has gone."""
        self.cards.forget(node)

    def show_totals(self, groups: Iterable[GroupItem]) -> None:
        """Gives groups what their members cost together."""

    def content(self) -> QRectF:
        """The rectangle around all nodes, notes and groups; null where there are none."""
        if self._content is None:
            items = (*self.nodes.values(), *self.notes.values(), *self.groups.values())
            self._content = _around([item.area for item in items if not item.area.isNull()])
        return self._content

    def _forget_content(self) -> None:
        self._content = None

    def move_node(self, node: str, to: QPointF) -> None:
        """Shows a node at another place; edges and groups follow. The document learns of it elsewhere."""
        self._displaced.add(node)
        self.nodes[node].setPos(to)
        for edge in self.edges_of.get(node, ()):
            edge.follow()
        for group in self.groups_of.get(node, ()):
            group.follow()

    def restore_places(self) -> None:
        """Puts everything back to where the document has it."""
        places = places_of(self.workflow)
        self._put({node: places[node] for node in self._displaced if node in places})
        self._displaced.clear()
        self._sync_notes(self.workflow, anew=True)
        self.outline_changed.emit()

    def _sync_graph(self, before: Workflow, workflow: Workflow) -> None:
        old = {edge.id: edge for edge in before.graph.edges}
        new = {edge.id: edge for edge in workflow.graph.edges if self._joins(edge, workflow)}
        for edge in [edge for edge in self.edges if edge not in new]:
            self.edges.pop(edge).leave()
        differing = [
            edge for edge_id, edge in (*old.items(), *new.items()) if (edge_id in old) != (edge_id in new)
        ]
        touched = {end for edge in differing for end in (edge.source.node, edge.target.node)}
        edges = edges_by_node(workflow.graph.edges)
        renewed = self._sync_nodes(before, workflow, edges, touched)
        for edge_id, edge in new.items():
            item = self.edges.get(edge_id)
            if item is None:
                source, target = self.nodes[edge.source.node], self.nodes[edge.target.node]
                item = self.edges[edge_id] = EdgeItem(self, edge, source, target)
                self.show_edge(item)
            elif edge.source.node in renewed or edge.target.node in renewed:
                item.follow()
                self.show_edge(item)
        self.edges_of = _by_node(self.edges.values())

    @staticmethod
    def _joins(edge: Edge, workflow: Workflow) -> bool:
        return edge.source.node in workflow.graph.nodes and edge.target.node in workflow.graph.nodes

    def _sync_nodes(
        self, before: Workflow, workflow: Workflow, edges: Mapping[str, Sequence[Edge]], touched: set[str]
    ) -> set[str]:
        """Adds, renews and removes node items; gives the ids of those that are new or changed."""
        nodes, known = workflow.graph.nodes, before.graph.nodes
        for gone in [node for node in self.nodes if node not in nodes]:
            self._remove_node(gone)
        widths, old_widths = workflow.layout.widths, before.layout.widths
        places = places_of(workflow)
        renewed: set[str] = set()
        for node_id, node in nodes.items():
            item = self.nodes.get(node_id)
            same = known.get(node_id) is node and widths.get(node_id) == old_widths.get(node_id)
            if item is not None and same and node_id not in touched:
                continue
            placed = place(node, self.specs, edges.get(node_id, ()), widths.get(node_id))
            renewed.add(node_id)
            if item is None:
                item = self.nodes[node_id] = NodeItem(self, placed)
                item.setPos(*places.get(node_id, (0, 0)))
                self.addItem(item)
            else:
                item.show_placed(placed)
        return renewed

    def _remove_node(self, node: str) -> None:
        for edge in self.edges_of.get(node, ()):
            if self.edges.pop(edge.id, None) is not None:
                edge.leave()
        self.removeItem(self.nodes.pop(node))
        self.node_removed(node)

    def _sync_places(self, before: Workflow, workflow: Workflow) -> None:
        if before.layout.positions is workflow.layout.positions and before.graph is workflow.graph:
            return
        known, places = places_of(before), places_of(workflow)
        self._put({node: at for node, at in places.items() if known.get(node) != at})

    def _put(self, places: Mapping[str, tuple[int, int]]) -> None:
        """Moves node items, and what hangs on them."""
        for node, at in places.items():
            if node in self.nodes:
                self.nodes[node].setPos(*at)
        for edge in {edge.id: edge for node in places for edge in self.edges_of.get(node, ())}.values():
            edge.follow()
        for group in {group.id: group for node in places for group in self.groups_of.get(node, ())}.values():
            group.follow()

    def _sync_notes(self, workflow: Workflow, *, anew: bool = False) -> None:
        notes = workflow.layout.notes
        for gone in [note for note in self.notes if note not in notes]:
            self.removeItem(self.notes.pop(gone))
        for note_id, note in notes.items():
            item = self.notes.get(note_id)
            if item is None:
                item = self.notes[note_id] = NoteItem(note_id, note, self.look)
                self.addItem(item)
            elif anew or item.note is not note:
                item.show_note(note)

    def _sync_groups(self, workflow: Workflow) -> None:
        groups = workflow.layout.groups
        for gone in [group for group in self.groups if group not in groups]:
            self.removeItem(self.groups.pop(gone))
        self.groups_of = {}
        for group_id, group in groups.items():
            item = self.groups.get(group_id)
            if item is None:
                item = self.groups[group_id] = GroupItem(group_id, group, self.look)
                self.addItem(item)
            members = [self.nodes[node] for node in group.nodes if node in self.nodes]
            item.show_group(group, members)
            for member in members:
                self.groups_of.setdefault(member.id, []).append(item)
        self.show_totals(self.groups.values())

    def reshaped(self, item: NodeItem) -> None:
        """A card has another height: what hangs on it follows."""
        for edge in self.edges_of.get(item.id, ()):
            edge.follow()
        for group in self.groups_of.get(item.id, ()):
            group.follow()


@contextmanager
def _collector_resting() -> Generator[None]:
    """Building thousands of items makes Python look for garbage again and again: a third of the time, for nothing."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _around(areas: Sequence[QRectF]) -> QRectF:
    """The rectangle around rectangles: plain loops, for `united` costs a call into Qt for each of thousands."""
    if not areas:
        return QRectF()
    left, top = min(a.left() for a in areas), min(a.top() for a in areas)
    right, bottom = max(a.right() for a in areas), max(a.bottom() for a in areas)
    return QRectF(QPointF(left, top), QPointF(right, bottom))


def _by_node(edges: Iterable[EdgeItem]) -> dict[str, list[EdgeItem]]:
    found: dict[str, list[EdgeItem]] = {}
    for edge in edges:
        found.setdefault(edge.edge.source.node, []).append(edge)
        found.setdefault(edge.edge.target.node, []).append(edge)
    return found
