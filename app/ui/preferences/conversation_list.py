"""The conversations that steps keep: whose they are, how large, when used last; to be looked at and thrown away."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from app import figures
from app.adapters.sqlite_memory import KeptConversation
from app.processes.messages import ConversationLine, ConversationList
from app.texts import text
from app.ui.asking import Choice, ask
from app.ui.awaiting import Awaiting, Problems
from app.ui.engine_client import EngineClient
from app.ui.inspector.editors.editor import column
from app.ui.inspector.fault_line import FaultLine
from app.ui.plain import one_line
from app.ui.preferences.card_group import CardGroup, card_of
from app.ui.preferences.conversation_dialog import ConversationDialog
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel


class Conversations(QWidget):
    """One card for each, the latest first."""

    def __init__(self, client: EngineClient) -> None:
        super().__init__()
        self._client = client
        self._awaiting = Awaiting(self)
        self._lines: tuple[ConversationLine, ...] = ()
        self._title = PlainLabel(role="strong")
        self._words = PlainLabel(role="muted", wrap=True)
        self._fault = FaultLine()
        self._cards = CardGroup("")
        around = column(self, 8)
        for part in (self._title, self._words, self._fault, self._cards):
            around.addWidget(part)

    @property
    def is_busy(self) -> bool:
        """Whether the engine is being asked."""
        return self._awaiting.busy

    def load(self) -> None:
        """Asks what there is now."""
        self._awaiting.start(self._client.conversations(), self._arrived, self._refused)

    def retranslate(self) -> None:
        """Asks for all texts again."""
        self._title.setText(text("preferences.conversations"))
        self._show()

    def _arrived(self, found: ConversationList) -> None:
        self._lines = found.conversations
        self._fault.show_text("")
        self._show()

    def _refused(self, problems: Problems) -> None:
        self._fault.show_problems(problems)

    def _show(self) -> None:
        self._words.setText(text("preferences.conversations.words"))
        self._words.setVisible(bool(self._lines))
        self._cards.empty.setText(text("preferences.conversations.none"))
        self._cards.show_cards(map(self._card, self._lines))

    def _card(self, one: ConversationLine) -> QFrame:
        look = QPushButton(text("preferences.conversations.look"))
        look.clicked.connect(partial(self._look, one))
        forget = QPushButton(text("preferences.conversations.forget"))
        forget.clicked.connect(partial(self._let_go, one))
        vary(forget, kind="danger")
        for button in (look, forget):
            button.setAccessibleName(f"{button.text()}: {one_line(one.name)}")
        workflow = one_line(one.workflow) or text("preferences.conversations.of_unknown")
        name = ElidedLabel(one_line(one.name), "strong")
        return card_of(
            (name, ElidedLabel(workflow, "muted"), PlainLabel(_figures(one), "small")), look, forget
        )

    def _look(self, one: ConversationLine) -> None:
        def show(found: KeptConversation) -> None:
            ConversationDialog(one.name, found, self).open()

        self._awaiting.start(self._client.conversation(one.owner, one.name), show, self._refused)

    def _let_go(self, one: ConversationLine) -> None:
        self._awaiting.start(self._forget(one), lambda _: self.load(), self._refused)

    async def _forget(self, one: ConversationLine) -> None:
        """Once the person is sure."""
        question = text("preferences.conversations.ask", name=one_line(one.name), n=one.turns)
        choices = (
            Choice("forget", text("preferences.conversations.forget"), "danger"),
            Choice("keep", text("preferences.conversations.keep")),
        )
        if await ask(self, question, text("preferences.conversations.ask.more"), choices, "keep") == "forget":
            await self._client.forget_conversation(one.owner, one.name)


def _figures(one: ConversationLine) -> str:
    last = datetime.fromtimestamp(one.at).astimezone()
    return text(
        "preferences.conversations.figures",
        n=one.turns,
        size=figures.file_size(one.size),
        at=f"{last:%Y-%m-%d %H:%M}",
    )
