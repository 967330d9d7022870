"""The verdict list: what each check of a single run said, rule by rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.events.run_state import NodeState
from app.texts import text
from app.ui.inspector.editors.editor import empty
from app.ui.step_looks import StepLook
from app.ui.widgets.plain_label import PlainLabel
from app.ui.widgets.state_icon import StateIcon

_MARKS = {"passed": ("check", "done"), "failed": ("triangle-alert", "warning")}
_NO_MARK = ("circle-question-mark", "warning")


class VerdictList(QWidget):
    """One block a check: its step, its word, and the reasons."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Sequence[object] = ()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(16, 0, 16, 0)
        self._layout.setSpacing(8)

    def show_verdicts(self, verdicts: Sequence[tuple[StepLook, Mapping[str, Any]]]) -> None:
        """Shows these, top to bottom."""
        if verdicts == self._shown:
            return
        self._shown = verdicts
        empty(self._layout)
        if verdicts:
            self._layout.addWidget(PlainLabel(text("runs.verdict.title"), "label"))
        for look, verdict in verdicts:
            word = str(verdict.get("verdict", "not_checked"))
            said = text("runs.verdict.by", step=look.title, word=text(f"verdict.{word}"))
            self._layout.addWidget(_line(word, said, "strong"))
            for reason in cast("Sequence[Mapping[str, Any]]", verdict.get("reasons") or ()):
                words = text(f"reason.{reason.get('code')}", **dict(reason.get("args") or {}))
                self._layout.addWidget(_line(str(reason.get("verdict")), words, "label", inset=26))


def verdicts_of(nodes: Sequence[NodeState]) -> list[tuple[str, Mapping[str, Any]]]:
    """The latest verdict of each node that gave one."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for node in nodes:
        settled = node.latest.settled if node.latest else None
        if settled and settled.verdict:
            found.append((node.node, settled.verdict))
    return found


def _line(word: str, said: str, role: str, inset: int = 0) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(inset, 0, 0, 0)
    row.setSpacing(8)
    row.addWidget(StateIcon(*_MARKS.get(word, _NO_MARK), 18))
    row.addWidget(PlainLabel(said, role, wrap=True), 1)
    return line
