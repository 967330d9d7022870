"""The prompt of a step: what it and its model said, word for word, as the engine works it out when asked."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeAlias

from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from app import figures
from app.events.run_events import Scope
from app.texts import text
from app.ui.awaiting import Awaiting, Problems
from app.ui.inspector.editors.editor import column, empty
from app.ui.inspector.editors.inputs import TextInput
from app.ui.inspector.fault_line import FaultLine
from app.ui.plain import visible
from app.ui.widgets.plain_label import PlainLabel

Messages: TypeAlias = Sequence[tuple[str, str]]
AskPrompt: TypeAlias = Callable[[str, Scope, str], Coroutine[Any, Any, Messages]]


class PromptTab(QScrollArea):
    """One text a message, under who says it."""

    def __init__(self, ask: AskPrompt | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ask = ask
        self._awaiting = Awaiting(self)
        self._shown: tuple[str, Scope, str] | None = None
        self._messages: Messages = ()
        inside = QWidget()
        inside.setProperty("role", "scrolled")
        layout = column(inside, 8)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(8)
        self._note = PlainLabel(role="muted", wrap=True)
        self._fault = FaultLine()
        layout.addLayout(self._lines)
        layout.addWidget(self._fault)
        layout.addWidget(self._note)
        layout.addStretch()
        self.setWidgetResizable(True)
        self.setWidget(inside)

    @property
    def words(self) -> Sequence[str]:
        """The messages that stand there."""
        return [said for _, said in self._messages]

    def show_place(self, run: str, scope: Scope, node: str) -> None:
        """The step in this scope of a run; the same one is left alone."""
        if self._ask is None or not run or (run, scope, node) == self._shown:
            return
        self._shown = (run, scope, node)
        self._awaiting.cancel()
        self._draw((), text("inspector.data.coming"))
        self._awaiting.start(self._ask(run, scope, node), self._arrived, self._refused)

    def retranslate(self) -> None:
        if self._messages:
            self._arrived(self._messages)

    def forget(self) -> None:
        """What was asked there may be something else now."""
        self._shown = None

    def _arrived(self, messages: Messages) -> None:
        answered = any(role == "answer" for role, _ in messages)
        code = ("note_all" if answered else "note") if messages else "none"
        self._draw(messages, text(f"inspector.data.prompt.{code}"))

    def _refused(self, problems: Problems) -> None:
        self._draw((), "")
        self._fault.show_problems(problems)

    def _draw(self, messages: Messages, note: str) -> None:
        self._messages = messages
        self._fault.show_problems(())
        empty(self._lines)
        answers = sum(role == "answer" for role, _ in messages)
        number = 0
        for role, said in messages:
            number += role == "answer"
            code = "answer_of" if role == "answer" and answers > 1 else role
            title = text(f"inspector.data.prompt.{code}", n=figures.count(number))
            self._lines.addWidget(PlainLabel(title, "label"))
            words = TextInput(2, most=24)
            words.setReadOnly(True)
            words.setAccessibleName(title)
            words.show_text(visible(said))
            self._lines.addWidget(words)
        self._note.setText(note)
        self._note.setVisible(bool(note))
