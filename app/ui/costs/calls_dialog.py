"""The calls behind a bar or a line of the Costs page, one by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from app import figures
from app.adapters.model_names import short_name
from app.costs.ledger import CONNECTION_TESTS, is_ended
from app.document.problem import Problem
from app.guide.order import WATCH_THE_BILL
from app.processes.messages import CallLine, CallList
from app.texts import text
from app.ui.help.subject import lead_to_help
from app.ui.plain import one_line
from app.ui.problem_words import what_happened
from app.ui.runs.fact_table import Cell, Column, FactTable
from app.ui.widgets.plain_label import PlainLabel


class CallsDialog(QDialog):
    """`title` gives a step's name. Closes with Escape."""

    def __init__(self, found: CallList, title: Callable[[CallLine], str], parent: QWidget) -> None:
        super().__init__(parent)
        lead_to_help(self, WATCH_THE_BILL)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(text("costs.calls.title"))
        self.resize(1000, 560)
        self._found = found
        self._step = title
        self.table = FactTable(name="calls")
        columns = [
            Column(text("costs.calls.when"), 150),
            Column(text("cli.column.workflow"), 0),
            Column(text("cli.column.step"), 0),
            Column(text("cli.column.model"), 0),
            Column(text("costs.calls.tokens"), 120, figures=True),
            Column(text("runs.rows.cost"), 130, figures=True),
            Column(text("runs.rows.time"), 80, figures=True),
            Column(text("runs.rows.wrong"), 200),
        ]
        self.table.show_facts(columns, len(found.calls), self._cells)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 18)
        layout.addWidget(self.table, 1)
        if found.more:
            layout.addWidget(PlainLabel(text("costs.calls.more", n=len(found.calls)), "muted"))

    def _cells(self, index: int) -> Sequence[Cell]:
        call = self._found.calls[index]
        at = dt.datetime.fromtimestamp(call.at).astimezone()
        tokens = f"{figures.count(call.usage.input)} · {figures.count(call.usage.output)}"
        is_billed = call.cost.state == "billed"
        cost = text("costs.calls.cached") if call.from_cache else figures.cost(call.cost)
        if is_billed:
            cost = text("costs.calls.billed", amount=cost)
        wrong = what_happened(Problem(call.outcome, args=_about(call))) if call.outcome else ""
        return (
            Cell(f"{at:%Y-%m-%d %H:%M:%S}", "muted"),
            Cell(text("costs.tests") if call.type == CONNECTION_TESTS else one_line(call.workflow)),
            Cell(one_line(self._step(call))),
            Cell(one_line(short_name(call.model)), tip=call.model),
            Cell(tokens, "muted"),
            Cell(cost, tip=text("costs.calls.billed.tip") if is_billed else ""),
            Cell(figures.seconds(call.seconds), "muted"),
            Cell(wrong, "muted" if is_ended(call.outcome) else "error"),
        )


def _about(call: CallLine) -> Mapping[str, str]:
    """What the ledger keeps of a failure beside its code; a provider's own words it doesn't."""
    connection = call.connection or text("model.this_computer")
    return {"connection": connection, "model": call.model, "detail": "…"}
