"""The outline: every step and link as a tree, the accessible twin of the canvas with the same actions."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from app.document.change import Change
from app.document.frames import TOP, at_level, by_frame, graphs
from app.document.workflow import Edge, Graph
from app.texts import text
from app.ui.appearance import appearance
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.card import Card
from app.ui.canvas.placed import Placed, edges_by_node
from app.ui.canvas.selection import Selection
from app.ui.icons import icon
from app.ui.session import Session
from app.ui.widgets.plain_label import PlainLabel

_SORT = Qt.ItemDataRole.UserRole
_ID = Qt.ItemDataRole.UserRole + 1


class Outline(QWidget):
    """Picks what the canvas picks and the other way round. Emits `opened(node)` for Enter.

    Lists all levels: what is inside a frame stands under it.
    """

    opened = Signal(str)

    def __init__(self, session: Session, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._canvas = canvas
        self._items: dict[tuple[str, str], QTreeWidgetItem] = {}
        self._placed: Mapping[str, Placed] = {}
        self._edges: Mapping[str, Edge] = {}
        self._telling = False
        self.tree = _Tree()
        self.tree.setObjectName("outline")
        self.tree.entered.connect(self._open)
        self.tree.itemSelectionChanged.connect(self._to_canvas)
        self.tree.itemDoubleClicked.connect(self._open)
        self._title = PlainLabel(role="strong")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 8, 8)
        layout.setSpacing(10)
        layout.addWidget(self._title)
        layout.addWidget(self.tree, 1)
        session.changed.connect(self._on_change)
        session.ran.connect(self._relabel)
        session.checked.connect(self._relabel)
        canvas.selection_changed.connect(self._from_canvas)
        appearance().changed.connect(self.rebuild)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.rebuild()

    def rebuild(self) -> None:
        """Lists everything anew; nothing while nobody can see it."""
        if not self.isVisible():
            return
        self._title.setText(text("outline.title"))
        self.tree.setAccessibleName(text("outline.title"))
        open_nodes = {key[1] for key, item in self._items.items() if key[0] == "nodes" and item.isExpanded()}
        self._telling = True
        self.tree.clear()
        self._items.clear()
        workflow = self._session.workflow
        self._placed = self._canvas.everywhere()
        self._edges = {edge.id: edge for _, graph in graphs(workflow) for edge in graph.edges}
        self._list_level(None, TOP)
        for (sort, key), item in self._items.items():
            item.setExpanded(sort == "nodes" and key in open_nodes)
        self._telling = False
        self._relabel()
        self._from_canvas()

    def _list_level(self, above: QTreeWidgetItem | None, frame: str) -> None:
        """Lists what is inside a frame (empty: the outermost graph), frames in it with their own content."""
        shown = at_level(self._session.workflow, frame)
        edges = edges_by_node(shown.graph.edges)
        for node in _reading_order(shown.graph, shown.layout.positions):
            item = self._add(above, "nodes", node)
            for edge in edges.get(node, ()):
                self._add(item, "edges", edge.id, edge, node)
            if shown.graph.nodes[node].body is not None:
                self._list_level(item, node)
        for name in shown.layout.groups:
            self._add(above, "groups", name)
        for name in shown.layout.notes:
            self._add(above, "notes", name)

    def _add(
        self,
        above: QTreeWidgetItem | None,
        sort: str,
        item_id: str,
        edge: Edge | None = None,
        seen_from: str = "",
    ) -> QTreeWidgetItem:
        item = QTreeWidgetItem()
        item.setData(0, _SORT, sort)
        item.setData(0, _ID, item_id)
        if above is None:
            self.tree.addTopLevelItem(item)
        else:
            above.addChild(item)
        # A link is listed under both of its steps; picking either picks it.
        self._items[sort, item_id if edge is None else f"{seen_from}|{item_id}"] = item
        return item

    def _on_change(self, change: Change) -> None:
        if change.all or change.nodes or change.edges or change.layout:
            self.rebuild()

    def _relabel(self) -> None:
        if not self.isVisible():
            return
        look = appearance().theme
        scene = self._canvas.scene
        workflow = self._session.workflow
        for (sort, key), item in self._items.items():
            if sort == "nodes" and key in self._placed:
                card = scene.describe(self._placed[key])
                item.setText(0, self._said(card))
                item.setIcon(0, icon(card.icon, look.kind(card.kind)))
            elif sort == "edges":
                item.setText(0, self._link(key))
            elif sort == "groups":
                item.setText(0, text("outline.group", title=workflow.layout.groups[key].title))
            elif sort == "notes":
                item.setText(
                    0, text("outline.note", words=workflow.layout.notes[key].text.split("\n")[0][:60])
                )

    def _said(self, card: Card) -> str:
        state = card.badge.word if card.badge else ""
        return text("outline.step", title=card.title, state=state) if state else card.title

    def _link(self, key: str) -> str:
        node, _, edge_id = key.partition("|")
        edge = self._edges.get(edge_id)
        source = self._placed.get(edge.source.node) if edge else None
        target = self._placed.get(edge.target.node) if edge else None
        if edge is None or source is None or target is None:
            return edge_id
        out = edge.source.node == node
        port = edge.source.port if out else edge.target.port
        mine = source.output(port) if out else target.ports.input(port)
        label = mine.label if mine else port
        title = self._canvas.scene.describe(target if out else source).title
        return text("outline.link_out" if out else "outline.link_in", port=label, title=title)

    # --- the same things picked here and there ---------------------------------------------------------------

    def _to_canvas(self) -> None:
        if self._telling:
            return
        picked: dict[str, set[str]] = {"nodes": set(), "edges": set(), "notes": set(), "groups": set()}
        for item in self.tree.selectedItems():
            picked[item.data(0, _SORT)].add(item.data(0, _ID))
        self._telling = True
        self._open_level_of(picked)
        self._canvas.select(Selection(**{sort: frozenset(ids) for sort, ids in picked.items()}))
        self._telling = False
        if len(picked["nodes"]) == 1:
            self._canvas.show_node(next(iter(picked["nodes"])))

    def _open_level_of(self, picked: Mapping[str, set[str]]) -> None:
        """What is picked can be shown only on its own level."""
        workflow = self._session.workflow
        nodes = {*picked["nodes"], *(self._edges[e].source.node for e in picked["edges"] if e in self._edges)}
        nodes.update(
            *(workflow.layout.groups[g].nodes for g in picked["groups"] if g in workflow.layout.groups)
        )
        levels = set(by_frame(workflow, nodes))
        levels |= {workflow.layout.notes[n].frame for n in picked["notes"] if n in workflow.layout.notes}
        if levels and self._canvas.level not in levels:
            self._canvas.open_level(min(levels))

    def _from_canvas(self) -> None:
        if self._telling or not self.isVisible():
            return
        self._telling = True
        picked = self._canvas.selection
        self.tree.clearSelection()
        for (sort, _), item in self._items.items():
            if item.data(0, _ID) in getattr(picked, sort):
                item.setSelected(True)
                if len(picked) == 1 and sort == "nodes":
                    index = self.tree.indexFromItem(item)
                    self.tree.selectionModel().setCurrentIndex(
                        index, QItemSelectionModel.SelectionFlag.NoUpdate
                    )
                    self.tree.scrollToItem(item)
        self._telling = False

    def _open(self, item: QTreeWidgetItem) -> None:
        if item.data(0, _SORT) == "nodes":
            self.opened.emit(item.data(0, _ID))


class _Tree(QTreeWidget):
    """Tells which item Enter was pressed on; every letter goes to the window's actions, none searches the list."""

    entered = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setHeaderHidden(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setIndentation(16)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentItem() is not None:
            self.entered.emit(self.currentItem())
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Nothing: D switches a step off and must not jump to one that begins with D."""


def _reading_order(graph: Graph, places: Mapping[str, tuple[int, int]]) -> list[str]:
    """From left to right, then from top to bottom, as people read the canvas."""
    return sorted(graph.nodes, key=lambda node: (places.get(node, (0, 0)), node))
