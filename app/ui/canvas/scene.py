"""CanvasScene: the workflow with what a run and a check say of it, and what is picked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QPointF, Signal

from app.document.graph import every_node
from app.document.problem import Problem
from app.document.workflow import Workflow
from app.events.run_state import RunState
from app.forecast.forecast import StepForecast
from app.ui.canvas.area_items import GroupItem
from app.ui.canvas.card import Card
from app.ui.canvas.card_facts import card_of
from app.ui.canvas.card_marks import marked
from app.ui.canvas.card_state import total_of
from app.ui.canvas.edge_item import EdgeItem
from app.ui.canvas.edge_look import edge_look
from app.ui.canvas.hit import Hit, around, hit_at
from app.ui.canvas.item_scene import ItemScene
from app.ui.canvas.look import Look
from app.ui.canvas.node_item import NodeItem
from app.ui.canvas.placed import Placed, SpecLookup
from app.ui.canvas.result_line import result_line
from app.ui.canvas.selection import NOTHING, Selection


class CanvasScene(ItemScene):
    """Shows run and problems on the items; holds the selection."""

    selection_changed = Signal()
    states_changed = Signal()  # something shows another state of the run or other problems

    def __init__(self, look: Look, specs: SpecLookup) -> None:
        super().__init__(look, specs)
        self.run: RunState | None = None
        self.running: set[str] = set()  # nodes at work, so that nobody looks for them among thousands
        self._stage: object = None
        self._inside: dict[str, str] = {}  # nodes that are inside a frame which is shown, and that frame
        self._selection = NOTHING
        self._pinned: frozenset[str] = frozenset()
        self._stale: frozenset[str] = frozenset()
        self._problems: dict[str, list[Problem]] = {}
        self._forecast: Mapping[str, StepForecast] = {}
        self._edge_problems: dict[str, list[Problem]] = {}
        self.outline_changed.connect(self._drop_gone_from_selection)

    # --- what is shown -------------------------------------------------------------------------------------

    def sync(self, workflow: Workflow) -> None:
        if workflow.graph.nodes is not self.workflow.graph.nodes:
            self._inside = {
                inner.id: node.id
                for node in workflow.graph.nodes.values()
                if node.body is not None
                for inner in every_node(node.body)
            }
        super().sync(workflow)

    def show_run(self, run: RunState | None, changed: Iterable[str] | None = None) -> None:
        """Shows a run's state; `changed` are the nodes that moved since the last call, None: all."""
        self.run = run
        stage = (run.run, run.status, run.budget_reached) if run else None
        if stage != self._stage:
            # A run that begins, pauses or ends changes the look of nodes in which nothing happened.
            self._stage, changed = stage, None
        nodes = self.nodes.keys() if changed is None else self._shown(changed)
        grown = [node for node in nodes if self._show_state(self.nodes[node], run)]
        for node in grown:
            self.reshaped(self.nodes[node])
        for edge in {edge.id: edge for node in nodes for edge in self.edges_of.get(node, ())}.values():
            self.show_edge(edge)
        self.show_totals(self.groups.values() if changed is None else self._groups_of(nodes))
        if grown:
            self.outline_changed.emit()
        self.states_changed.emit()

    def _shown(self, nodes: Iterable[str]) -> list[str]:
        """The shown nodes among these, with the frames around others of them."""
        # Those of a Sub-workflow are named behind its own id.
        own = (node.partition("/")[0] for node in nodes)
        here = dict.fromkeys(self._inside.get(node, node) for node in own)
        return [node for node in here if node in self.nodes]

    def _show_state(self, item: NodeItem, run: RunState | None) -> bool:
        """Shows a node's state; says whether its card has another height now."""
        before = item.anatomy
        state = run.nodes.get(item.id) if run else None
        if state is not None and state.status in ("running", "streaming"):
            self.running.add(item.id)
        else:
            self.running.discard(item.id)
        item.show_preview(bool(state and result_line(item.placed, state)))
        return item.anatomy is not before

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Marks the nodes and edges that have problems."""
        before = (self._problems, self._edge_problems)
        self._problems, self._edge_problems = {}, {}
        for problem in problems:
            if problem.edge in self.edges:
                self._edge_problems.setdefault(problem.edge, []).append(problem)
            elif problem.node is not None:
                self._problems.setdefault(problem.node, []).append(problem)
                if problem.node in self._inside:
                    self._problems.setdefault(self._inside[problem.node], []).append(problem)
        for node in before[0].keys() | self._problems.keys():
            if node in self.nodes and before[0].get(node) != self._problems.get(node):
                self.nodes[node].forget_card()
        for edge in before[1].keys() | self._edge_problems.keys():
            if edge in self.edges:
                self.show_edge(self.edges[edge])
        self.states_changed.emit()

    def show_forecast(self, steps: Mapping[str, StepForecast]) -> None:
        """What steps that have not run yet will take."""
        before, self._forecast = self._forecast, steps
        for node in before.keys() | steps.keys():
            if node in self.nodes and before.get(node) != steps.get(node):
                self.nodes[node].forget_card()
        self.states_changed.emit()

    def show_look(self, look: Look) -> None:
        """Another theme or language."""
        self.look = look
        self.cards.clear()
        for node in self.nodes.values():
            node.forget_card()
        for edge in self.edges.values():
            self.show_edge(edge, restyle=True)
        for area in (*self.notes.values(), *self.groups.values()):
            area.show_look(look)
        self.show_totals(self.groups.values())
        self.outline_changed.emit()

    def describe(self, placed: Placed) -> Card:
        """The card of a node as it looks now."""
        node = placed.node.id
        card = card_of(placed, self.run, self._problems.get(node, ()), self._forecast.get(node))
        return marked(card, pinned=node in self._pinned, stale=node in self._stale)

    def show_marks(self, pinned: frozenset[str], stale: frozenset[str]) -> None:
        """Which nodes have a pinned result, and which show one that might be another today."""
        changed = (pinned ^ self._pinned) | (stale ^ self._stale)
        self._pinned, self._stale = pinned, stale
        for node in changed & self.nodes.keys():
            self.nodes[node].forget_card()
        if changed:
            self.states_changed.emit()

    def node_removed(self, node: str) -> None:
        super().node_removed(node)
        self.running.discard(node)

    def show_edge(self, item: EdgeItem, *, restyle: bool = False) -> None:
        port = item.source.placed.output(item.edge.source.port)
        problems = self._edge_problems.get(item.id, ())
        item.show_look(edge_look(item.edge, port, self.run, problems), self.look, restyle=restyle)

    def problems_of(self, node: str) -> Sequence[Problem]:
        return self._problems.get(node, ())

    def edge_problems_of(self, edge: str) -> Sequence[Problem]:
        return self._edge_problems.get(edge, ())

    # --- selection -----------------------------------------------------------------------------------------

    @property
    def selection(self) -> Selection:
        return self._selection

    def select(self, selection: Selection) -> None:
        """Picks exactly this; what doesn't exist is left out."""
        there = Selection(
            selection.nodes & self.nodes.keys(),
            selection.edges & self.edges.keys(),
            selection.notes & self.notes.keys(),
            selection.groups & self.groups.keys(),
        )
        if there != self._selection:
            self._selection = there
            self.selection_changed.emit()

    def select_all(self) -> None:
        """Picks every node and note."""
        self.select(Selection(frozenset(self.nodes), frozenset(), frozenset(self.notes), frozenset()))

    def hit(self, point: QPointF, zoom: float, opened: NodeItem | None = None) -> Hit:
        """What lies at a point of the scene; `opened` is the node whose flap is open."""
        return hit_at(self.items(*around(point, zoom)), point, zoom, opened)

    def _groups_of(self, nodes: Iterable[str]) -> list[GroupItem]:
        return [group for node in nodes for group in self.groups_of.get(node, ())]

    def show_totals(self, groups: Iterable[GroupItem]) -> None:
        for group in groups:
            group.show_total(total_of((member.id for member in group.members), self.run))

    def _drop_gone_from_selection(self) -> None:
        self.select(self._selection)
