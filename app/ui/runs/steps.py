"""The steps page: every step of a run with how it ended, what it took and what its checks said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import figures
from app.adapters.model_names import short_name
from app.costs.cost import FREE
from app.events.run_state import NodeState, RunState
from app.texts import clauses, text
from app.ui.canvas.card_state import BADGES, said_state
from app.ui.runs.fact_table import Cell, Column, FactTable
from app.ui.step_looks import StepLook

T = TypeVar("T")

_WITH_MODEL, _WITH_TRIES, _WITH_TIME = 780, 860, 940  # pixels
_ORDER = (("ok", "done"), ("failed", "failed"), ("skipped", "skipped"), ("cancelled", "cancelled"))


class Steps(QWidget):
    """Emits `chosen(node)` when a person picks a step."""

    chosen = Signal(str)

    def __init__(self, step_look: Callable[[str], StepLook], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._step_look = step_look
        self._nodes: Sequence[NodeState] = ()
        self._run = RunState()
        self._asked_models = self._checked = False
        self._had_room = 0
        self.table = FactTable(self, name="run.steps")
        self.table.setAccessibleName(text("history.steps"))
        self.table.selectionModel().currentRowChanged.connect(self._pick)
        self.table.opened.connect(self._open)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)

    def show_run(self, run: RunState) -> None:
        """Shows the steps of a run as they stand now, in the order in which they began."""
        self._run = run
        never = float("inf")
        placed = (state for state in run.nodes.values() if not self._step_look(state.node).aside)
        self._nodes = sorted(placed, key=lambda n: never if n.first is None else n.first)
        self._asked_models = run.calls > 0 or any(state.models for state in self._nodes)
        self._checked = any(state.verdicts.n for state in self._nodes)
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._room() != self._had_room:
            self._draw()

    def _room(self) -> int:
        """How many of the columns that can leave have room: the model, tries, then time."""
        return (self.width() >= _WITH_MODEL) + (self.width() >= _WITH_TRIES) + (self.width() >= _WITH_TIME)

    def _draw(self) -> None:
        self._had_room = room = self._room()
        columns = (
            Column(text("runs.cost.step")),
            Column(text("runs.rows.status"), 190),
            *self._known(
                Column(text("runs.cost.model"), 116),
                Column(text("runs.cost.in"), 80, figures=True),
                Column(text("runs.cost.out"), 84, figures=True),
            ),
            *((Column(text("history.column.attempts"), 56, figures=True),) if room > 1 else ()),
            Column(text("runs.cost.money"), 92, figures=True),
            *((Column(text("runs.cost.time"), 76, figures=True),) if room > 2 else ()),
            *((Column(text("runs.rows.checks"), 110, whole=True),) if self._checked else ()),
        )
        self.table.show_facts(columns, len(self._nodes) + bool(self._nodes), self._cells)

    def _known(self, model: T, came: T, went: T) -> tuple[T, ...]:
        """Model and tokens, where any step has them."""
        if not self._asked_models:
            return ()
        return (model, came, went) if self._had_room else (came, went)

    def pick(self, node: str) -> None:
        """Marks a step."""
        for at, state in enumerate(self._nodes):
            if state.node == node and self.table.currentIndex().row() != at:
                self.table.selectRow(at)

    def _pick(self, now: QModelIndex, _before: QModelIndex) -> None:
        self._open(now.row())

    def _open(self, at: int) -> None:
        if 0 <= at < len(self._nodes):
            self.chosen.emit(self._nodes[at].node)

    def _cells(self, at: int) -> Sequence[Cell]:
        if at >= len(self._nodes):
            return self._total()
        state = self._nodes[at]
        look = self._step_look(state.node)
        called, room = state.calls > 0, self._had_room
        none = Cell(text("figure.none"), "muted")
        more = "" if state.usage_complete else "+"
        tip = " · ".join(filter(None, (look.title, state.model)))
        asked = (
            Cell(
                short_name(state.model) or text("figure.none"),
                "" if state.model else "muted",
                tip=state.model,
            ),
            Cell(figures.count(state.usage.input) + more) if called else none,
            Cell(figures.count(state.usage.output) + more) if called else none,
        )
        return (
            Cell(look.title, strong=True, kind=look.kind, tip=tip),
            status_cell(state),
            *self._known(*asked),
            *((Cell(figures.count(state.attempts)) if state.attempts else none,) if room > 1 else ()),
            self._money(state),
            *((Cell(figures.seconds(state.seconds)) if state.settled else none,) if room > 2 else ()),
            *((_checks(state),) if self._checked else ()),
        )

    def _money(self, state: NodeState) -> Cell:
        saved = state.saved
        tip = text("history.saved", amount=figures.cost(saved)) if saved != FREE else ""
        if not state.calls and not tip:
            return Cell(text("figure.none"), "muted")
        return Cell(figures.cost(state.cost), strong=True, tip=tip)

    def _total(self) -> Sequence[Cell]:
        run, room = self._run, self._had_room
        states = self._nodes
        asked = (
            Cell(),
            Cell(figures.count(run.usage.input), strong=True),
            Cell(figures.count(run.usage.output), strong=True),
        )
        return (
            Cell(text("runs.cost.total"), strong=True),
            Cell(),
            *self._known(*asked),
            *(
                (Cell(figures.count(sum(state.attempts for state in states)), strong=True),)
                if room > 1
                else ()
            ),
            Cell(figures.cost(run.cost), strong=True),
            *((Cell(figures.seconds(run.elapsed), strong=True),) if room > 2 else ()),
            *((Cell(),) if self._checked else ()),
        )


def status_cell(state: NodeState) -> Cell:
    """How a step ended: of several instances, how many each way."""
    if state.status == "idle":
        return Cell(text("canvas.fact.not_run"), "muted")
    icon, tone = BADGES[state.status]
    if state.settled > 1:
        parts = [(getattr(state, name), word) for name, word in _ORDER]
        words = clauses(text(f"history.of.{word}", shown=figures.count(n)) for n, word in parts if n)
    else:
        words = text(f"canvas.state.{said_state(state)}")
    if state.sources["cache"]:
        n = state.sources["cache"]
        from_cache = (
            text("history.saved_free") if n == 1 else text("history.of.cache", shown=figures.count(n))
        )
        words = text("history.with", first=words, second=from_cache)
    return Cell(words, tone, icon)


def _checks(state: NodeState) -> Cell:
    count = state.verdicts
    if not count.n:
        return Cell(text("figure.none"), "muted")
    tone = "done" if count.passed == count.n else "warning"
    return Cell(text("runs.rows.passed", passed=count.passed, n=count.n), tone)
