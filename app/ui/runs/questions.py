"""The questions page: what waits for a person in this run, one card each, oldest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from app.events.run_events import PersonAsked, Preview, Scope
from app.texts import text
from app.ui.appearance import appearance
from app.ui.runs.person_card import PersonCard
from app.ui.runs.record_card import RecordCard
from app.ui.step_looks import StepLook
from app.ui.widgets.plain_label import PlainLabel

GetInputs: TypeAlias = Callable[[str, Scope], Mapping[str, Preview]]

SHOWN = 12  # cards; the next come when these are decided


class Questions(QScrollArea):
    """Emits `decided(node, scope, decision, value, comment)`."""

    decided = Signal(str, str, str, object, str)

    def __init__(self, step_look: Callable[[str], StepLook], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._step_look = step_look
        self._cards: dict[tuple[str, Scope], tuple[PersonAsked, PersonCard | RecordCard]] = {}
        self._is_past = False
        self._then = PlainLabel(role="muted", wrap=True)
        self._then.hide()
        self._rest = PlainLabel(role="muted")
        inside = QWidget()
        inside.setProperty("role", "scrolled")
        self._column = QVBoxLayout()
        self._column.setSpacing(10)
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.addWidget(self._then)
        layout.addLayout(self._column)
        layout.addWidget(self._rest)
        layout.addStretch(1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inside)
        appearance().changed.connect(self._retranslate)

    def show_past(self, is_past: bool) -> None:
        """Whether they are those of an earlier moment, when there is nothing to answer any more."""
        self._is_past = is_past
        self._then.setVisible(is_past)
        for _, card in self._cards.values():
            card.setEnabled(not is_past)
        self._retranslate()

    def _retranslate(self) -> None:
        self._then.setText(text("person.past"))
        for _, card in self._cards.values():
            card.retranslate()

    def show_questions(
        self, questions: Mapping[tuple[str, Scope], PersonAsked], inputs_at: GetInputs
    ) -> None:
        """Shows these questions; a card that is being filled in stays as it is. `inputs_at` gives what an instance was
        given.
        """
        for place in [
            place for place, (asked, _) in self._cards.items() if questions.get(place) is not asked
        ]:
            self._cards.pop(place)[1].deleteLater()
        for place, question in questions.items():
            if place not in self._cards and len(self._cards) < SHOWN:
                look = self._step_look(question.node)
                if question.about in ("", "tool"):
                    card = PersonCard(question, look)
                else:
                    card = RecordCard(question, look, inputs_at(*place))
                card.decided.connect(self.decided)
                card.setEnabled(not self._is_past)
                self._column.addWidget(card)
                self._cards[place] = (question, card)
        more = len(questions) - len(self._cards)
        self._rest.setText(text("person.more", n=more) if more > 0 else "")
        self._rest.setVisible(more > 0)
