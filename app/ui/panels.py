"""The panels around the canvas: library or outline at the left, inspector at the right, the run below."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.ui.window_state import WindowState

_LEAST = {"library": 200, "inspector": 280, "runs": 120}
_GROWN = 0.62  # of the height that a grown run panel takes


class Panels(QWidget):
    """Each panel can be made larger, smaller or folded away; `folded` tells when that changed."""

    folded = Signal()

    def __init__(
        self, library: QWidget, outline: QWidget, middle: QWidget, inspector: QWidget, runs: QWidget
    ) -> None:
        super().__init__()
        self._left = QStackedWidget()
        self._left.addWidget(library)
        self._left.addWidget(outline)
        self._inspector = inspector
        self._runs = runs
        self._grown = False
        self._left.setMinimumWidth(_LEAST["library"])
        inspector.setMinimumWidth(_LEAST["inspector"])
        runs.setMinimumHeight(_LEAST["runs"])
        self._across = QSplitter(Qt.Orientation.Horizontal)
        for part in (self._left, middle, inspector):
            self._across.addWidget(part)
        self._down = QSplitter(Qt.Orientation.Vertical)
        self._down.addWidget(self._across)
        self._down.addWidget(runs)
        for splitter, stretch in ((self._across, 1), (self._down, 0)):
            splitter.setHandleWidth(1)
            splitter.setChildrenCollapsible(False)
            splitter.setStretchFactor(stretch, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._down)

    def restore(self, state: WindowState) -> None:
        """Gives the panels the sizes of the last time."""
        self._left.setVisible(state.library or state.outline)
        self._left.setCurrentIndex(1 if state.outline else 0)
        self._inspector.setVisible(state.inspector)
        self._runs.setVisible(state.runs)
        self._across.setSizes([state.library_width, 10_000, state.inspector_width])
        self._down.setSizes([10_000, state.runs_height])
        self.folded.emit()

    def state(self, of: WindowState) -> WindowState:
        """The sizes as they are now; a folded panel keeps the size that it had."""
        across, down = self._across.sizes(), self._down.sizes()
        return replace(
            of,
            library_width=across[0] or of.library_width,
            inspector_width=across[2] or of.inspector_width,
            runs_height=down[1] or of.runs_height,
            library=self.shows("library"),
            outline=self.shows("outline"),
            inspector=self.shows("inspector"),
            runs=self.shows("runs"),
        )

    def shows(self, name: str) -> bool:
        """Whether a panel is open: library, outline, inspector or runs."""
        match name:
            case "library":
                return self._left.isVisibleTo(self) and self._left.currentIndex() == 0
            case "outline":
                return self._left.isVisibleTo(self) and self._left.currentIndex() == 1
            case "inspector":
                return self._inspector.isVisibleTo(self)
            case _:
                return self._runs.isVisibleTo(self)

    def show_panel(self, name: str, shown: bool) -> None:
        """Opens or folds a panel; library and outline take turns in one place."""
        if name in ("library", "outline"):
            if shown:
                self._left.setCurrentIndex(0 if name == "library" else 1)
            self._left.setVisible(shown)
        else:
            (self._inspector if name == "inspector" else self._runs).setVisible(shown)
        self.folded.emit()

    def toggle(self, name: str) -> None:
        """Opens a folded panel, folds an open one."""
        self.show_panel(name, not self.shows(name))

    @property
    def runs_grown(self) -> bool:
        """Whether the run panel was given most of the height."""
        return self._grown

    def turn_runs(self) -> None:
        """Gives the run panel most of the height, or takes it back."""
        self.grow_runs(not self.runs_grown)

    def grow_runs(self, grown: bool, usual: int = 236) -> None:
        """Gives the run panel most of the height, or its usual one."""
        self._grown = grown
        height = round(self.height() * _GROWN) if grown else usual
        self._down.setSizes([max(1, self.height() - height), height])
        self.folded.emit()
