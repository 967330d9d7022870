"""The person card: one question of a run, what it is about, and the buttons that decide it."""

from __future__ import annotations

import json
from itertools import pairwise

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.document.workflow import Json
from app.events.run_events import PersonAsked
from app.events.run_state import row_of
from app.texts import text
from app.ui.inspector.editors.inputs import TextInput
from app.ui.plain import visible
from app.ui.step_looks import StepLook
from app.ui.style_sheet import vary
from app.ui.widgets.icon_button import IconTile
from app.ui.widgets.plain_label import PlainLabel


class PersonCard(QFrame):
    """Emits `decided(node, scope, decision, value, comment)`, once. The buttons stand beside the question, where a long
    value doesn't push them out of sight; keys come to them last.
    """

    decided = Signal(str, str, str, object, str)

    def __init__(self, question: PersonAsked, look: StepLook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        vary(self, role="card")
        self._question = question
        self._shown = _as_text(question.value)
        self._value = TextInput(2, most=8)
        self._value.undo_here()
        self._value.show_text(self._shown if question.may_edit else visible(self._shown))
        self._begun = self._value.text()  # line ends are those of the editor from here on
        self._value.setReadOnly(not question.may_edit)
        self._value.textChanged.connect(self._name_buttons)
        self._fault = PlainLabel(role="error", wrap=True)
        self._fault.hide()
        self._comment = QLineEdit()
        self._approve = QPushButton()
        self._approve.setObjectName("person.approve")
        vary(self._approve, kind="primary")
        self._approve.clicked.connect(self._on_approve)
        self._reject = QPushButton()
        self._reject.setObjectName("person.reject")
        vary(self._reject, kind="danger")
        self._reject.clicked.connect(lambda: self._decide("rejected", question.value))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addLayout(self._head(look))
        why = text("person.tool") if question.about == "tool" else question.instructions
        if why:
            layout.addWidget(PlainLabel(why, wrap=True))
        layout.addWidget(self._value)
        layout.addWidget(self._fault)
        layout.addWidget(self._comment)
        order = (self._value, self._comment, self._reject, self._approve)
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)
        self.retranslate()

    def retranslate(self) -> None:
        """What is ours of the card, in the language of now; the rest is the workflow author's."""
        self._value.setAccessibleName(text("person.value"))
        self._comment.setPlaceholderText(text("person.comment"))
        self._comment.setAccessibleName(text("person.comment"))
        self._reject.setText(text("person.reject"))
        self._name_buttons()

    def _head(self, look: StepLook) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(IconTile(look.icon, look.kind, 28))
        head.addWidget(PlainLabel(self._question.title or look.title, "heading", wrap=True), 1)
        row = row_of(self._question.scope)
        if row >= 0:
            head.addWidget(PlainLabel(text("person.row", n=row + 1), "small"))
        head.addWidget(self._reject)
        head.addWidget(self._approve)
        return head

    def _name_buttons(self) -> None:
        changed = self._question.may_edit and self._value.text() != self._begun
        self._approve.setText(text("person.approve_edited" if changed else "person.approve"))
        self._fault.hide()

    def _on_approve(self) -> None:
        words = self._value.text()
        if not self._question.may_edit or words == self._begun:
            self._decide("approved", self._question.value)
            return
        value: Json = words
        if not isinstance(self._question.value, str):
            try:
                value = json.loads(words)
            except ValueError:
                self._fault.setText(text("person.not_json"))
                self._fault.show()
                return
        self._decide("edited", value)

    def _decide(self, decision: str, value: Json) -> None:
        self.setEnabled(False)
        question = self._question
        self.decided.emit(question.node, question.scope, decision, value, self._comment.text().strip())


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
