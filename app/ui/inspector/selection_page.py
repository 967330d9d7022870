"""The selection page: what several selected steps cost together, and what can be done with all of them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QWidget

from app import figures
from app.texts import text
from app.ui.inspector.editors.editor import column
from app.ui.inspector.scrolling import PADDING, scrolled
from app.ui.inspector.step_facts import sum_of
from app.ui.inspector.totals_list import Total, TotalsList
from app.ui.session import Session
from app.ui.widgets.plain_label import PlainLabel

_ACTIONS = ("step.disable", "step.group", "edit.duplicate", "edit.copy", "edit.delete")


class SelectionPage(QWidget):
    """Its buttons trigger the window's own actions, so keys and names are the same everywhere."""

    def __init__(self, session: Session, actions: Callable[[str], QAction]) -> None:
        super().__init__()
        self._session = session
        self._nodes: tuple[str, ...] = ()
        self._title = PlainLabel(role="title")
        self._totals = TotalsList()
        self._buttons: list[tuple[QPushButton, QAction]] = []
        page = QWidget()
        layout = column(page, 10)
        layout.setContentsMargins(PADDING, 18, PADDING, PADDING)
        layout.addWidget(self._title)
        layout.addWidget(self._totals)
        for name in _ACTIONS:
            button, action = QPushButton(), actions(name)
            button.clicked.connect(action.trigger)
            self._buttons.append((button, action))
            layout.addWidget(button)
        layout.addStretch()
        column(self, 0).addWidget(scrolled(page))

    def show_nodes(self, nodes: tuple[str, ...]) -> None:
        self._nodes = nodes
        self.retranslate()

    def show_run(self) -> None:
        """The run has moved on."""
        totals: list[Total] = []
        if self._session.run.status != "none":
            cost, usage, seconds = sum_of(self._nodes, self._session.run)
            words = text(
                "inspector.totals.line", tokens=figures.tokens(usage.total), time=figures.seconds(seconds)
            )
            totals.append(Total(text("inspector.totals.together"), words, figures.cost(cost)))
        self._totals.show_totals(totals)

    def retranslate(self) -> None:
        self._title.setText(text("inspector.selection.title", n=len(self._nodes)))
        for button, action in self._buttons:
            button.setText(action.text())
            button.setIcon(action.icon())
            button.setEnabled(action.isEnabled())
            button.setToolTip(action.shortcut().toString())
        self.show_run()
