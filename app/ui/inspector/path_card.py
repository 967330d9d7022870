"""The path card: which models the latest answer of a step came by, and how often the next one was needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QFrame, QWidget

from app.events.run_state import NodeState
from app.texts import text
from app.ui import path_words
from app.ui.inspector.editors.editor import column, empty, line
from app.ui.widgets.plain_label import PlainLabel
from app.ui.widgets.state_icon import StateIcon

_MARKS = {
    "answered": ("check", "done"),
    "agreed": ("check", "done"),
    "failed": ("triangle-alert", "warning"),
    "not_checked": ("circle-question-mark", "warning"),
    "error": ("x", "error"),
    "passed_over": ("minus", "waiting"),
    "asked": ("minus", "waiting"),
    "ended": ("square", "waiting"),
}


class PathCard(QFrame):
    """Hidden for steps that have no path."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "fact")
        self._shown: object = None
        self._title = PlainLabel(role="label-strong")
        self._note = PlainLabel(role="small", wrap=True)
        self._turns = QWidget()
        self._lines = column(self._turns, 6)
        layout = column(self, 8)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.addWidget(self._title)
        layout.addWidget(self._turns)
        layout.addWidget(self._note)
        self.hide()

    @property
    def words(self) -> Sequence[str]:
        """What stands in it, line by line."""
        turns = [item.widget() for at in range(self._lines.count()) if (item := self._lines.itemAt(at))]
        labels = [label for turn in turns if turn for label in turn.findChildren(PlainLabel)]
        return [label.text() for label in labels if label.text()] + [self._note.text()]

    def show_state(self, state: NodeState | None) -> None:
        """The path of the latest instance that settled, and the figures over all of them."""
        settled = state.latest.settled if state and state.latest else None
        path = settled.path if settled else ()
        self.setVisible(bool(path))
        if not path or state is None:
            return
        self._title.setText(text("path.title"))
        notes = filter(None, (path_words.rate_words(state), path_words.saving_words(state)))
        self._note.setText("\n".join(notes))
        self._note.setVisible(bool(self._note.text()))
        said = [
            (str(turn.get("outcome")), path_words.turn_words(turn), path_words.why_words(turn))
            for turn in path
        ]
        if said != self._shown:
            self._shown = said
            self._show_turns(path)

    def _show_turns(self, path: Sequence[Mapping[str, Any]]) -> None:
        empty(self._lines)
        for turn in path:
            self._lines.addWidget(_turn_line(turn))


def _turn_line(turn: Mapping[str, Any]) -> QWidget:
    holder = QWidget()
    row = line(8)
    holder.setLayout(row)
    row.addWidget(StateIcon(*_MARKS.get(str(turn.get("outcome")), ("minus", "waiting")), 18))
    words = QWidget()
    lines = column(words, 0)
    lines.addWidget(PlainLabel(path_words.turn_words(turn), "label", wrap=True))
    why = path_words.why_words(turn)
    if why:
        lines.addWidget(PlainLabel(why, "small", wrap=True))
    row.addWidget(words, 1)
    return holder
