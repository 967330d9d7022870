"""The window's QActions: made from the data, named in the language of now, possible or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.texts import text
from app.ui.actions import ACTIONS, Situation, keys_of
from app.ui.appearance import appearance
from app.ui.icons import icon
from app.ui.theme import tint


class ActionSet(QObject):
    """`set[id]` is an action's QAction; `on` says what actions do."""

    def __init__(self, window: QWidget, chosen_keys: Mapping[str, str]) -> None:
        super().__init__(window)
        self._actions: dict[str, QAction] = {}
        for action in ACTIONS:
            made = QAction(self)
            made.setObjectName(action.id)
            made.setCheckable(action.checkable)
            if action.where == "canvas":
                made.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            else:
                window.addAction(made)
            self._actions[action.id] = made
        self.set_keys(chosen_keys)
        self._rename()
        appearance().changed.connect(self._rename)

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def on(self, handlers: Mapping[str, Callable[[], object]]) -> None:
        """Says what actions do, by id."""
        for action_id, handler in handlers.items():
            # Through a partial, or `triggered` would hand its "checked" to whatever takes an argument.
            self._actions[action_id].triggered.connect(partial(_do, handler))

    def work_in(self, widget: QWidget) -> None:
        """Lets the keys of canvas actions work in a widget that shows steps."""
        for action in ACTIONS:
            if action.where == "canvas":
                widget.addAction(self._actions[action.id])

    def set_keys(self, chosen: Mapping[str, str]) -> None:
        """Binds the person's own keys; works at once."""
        for action in ACTIONS:
            self._actions[action.id].setShortcuts([QKeySequence(keys) for keys in keys_of(action, chosen)])

    def explain(self, action_id: str, what: str) -> None:
        """Says what an action would do now, such as which edit Undo takes back."""
        made = self._actions[action_id]
        made.setToolTip(f"{made.text()}: {what}" if what else made.text())

    def update_possible(self, now: Situation) -> None:
        for action in ACTIONS:
            self._actions[action.id].setEnabled(action.possible(now))

    def _rename(self) -> None:
        look = appearance().theme
        for action in ACTIONS:
            made = self._actions[action.id]
            made.setText(text(f"action.{action.id}"))
            if action.icon:
                made.setIcon(icon(action.icon, look.text2, tint(look.muted, 50)))


def _do(handler: Callable[[], object]) -> None:
    handler()
