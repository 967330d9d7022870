"""Models and connections: who stands for each role, and the accounts and servers that this machine knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.adapters.connection import Connection
from app.adapters.shelf import UNREAD_SHELF, ConnectionLine, FoundLine, ModelLine, Shelf
from app.document.problem import Problem
from app.guide.order import CONNECT_A_PROVIDER
from app.settings import RoleTarget
from app.texts import text
from app.ui.asking import Choice, ask
from app.ui.awaiting import Awaiting, Problems
from app.ui.costs.price_desk import PriceDesk
from app.ui.engine_client import EngineClient
from app.ui.inspector.editors.built_in_facts import BuiltInFacts
from app.ui.inspector.editors.editor import column, line
from app.ui.inspector.fault_line import FaultLine
from app.ui.kept_preferences import KeptPreferences
from app.ui.preferences.card_group import CardGroup
from app.ui.preferences.connection_card import ConnectionCard
from app.ui.preferences.connection_form import ConnectionForm
from app.ui.preferences.found_card import FoundCard
from app.ui.preferences.page import Page
from app.ui.preferences.role_card import RoleCard
from app.ui.style_sheet import vary
from app.ui.widgets.one_page import OnePage
from app.ui.widgets.plain_label import PlainLabel

_ROLES = ("small", "strong")
_GROUPS = (
    "away",
    "here",
    "built_in",
)  # data leaves this computer, stays with another program, stays in this one
Used = Callable[[str], int]  # how many steps of the open workflow use a connection


class ModelsPage(Page):
    """`shelf_changed` carries the Shelf whenever it was asked for anew; `priced`: a model has another price."""

    name = "models"
    help = CONNECT_A_PROVIDER
    icon = "brain"
    shelf_changed = Signal(object)
    priced = Signal(str)  # a model

    def __init__(self, kept: KeptPreferences, client: EngineClient, used: Used) -> None:
        super().__init__()
        self._kept = kept
        self._client = client
        self._used = used
        self._awaiting = Awaiting(self)
        self._prices = PriceDesk(client, self)
        self._prices.given.connect(self._priced)
        self._prices.refused.connect(self._refused)
        self._shelf: Shelf = UNREAD_SHELF
        self._roles_title = PlainLabel(role="heading")
        self._roles_words = PlainLabel(role="muted", wrap=True)
        self._roles = {role: RoleCard(role, self.shelf, self._take, self._give_price) for role in _ROLES}
        self._list_title = PlainLabel(role="heading")
        self._groups = {name: CardGroup() for name in _GROUPS}
        self._add, self._again = QPushButton(), QPushButton()
        self._fault, self._warning = FaultLine(), FaultLine("warning")
        self._facts_title = PlainLabel(role="label-strong")
        self._facts = BuiltInFacts()
        self._form = ConnectionForm(client)
        self._lay_out()
        for role, card in self._roles.items():
            card.chosen.connect(partial(self._set_role, role))
        self._add.clicked.connect(lambda: self.edit(None))
        self._again.clicked.connect(lambda: self.load(look_again=True))
        self._form.done.connect(self._back)
        self._form.renamed.connect(self._follow)

    def shelf(self) -> Shelf:
        return self._shelf

    def opened(self) -> None:
        self.load()

    def load(self, *, look_again: bool = False) -> None:
        """Asks for the shelf and for servers on this computer; what is known stays on the screen meanwhile."""
        self._again.setEnabled(False)
        asked = self._client.shelf(look_again=look_again, find=True)
        self._awaiting.start(asked, self._arrived, self._refused)

    def edit(self, connection: Connection | None) -> None:
        """Opens the form for a connection, or for a new one."""
        self._form.show_connection(connection, {c.name for c in self._shelf.connections})
        self._stack.setCurrentWidget(self._form)

    def retranslate(self) -> None:
        super().retranslate()
        self._roles_title.setText(text("preferences.models.roles"))
        self._roles_words.setText(text("preferences.models.roles.words"))
        self._list_title.setText(text("preferences.models.connections"))
        self._add.setText(text("preferences.models.add"))
        self._again.setText(text("preferences.models.again"))
        for name, group in self._groups.items():
            group.title.setText(text(f"preferences.models.group.{name}"))
        self._groups["here"].empty.setText(text("preferences.models.found.none"))
        self._facts_title.setText(text("model.built_in.title"))
        self._form.retranslate()
        self._show()

    def _lay_out(self) -> None:
        overview = QWidget()
        inside = column(overview, 14)
        roles = line(12)
        for card in self._roles.values():
            roles.addWidget(card, 1)
        head = line(8)
        head.addWidget(self._list_title, 1)
        vary(self._again, kind="link")
        head.addWidget(self._add)
        self._groups["here"].head.addWidget(self._again)
        self._groups["built_in"].foot.addWidget(self._facts_title)
        self._groups["built_in"].foot.addWidget(self._facts)
        words = QWidget()
        titles = column(words, 2)
        titles.addWidget(self._roles_title)
        titles.addWidget(self._roles_words)
        inside.addWidget(words)
        inside.addLayout(roles)
        inside.addSpacing(8)
        inside.addLayout(head)
        for part in (self._fault, self._warning, *self._groups.values()):
            inside.addWidget(part)
        inside.addStretch()
        self._stack = OnePage(overview)
        self._stack.addWidget(self._form)
        self.content.addWidget(self._stack, 1)

    def _arrived(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._fault.show_text("")
        self._again.setEnabled(True)
        self._show()
        self.shelf_changed.emit(shelf)

    def _refused(self, problems: Problems) -> None:
        self._again.setEnabled(True)
        self._fault.show_problems(problems)

    def _show(self) -> None:
        for role, card in self._roles.items():
            card.show_target(self._shelf.roles.get(role))
        for group in self._groups.values():
            group.clear()
        for found in self._shelf.connections:
            self._groups[_group_of(found)].add(self._card(found))
        for server in self._shelf.found or ():
            card = FoundCard(server)
            card.taken.connect(partial(self._take, server))
            self._groups["here"].add(card)
        self._groups["away"].setVisible(not self._groups["away"].is_empty)
        self._groups["here"].empty.setVisible(self._groups["here"].is_empty and self._shelf.found is not None)
        self._facts.show_facts(self._shelf.built_in)
        for part in (self._facts, self._facts_title):
            part.setVisible(bool(self._shelf.built_in))

    def _card(self, found: ConnectionLine) -> ConnectionCard:
        models = [line for line in self._shelf.models if line.connection == found.name]
        card = ConnectionCard(found, models, self._client)
        card.edited.connect(partial(self.edit, found.connection))
        card.removed.connect(partial(self._remove, found.connection))
        return card

    def _take(self, server: FoundLine) -> None:
        """Keeps a found server as a connection; one that wants a key is asked for it first."""
        if server.wants_key:
            self._form.show_connection(
                server.connection, {c.name for c in self._shelf.connections}, is_new=True
            )
            self._stack.setCurrentWidget(self._form)
            return
        kept = self._client.save_connection(server.connection)
        self._awaiting.start(kept, lambda _kept: self.load(), self._refused)

    def _give_price(self, line: ModelLine) -> None:
        self._prices.open([(line.connection, line.model)])

    def _priced(self, model: str) -> None:
        self.load()
        self.priced.emit(model)

    def _set_role(self, role: str, target: RoleTarget) -> None:
        self._kept.change(roles={**self._kept.now.roles, role: target})
        self.load()

    def _follow(self, old: str, new: str) -> None:
        """Roles and limits go along with a connection that has another name now."""
        now = self._kept.now
        self._kept.change(
            roles={
                role: replace(target, connection=new) if target.connection == old else target
                for role, target in now.roles.items()
            },
            connection_budgets={
                new if name == old else name: caps for name, caps in now.connection_budgets.items()
            },
        )

    def _back(self, warning: Problem | None) -> None:
        self._stack.setCurrentIndex(0)
        self._warning.show_problems((warning,) if warning else ())
        self.load(look_again=True)

    def _remove(self, connection: Connection) -> None:
        self._awaiting.start(self._ask_and_remove(connection.name), lambda _done: None, self._refused)

    async def _ask_and_remove(self, name: str) -> None:
        roles = [role for role, target in self._kept.now.roles.items() if target.connection == name]
        used = self._used(name)
        more = [text("preferences.models.remove.key")]
        if used:
            more.insert(0, text("preferences.models.remove.used", n=used))
        if roles:
            more.insert(
                0,
                text("preferences.models.remove.roles", roles=tuple(text(f"model.role.{r}") for r in roles)),
            )
        choices = (
            Choice("keep", text("preferences.models.remove.keep")),
            Choice("remove", text("preferences.models.remove.do"), "danger"),
        )
        question = text("preferences.models.remove.ask", name=name)
        if await ask(self, question, "\n".join(more), choices, "keep") == "remove":
            await self._client.delete_connection(name)
            self.load()


def _group_of(found: ConnectionLine) -> str:
    if found.kind == "embedded":
        return "built_in"
    return "here" if found.place == "computer" else "away"
