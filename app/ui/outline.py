"""The outline: every step and link as a tree, the accessible twin of the canvas with the same actions."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from app.document.change import Change
from app.document.workflow import Edge, Graph
from app.texts import text
from app.ui.appearance import appearance
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.card import Card
from app.ui.canvas.placed import edges_by_node
from app.ui.canvas.selection import Selection
from app.ui.icons import icon
from app.ui.session import Session
from app.ui.widgets.plain_label import PlainLabel

_SORT = Qt.ItemDataRole.UserRole
_ID = Qt.ItemDataRole.UserRole + 1


class Outline(QWidget):
    """Picks what the canvas picks and the other way round. Emits `opened(node)` for Enter."""

    opened = Signal(str)

    def __init__(self, session: Session, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._canvas = canvas
        self._items: dict[tuple[str, str], QTreeWidgetItem] = {}
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
        edges = edges_by_node(workflow.graph.edges)
        for node in _reading_order(workflow.graph, workflow.layout.positions):
            item = self._add(None, "nodes", node)
            for edge in edges.get(node, ()):
                self._add(item, "edges", edge.id, edge, node)
            item.setExpanded(node in open_nodes)
        for name in workflow.layout.groups:
            self._add(None, "groups", name)
        for name in workflow.layout.notes:
            self._add(None, "notes", name)
        self._telling = False
        self._relabel()
        self._from_canvas()

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
            if sort == "nodes" and key in scene.nodes:
                card = scene.describe(scene.nodes[key].placed)
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
        item = self._canvas.scene.edges.get(edge_id)
        if item is None:
            return edge_id
        out = item.edge.source.node == node
        other = item.target if out else item.source
        port = item.edge.source.port if out else item.edge.target.port
        mine = item.source.placed.output(port) if out else item.target.placed.ports.input(port)
        label = mine.label if mine else port
        title = self._canvas.scene.describe(other.placed).title
        return text("outline.link_out" if out else "outline.link_in", port=label, title=title)

    # --- the same things picked here and there ---------------------------------------------------------------

    def _to_canvas(self) -> None:
        if self._telling:
            return
        picked: dict[str, set[str]] = {"nodes": set(), "edges": set(), "notes": set(), "groups": set()}
        for item in self.tree.selectedItems():
            picked[item.data(0, _SORT)].add(item.data(0, _ID))
        self._telling = True
        self._canvas.select(Selection(**{sort: frozenset(ids) for sort, ids in picked.items()}))
        self._telling = False
        if len(picked["nodes"]) == 1:
            self._canvas.show_node(next(iter(picked["nodes"])))

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
