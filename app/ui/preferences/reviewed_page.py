"""Reviewed workflows: what was allowed to run here from now on, each to be taken back."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from PySide6.QtWidgets import QFrame, QPushButton

from app.adapters.reviewed_store import Reviewed
from app.guide.order import SHARE_A_WORKFLOW
from app.sdk.grants import Grants
from app.texts import text
from app.ui.awaiting import Awaiting, Problems
from app.ui.engine_client import EngineClient
from app.ui.inspector.fault_line import FaultLine
from app.ui.model_words import day_words
from app.ui.preferences.card_group import CardGroup, card_of
from app.ui.preferences.page import Page
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel


class ReviewedPage(Page):
    name = "reviewed"
    help = SHARE_A_WORKFLOW
    icon = "shield-check"

    def __init__(self, client: EngineClient) -> None:
        super().__init__()
        self._client = client
        self._awaiting = Awaiting(self)
        self._entries: tuple[Reviewed, ...] = ()
        self._fault = FaultLine()
        self._cards = CardGroup("")
        self.content.addWidget(self._fault)
        self.content.addWidget(self._cards)
        self.content.addStretch()

    def opened(self) -> None:
        self._awaiting.start(self._client.reviewed(), self._arrived, self._refused)

    def retranslate(self) -> None:
        super().retranslate()
        self._show()

    def _arrived(self, entries: tuple[Reviewed, ...]) -> None:
        self._entries = entries
        self._fault.show_text("")
        self._show()

    def _refused(self, problems: Problems) -> None:
        self._fault.show_problems(problems)

    def _show(self) -> None:
        self._cards.empty.setText(text("preferences.reviewed.none"))
        self._cards.show_cards(map(self._card, self._entries))

    def _card(self, entry: Reviewed) -> QFrame:
        forget = QPushButton(text("preferences.reviewed.forget"))
        forget.clicked.connect(partial(self._forget, entry.digest))
        name = ElidedLabel(entry.name or entry.digest[:12], "strong")
        granted = PlainLabel(granted_words(entry.grants), "muted", wrap=True)
        when = text("preferences.reviewed.at", date=day_words(entry.at), time=_clock(entry.at))
        return card_of((name, granted, PlainLabel(when, "small")), forget)

    def _forget(self, digest: str) -> None:
        self._awaiting.start(self._client.forget_reviewed(digest), lambda _done: self.opened(), self._refused)


def granted_words(grants: Grants) -> str:
    """What was allowed, in the words of the trust sheet."""
    said = [
        text("preferences.reviewed.sends", hosts=tuple(sorted(grants.hosts))) if grants.hosts else "",
        text("preferences.reviewed.sends_anywhere") if grants.any_host else "",
        text("preferences.reviewed.reads", places=tuple(sorted(grants.reads))) if grants.reads else "",
        text("preferences.reviewed.writes", places=tuple(sorted(grants.writes))) if grants.writes else "",
        text("preferences.reviewed.uses", names=tuple(sorted(grants.connections.values())))
        if grants.connections
        else "",
        text("preferences.reviewed.costs", amount=f"${grants.max_cost:.2f}"),
    ]
    return " · ".join(filter(None, said))


def _clock(iso: str) -> str:
    try:
        return datetime.fromisoformat(iso).astimezone().strftime("%H:%M")
    except ValueError:
        return ""
