"""The column of connections beside the models: the cloud, servers of this computer, and the built-in model."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QWidget

from app.adapters.shelf import UNREAD_SHELF, ConnectionLine, Shelf
from app.texts import text
from app.ui import model_words
from app.ui.inspector.editors.built_in_facts import BuiltInFacts
from app.ui.inspector.editors.editor import column, line
from app.ui.preferences.card_group import CardGroup
from app.ui.preferences.found_card import FoundCard
from app.ui.style_sheet import vary
from app.ui.widgets.chip import Badge
from app.ui.widgets.icon_button import IconTile
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel

_WIDTH = 296
_TILES = {
    "computer": ("hard-drive", "verifier"),
    "company": ("server", "tool"),
    "cloud": ("cloud", "tool"),
    "internet": ("globe", "tool"),
}


class ConnectionColumn(QScrollArea):
    """Emits `manage_wanted` (Preferences), `look_again`, `taken(FoundLine)`."""

    manage_wanted = Signal()
    look_again = Signal()
    taken = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFixedWidth(_WIDTH)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._title = PlainLabel(role="title")
        self.manage, self.again = QPushButton(), QPushButton()
        vary(self.again, kind="link")
        self.manage.clicked.connect(self.manage_wanted)
        self.again.clicked.connect(self.look_again)
        self.groups = {name: CardGroup() for name in ("away", "here", "built_in")}
        for group in self.groups.values():
            group.title.setWordWrap(True)
        self.groups["here"].head.addWidget(self.again)
        self._facts = BuiltInFacts()
        self.groups["built_in"].foot.addWidget(self._facts)
        head = line(8)
        head.addWidget(self._title, 1)
        head.addWidget(self.manage)
        panel = QWidget()
        vary(panel, role="panel")
        inside = column(panel, 16)
        inside.setContentsMargins(12, 16, 12, 16)
        inside.addLayout(head)
        for group in self.groups.values():
            inside.addWidget(group)
        inside.addStretch()
        self.setWidget(panel)
        self._facts.hide()
        self.show_shelf(UNREAD_SHELF)

    def show_shelf(self, shelf: Shelf) -> None:
        """The connections that there are, and what was found."""
        self._title.setText(text("preferences.models.connections"))
        self.manage.setText(text("models.connections.manage"))
        self.again.setText(text("preferences.models.again"))
        self.again.setEnabled(not shelf.loading)
        for name, group in self.groups.items():
            group.setVisible(not shelf.loading)
            group.title.setText(text(f"preferences.models.group.{name}"))
            group.clear()
        here = self.groups["here"]
        here.empty.setText(text("preferences.models.found.none"))
        for one in shelf.connections:
            count = sum(model.connection == one.name for model in shelf.models)
            name = "built_in" if one.kind == "embedded" else "here" if one.place == "computer" else "away"
            self.groups[name].add(_card(one, count))
        for server in shelf.found or ():
            card = FoundCard(server)
            card.taken.connect(partial(self.taken.emit, server))
            here.add(card)
        self.groups["away"].setVisible(not self.groups["away"].is_empty)
        here.empty.setVisible(here.is_empty and shelf.found is not None)
        self._facts.show_facts(shelf.built_in)
        self._facts.setVisible(bool(shelf.built_in))


def _card(one: ConnectionLine, models: int) -> QFrame:
    card = QFrame()
    vary(card, role="card")
    icon, kind = ("cpu", "verifier") if one.kind == "embedded" else _TILES[one.place]
    title = model_words.connection_title(one.name, one.kind)
    key = text(f"preferences.models.key.{one.key}") if one.key != "none" else ""
    facts = " · ".join(filter(None, (key, text("preferences.models.count", n=models))))
    words = QWidget()
    lines = column(words, 1)
    first = line(6)
    first.addWidget(ElidedLabel(title, "strong"), 1)
    badge = _badge(one, models)
    if badge is not None:
        first.addWidget(badge)
    lines.addLayout(first)
    lines.addWidget(ElidedLabel(facts, "muted"))
    inside = line(10)
    inside.addWidget(IconTile(icon, kind))
    inside.addWidget(words, 1)
    around = column(card, 0)
    around.setContentsMargins(10, 9, 10, 9)
    around.addLayout(inside)
    card.setAccessibleName(f"{title}: {facts}")
    return card


def _badge(one: ConnectionLine, models: int) -> Badge | None:
    """Only what is known without asking."""
    badge = Badge("")
    if one.key == "missing":
        badge.show_fact(text("preferences.models.no_key"), "warning", "triangle-alert")
    elif one.problem is not None:
        badge.show_fact(text("preferences.models.silent"), "waiting", "clock")
    elif one.place == "computer" and models:
        badge.show_fact(text("preferences.models.ready"), "done", "check")
    else:
        badge.deleteLater()
        return None
    return badge
