"""Step actions: running to or from the step that is shown, and pinning its result, beside its last figures."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QToolButton, QWidget

ACTIONS = ("step.run_to", "step.run_from", "step.pin", "step.unpin")


class StepActions(QWidget):
    """Its buttons are the window's own actions, so keys, names and what is possible are the same everywhere."""

    def __init__(self, actions: Callable[[str], QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for at, name in enumerate(ACTIONS):
            button = QToolButton()
            button.setDefaultAction(actions(name))
            button.setObjectName(f"inspector.{name}")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            layout.addWidget(button, at // 2, at % 2)
        layout.setColumnStretch(2, 1)
