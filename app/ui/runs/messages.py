"""The messages page: the run's log, one line a message, newest last."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import figures
from app.events.run_events import Message
from app.events.run_state import RunState, row_of
from app.texts import text
from app.ui.runs.fact_table import Cell, Column, FactTable
from app.ui.step_looks import StepLook


class Messages(QWidget):
    """Stays at the end while new lines come, unless a person has scrolled up. Emits `chosen(node)`."""

    chosen = Signal(str)

    def __init__(self, step_look: Callable[[str], StepLook], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._step_look = step_look
        self._messages: Sequence[Message] = ()
        self.table = FactTable(self, name="run.messages")
        self.table.opened.connect(self._open)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)

    def show_run(self, run: RunState) -> None:
        """Shows the messages of a run."""
        bar = self.table.verticalScrollBar()
        follow = bar.value() == bar.maximum()
        self._messages = run.messages
        columns = (
            Column(text("runs.messages.time"), 80, figures=True),
            Column(text("runs.messages.step"), 220),
            Column(text("runs.messages.row"), 60, figures=True),
            Column(text("runs.messages.message")),
        )
        self.table.show_facts(columns, len(self._messages), self._cells)
        if follow:
            self.table.scrollToBottom()

    def _open(self, row: int) -> None:
        if node := self._messages[row].node:
            self.chosen.emit(node)

    def _cells(self, index: int) -> Sequence[Cell]:
        message = self._messages[index]
        step = self._step_look(message.node) if message.node else None
        row = row_of(message.scope)
        return (
            Cell(figures.seconds(message.t), "muted"),
            Cell(step.title, kind=step.kind) if step else Cell(),
            Cell(figures.count(row + 1), "muted") if row >= 0 else Cell(),
            Cell(text(f"message.{message.code}", **message.args)),
        )
