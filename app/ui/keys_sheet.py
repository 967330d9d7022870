"""The keys sheet: every action with its keys, by group, on one page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.guide.order import SETTINGS
from app.texts import text
from app.ui.action_set import ActionSet
from app.ui.actions import ACTIONS
from app.ui.help.subject import lead_to_help
from app.ui.widgets.chip import Chip
from app.ui.widgets.plain_label import PlainLabel

_GROUPS = ("file", "edit", "step", "run", "view", "help", "app")
_BY_HAND = ("walk", "nudge", "pan", "zoom", "open", "leave")  # the canvas's own, which aren't actions


class KeysSheet(QDialog):
    """Closes with Escape. The keys themselves are changed in Preferences."""

    def __init__(self, actions: ActionSet, parent: QWidget) -> None:
        super().__init__(parent)
        lead_to_help(self, SETTINGS)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(text("keys.title"))
        self.resize(860, 620)
        columns = QHBoxLayout()
        columns.setSpacing(32)
        halves = (QVBoxLayout(), QVBoxLayout())
        for index, group in enumerate((*_GROUPS, "canvas")):
            halves[0 if index < 3 else 1].addLayout(self._group(group, actions))
        for half in halves:
            half.setSpacing(18)
            half.addStretch(1)
            columns.addLayout(half, 1)
        page = QWidget()
        page.setProperty("role", "scrolled")
        page.setLayout(columns)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.addWidget(PlainLabel(text("keys.title"), "title"))
        layout.addWidget(scroll, 1)

    def _group(self, group: str, actions: ActionSet) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(7)
        grid.addWidget(PlainLabel(text(f"menu.{group}"), "section"), 0, 0)
        if group == "canvas":
            lines = [(text(f"keys.{code}"), text(f"keys.{code}.keys")) for code in _BY_HAND]
        else:
            mine = [action for action in ACTIONS if action.id.startswith(f"{group}.")]
            lines = [(actions[a.id].text(), _keys(actions[a.id].shortcuts())) for a in mine]
        for row, (words, keys) in enumerate(((w, k) for w, k in lines if k), start=1):
            grid.addWidget(PlainLabel(words), row, 0)
            grid.addWidget(Chip(keys), row, 1, Qt.AlignmentFlag.AlignRight)
        grid.setColumnStretch(0, 1)
        return grid


def _keys(sequences: list[QKeySequence]) -> str:
    return "  ".join(keys.toString(QKeySequence.SequenceFormat.NativeText) for keys in sequences[:2])
