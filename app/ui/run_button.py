"""The run button: Run with a menu of ways to run, Stop while a run is under way."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from app.texts import text
from app.ui.appearance import appearance
from app.ui.icons import icon
from app.ui.style_sheet import vary


class RunButton(QWidget):
    """Emits `pressed`; what that means (run or stop) shows on the button."""

    pressed = Signal()

    def __init__(self, ways: list[QAction], parent: QWidget | None = None) -> None:
        """`ways` are the actions of the menu beside Run."""
        super().__init__(parent)
        self._running = False
        self._stopping = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.main = QPushButton()
        self.main.setObjectName("run")
        self.main.clicked.connect(self.pressed)
        self.more = QToolButton()
        self.more.setObjectName("run.more")
        self.more.setFixedSize(30, 34)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(self)
        menu.addActions(ways)
        self.more.setMenu(menu)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.main)
        layout.addWidget(self.more)
        appearance().changed.connect(self._restyle)
        self._restyle()

    def show_state(self, *, running: bool, stopping: bool, possible: bool) -> None:
        """Whether a run is under way, is being stopped, or could be started."""
        self._running, self._stopping = running, stopping
        self.main.setEnabled(possible or running)
        self.more.setEnabled(possible and not running)
        self._restyle()

    def _restyle(self) -> None:
        look = appearance().theme
        if self._running:
            self.main.setText(_beside_icon("window.run.stop_now" if self._stopping else "window.run.stop"))
            self.main.setIcon(icon("square", look.state("error").text, look.muted, 16))
        else:
            self.main.setText(_beside_icon("window.run.run"))
            self.main.setIcon(icon("play", look.on_accent, look.muted, 16))
        self.more.setIcon(icon("chevron-down", look.on_accent, look.muted, 16))
        self.more.setToolTip(text("window.run.ways"))
        self.more.setAccessibleName(text("window.run.ways"))
        self.more.setVisible(not self._running)
        vary(self.main, kind="stop" if self._running else "run")
        vary(self.more, kind="run-more")


def _beside_icon(code: str) -> str:
    # Style sheets have no gap between icon and text.
    return f" {text(code)}"
