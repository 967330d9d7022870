"""The Runs page: the list of runs at the left, and the run that is picked at the right."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.texts import text
from app.ui.appearance import appearance
from app.ui.canvas.placed import SpecLookup
from app.ui.history.run_details import RunDetails
from app.ui.history.run_list import RunList
from app.ui.inspector.reading import Reading
from app.ui.runs.row_pages import FetchItems
from app.ui.session import Session
from app.ui.strips import Strips
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel


class RunsPage(QWidget):
    """Only parts; `HistoryDesk` makes them work."""

    def __init__(self, session: Session, specs: SpecLookup, reading: Reading, items: FetchItems) -> None:
        super().__init__()
        self.setObjectName("history")
        self.strips = Strips(partial(text, "window.strip.close"))
        self.list = RunList()
        self.details = RunDetails(session, specs, reading, items)
        self._nothing = PlainLabel(role="muted")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._right = QStackedWidget()
        vary(self._right, role="app")
        for part in (self._nothing, self.details):
            self._right.addWidget(part)
        self.list.setMinimumWidth(360)
        self._right.setMinimumWidth(480)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.list)
        splitter.addWidget(self._right)
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 3)
        splitter.setSizes([470, 1130])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.strips)
        layout.addWidget(splitter, 1)
        appearance().changed.connect(self._retext)
        self._retext()

    def show_details(self) -> None:
        self._right.setCurrentWidget(self.details)

    def can_pick(self, is_one: bool) -> None:
        """Whether there is a run in the list that could be picked."""
        self._nothing.setText(text("history.pick") if is_one else "")

    def show_nothing(self) -> None:
        self._right.setCurrentWidget(self._nothing)

    def _retext(self) -> None:
        self.strips.retext()
        self.can_pick(bool(self.list.shown()))
