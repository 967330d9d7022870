"""Shortcuts: every action with its keys, to be pressed anew."""

from __future__ import annotations

from functools import partial

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QGridLayout, QKeySequenceEdit, QLineEdit, QPushButton, QWidget

from app.texts import text
from app.ui.actions import ACTIONS, Action, clashes, keys_of
from app.ui.inspector.editors.inputs import LineInput
from app.ui.inspector.fault_line import FaultLine
from app.ui.kept_preferences import KeptPreferences
from app.ui.preferences.page import Page
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel


class ShortcutsPage(Page):
    name = "shortcuts"
    icon = "keyboard"

    def __init__(self, kept: KeptPreferences) -> None:
        super().__init__()
        self._kept = kept
        self._search = LineInput()
        self._clash = FaultLine("warning")
        self._lines = {action.id: _Line(action) for action in ACTIONS}
        table = QWidget()
        grid = QGridLayout(table)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        for row, line in enumerate(self._lines.values()):
            grid.addWidget(line.label, row, 0)
            grid.addWidget(line.keys, row, 1)
            grid.addWidget(line.reset, row, 2)
            line.keys.editingFinished.connect(partial(self._set, line))
            line.reset.clicked.connect(partial(self._reset, line.action.id))
        self.content.addWidget(self._search)
        self.content.addWidget(self._clash)
        self.content.addWidget(table)
        self.content.addStretch()
        self._search.textEdited.connect(self._find)
        kept.changed.connect(self._show)

    def keys_of(self, action_id: str) -> QKeySequenceEdit:
        """The field in which an action's keys are pressed."""
        return self._lines[action_id].keys

    def retranslate(self) -> None:
        super().retranslate()
        self._search.setPlaceholderText(text("preferences.shortcuts.search"))
        for line in self._lines.values():
            line.label.setText(text(f"action.{line.action.id}"))
            line.reset.setText(text("preferences.shortcuts.reset"))
            line.keys.setAccessibleName(line.label.text())
        self._show()

    def _show(self) -> None:
        chosen = self._kept.now.shortcuts
        for line in self._lines.values():
            keys = keys_of(line.action, chosen)
            line.keys.setKeySequence(QKeySequence(keys[0]) if keys else QKeySequence())
            field = line.keys.findChild(QLineEdit)
            if field is not None:  # with other keys Qt has put its own words there
                field.setPlaceholderText(text("preferences.shortcuts.none"))
            line.reset.setVisible(line.action.id in chosen)
        found = clashes(chosen)
        words = [
            text("preferences.shortcuts.clash", keys=keys, actions=tuple(text(f"action.{i}") for i in ids))
            for keys, ids in found.items()
        ]
        self._clash.show_text("\n".join(words))

    def _set(self, line: _Line) -> None:
        pressed = line.keys.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        usual = keys_of(line.action, {})
        chosen = dict(self._kept.now.shortcuts)
        chosen.pop(line.action.id, None)
        if pressed != (usual[0] if usual else ""):
            chosen[line.action.id] = pressed
        if chosen != dict(self._kept.now.shortcuts):
            self._kept.change(shortcuts=chosen)

    def _reset(self, action_id: str) -> None:
        chosen = {name: keys for name, keys in self._kept.now.shortcuts.items() if name != action_id}
        self._kept.change(shortcuts=chosen)

    def _find(self, words: str) -> None:
        wanted = words.casefold().split()
        for line in self._lines.values():
            fits = all(word in line.label.text().casefold() for word in wanted)
            line.label.setVisible(fits)
            line.keys.setVisible(fits)
            line.reset.setVisible(fits and line.action.id in self._kept.now.shortcuts)


class _Line:
    """The three widgets of one action."""

    def __init__(self, action: Action) -> None:
        self.action = action
        self.label = PlainLabel()
        self.keys = QKeySequenceEdit()
        self.keys.setMaximumSequenceLength(1)
        self.keys.setClearButtonEnabled(True)
        self.keys.setFixedWidth(170)
        self.reset = QPushButton()
        vary(self.reset, kind="link")
