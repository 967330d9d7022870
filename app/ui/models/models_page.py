"""The Models page: connections at the left; roles, downloads, all models, the one picked, and memory at the right."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QScrollArea, QSizePolicy, QWidget

from app.adapters.model_filters import passes
from app.adapters.model_library import ModelEntry, ModelList
from app.adapters.shelf import UNREAD_SHELF, ModelLine, Shelf
from app.document.problem import Problem
from app.settings import Preferences
from app.texts import text
from app.ui import model_words
from app.ui.appearance import appearance
from app.ui.icons import icon
from app.ui.inspector.editors.editor import column, line
from app.ui.inspector.editors.model_chips import ModelChips
from app.ui.inspector.fault_line import FaultLine
from app.ui.models.connection_column import ConnectionColumn
from app.ui.models.installed_card import InstalledCard
from app.ui.models.memory_card import MemoryCard
from app.ui.models.model_table import ModelTable
from app.ui.models.transfer_card import TransferCard
from app.ui.preferences.role_card import RoleCard
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel

_NARROW = 1120  # below, the connections leave: Preferences has them


class ModelsPage(QWidget):
    """It shows what it is given and asks nothing; what a person wants, its parts and signals say.

    `file_wanted`, `address_wanted`, `dropped(Path)`, `role_chosen(role, RoleTarget)`, `taken(FoundLine)`,
    `price_wanted(ModelLine)`.
    """

    file_wanted = Signal()
    address_wanted = Signal()
    dropped = Signal(object)
    role_chosen = Signal(str, object)
    taken = Signal(object)
    price_wanted = Signal(object)
    steered = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("models")
        self.setAcceptDrops(True)
        self._shelf: Shelf = UNREAD_SHELF
        self._known = ModelList()
        self._preferences = Preferences()
        self._picked = ""
        self.connections = ConnectionColumn()
        self._roles_title, self._roles_words = PlainLabel(role="display"), PlainLabel(role="muted", wrap=True)
        self.roles = {
            role: RoleCard(role, self.shelf, self.taken.emit, self.price_wanted.emit)
            for role in model_words.ROLES
        }
        self._title, self._dated = PlainLabel(role="display"), PlainLabel(role="muted")
        self.chips = ModelChips()
        self.add = QPushButton()
        vary(self.add, kind="menu")
        self._menu = QMenu(self.add)
        self.add.setMenu(self._menu)
        self.from_file, self.from_address = self._menu.addAction(""), self._menu.addAction("")
        self.fault = FaultLine()
        self.told = PlainLabel(role="done", wrap=True)
        self.table, self.card, self.memory = ModelTable(), InstalledCard(), MemoryCard()
        self._nothing = PlainLabel(role="muted", wrap=True)
        self._loaded = False
        self._lay_out()
        self._join()
        appearance().changed.connect(self._show)
        self._show()

    def shelf(self) -> Shelf:
        return self._shelf

    def show_shelf(self, shelf: Shelf) -> None:
        """Models, roles and connections."""
        self._shelf = shelf
        self.connections.show_shelf(shelf)
        self._show()

    def show_known(self, known: ModelList, preferences: Preferences) -> None:
        """The models of this computer, their downloads, and memory."""
        self._known, self._preferences, self._loaded = known, preferences, True
        self._show_transfers()
        self._show_models()

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """What was shown before stays."""
        self.told.hide()
        self.fault.show_problems(problems)

    def show_told(self, words: str) -> None:
        """What was done."""
        self.fault.show_text("")
        self.told.setText(words)
        self.told.show()

    def pick(self, name: str) -> None:
        """Opens the card of a model of this computer."""
        self._picked = name
        self.table.pick(name)
        self._show_card()

    @property
    def transfers(self) -> list[TransferCard]:
        """The cards of the downloads that are not through."""
        found = [self._transfers.itemAt(at) for at in range(self._transfers.count())]
        return [card for item in found if item and isinstance(card := item.widget(), TransferCard)]

    @property
    def gpu(self) -> bool:
        """Whether a program serves the models that can use graphics processors."""
        return bool(self._preferences.llama_server)

    def entry(self, name: str) -> ModelEntry | None:
        return self._known.model(name)

    def _show(self) -> None:
        look = appearance().theme
        self._roles_title.setText(text("preferences.models.roles"))
        self._roles_words.setText(text("preferences.models.roles.words"))
        self._title.setText(text("models.title"))
        dated = model_words.price_date(self._shelf)
        self._dated.setText(dated[:1].upper() + dated[1:])
        self.add.setText(text("models.add"))
        self.add.setIcon(icon("plus", look.text2, size=16))
        self.from_file.setText(text("models.add.file"))
        self.from_address.setText(text("models.add.address"))
        for role, card in self.roles.items():
            card.show_target(self._shelf.roles.get(role))
        self._show_models()

    def _show_models(self) -> None:
        entries = {one.name: one for one in self._known.models}
        models = _with_broken(self._shelf, entries)
        self.chips.show_counts(models, self._shelf)
        shown = [line for line in models if passes(line, self.chips.wanted, self._shelf)]
        self.table.show_models(shown, self._shelf, entries, self._known.memory, gpu=self.gpu)
        self._nothing.setText(text("models.loading_list" if self._shelf.loading else "models.nothing"))
        self._nothing.setVisible(not shown)
        self.table.setVisible(bool(shown))
        self.memory.show_memory(self._known, self._preferences.model_idle_minutes)
        self._show_card()

    def _show_transfers(self) -> None:
        going = [one for one in self._known.transfers if one.state != "done"]
        cards = {card.name: card for card in self.transfers}
        for name, card in cards.items():
            if all(one.name != name for one in going):
                self._transfers.removeWidget(card)
                card.deleteLater()
        for one in going:
            if one.name in cards:
                cards[one.name].show_transfer(one)
            else:
                card = TransferCard(one)
                card.steered.connect(self.steered)
                self._transfers.addWidget(card)

    def _show_card(self) -> None:
        entry = self._known.model(self._picked)
        self.card.setVisible(entry is not None)
        if entry is not None:
            line_ = next(
                (one for one in self._shelf.models if one.kind == "embedded" and one.model == entry.name),
                None,
            )
            self.card.show_entry(entry, self._known.memory, line_.speed if line_ else None, gpu=self.gpu)

    def _walked(self, line_: ModelLine) -> None:
        self._picked = line_.model if line_.kind == "embedded" else ""
        self._show_card()

    def _close_card(self) -> None:
        self._picked = ""
        self.card.hide()
        self.table.setFocus()

    def _lay_out(self) -> None:
        inside = QWidget()
        vary(inside, role="app")
        layout = column(inside, 14)
        layout.setContentsMargins(24, 18, 24, 20)
        first = line(14)
        first.addWidget(self._roles_title)
        first.addWidget(self._roles_words, 1)
        roles = line(14)
        for card in self.roles.values():
            card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
            roles.addWidget(card, 1, Qt.AlignmentFlag.AlignTop)
        head = line(12)
        head.addWidget(self._title)
        head.addWidget(self.chips, 1)
        head.addWidget(self._dated)
        head.addWidget(self.add)
        transfers = QWidget()
        self._transfers = column(transfers, 8)
        self._nothing.setMinimumHeight(80)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addLayout(first)
        layout.addLayout(roles)
        layout.addSpacing(4)
        layout.addLayout(head)
        frame = QFrame()
        vary(frame, role="card")
        frame.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        rows = column(frame, 0)
        rows.setContentsMargins(8, 6, 8, 6)
        rows.addWidget(self.table)
        rows.addWidget(self._nothing)
        for part in (self.fault, self.told, transfers, frame, self.card, self.memory):
            layout.addWidget(part)
        layout.addStretch(1)
        self.told.hide()
        self.card.hide()
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.connections)
        row.addWidget(self._scroll, 1)

    def _join(self) -> None:
        self.chips.changed.connect(self._show_models)
        self.table.picked.connect(self._walked)
        self.card.closed.connect(self._close_card)
        self.from_file.triggered.connect(self.file_wanted)
        self.from_address.triggered.connect(self.address_wanted)
        self.connections.taken.connect(self.taken)
        for role, card in self.roles.items():
            card.chosen.connect(partial(self.role_chosen.emit, role))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _model_files(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for path in _model_files(event):
            self.dropped.emit(path)
        event.acceptProposedAction()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.connections.setVisible(self.width() >= _NARROW)
        self.card.arrange(self._scroll.width())
        self._dated.setVisible(self._scroll.width() >= _NARROW)


def _model_files(event: QDragEnterEvent | QDropEvent) -> list[Path]:
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() == ".gguf"]


def _with_broken(shelf: Shelf, entries: dict[str, ModelEntry]) -> list[ModelLine]:
    """All models of the shelf, and those of this computer that it has no facts of."""
    here = {line.model for line in shelf.models if line.kind == "embedded"}
    missing = [one for one in entries.values() if one.name not in here]
    connection = next((one.name for one in shelf.connections if one.kind == "embedded"), "")
    lines = [
        ModelLine(connection, "embedded", one.name, "computer", title=one.title, price_state="free")
        for one in missing
        if connection
    ]
    return [*shelf.models, *lines]
