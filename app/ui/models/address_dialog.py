"""The dialog that adds a model by its address: looked at first, downloaded when the person has seen what it is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QLineEdit, QPushButton, QWidget

from app import figures
from app.adapters.memory_state import MemoryState
from app.guide.order import USE_YOUR_OWN_GGUF
from app.processes.messages import ModelLookedAt
from app.texts import text
from app.ui.awaiting import Problems
from app.ui.help.subject import lead_to_help
from app.ui.inspector.editors.editor import column, line
from app.ui.inspector.fault_line import FaultLine
from app.ui.models import installed_words
from app.ui.plain import tooltip
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel
from app.ui.widgets.state_icon import StateIcon

_FACTS = (
    "name",
    "size",
    "licence",
    "compression",
    "parameters",
    "trained",
    "chat",
    "hosts",
    "sha256",
    "memory",
)


class AddressDialog(QDialog):
    """Emits `looked(url, sha256)` and `taken(ModelOffer)`. Nothing is downloaded before."""

    looked = Signal(str, str)
    taken = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        lead_to_help(self, USE_YOUR_OWN_GGUF)
        self._found: ModelLookedAt | None = None
        self.address, self.digest = QLineEdit(), QLineEdit()
        self.look, self.take, self._cancel = QPushButton(), QPushButton(), QPushButton()
        self.fault = FaultLine()
        self._facts = {name: (PlainLabel(role="label"), ElidedLabel()) for name in _FACTS}
        self._sign = StateIcon("check", "done", 18)
        self._about = QWidget()
        self._words = PlainLabel(role="muted", wrap=True)
        self._lay_out()
        self.address.textChanged.connect(self._again)
        self.digest.textChanged.connect(self._again)
        self.address.returnPressed.connect(self._look)
        self.digest.returnPressed.connect(self._look)
        self.look.clicked.connect(self._look)
        self.take.clicked.connect(self._take)
        self._cancel.clicked.connect(self.reject)
        self._again()

    def show_found(self, found: ModelLookedAt, memory: MemoryState | None, *, gpu: bool) -> None:
        """What lies at the address."""
        self._found = found
        offer, facts, unknown = found.offer, found.offer.facts, text("figure.unknown")
        fact = installed_words.fit(found.needs, memory, gpu=gpu)
        words = {
            "name": offer.name,
            "size": figures.file_size(offer.size) if offer.size else unknown,
            "licence": installed_words.licence_words(facts.licence),
            "compression": installed_words.compression_words(facts.quantisation),
            "parameters": figures.parameters(facts.parameters) if facts.parameters else unknown,
            "trained": text("models.tokens", n=facts.context, shown=f"{facts.context:,}")
            if facts.context
            else unknown,
            "chat": text("models.chat.yes" if facts.chat_template else "models.chat.no"),
            "hosts": " → ".join(offer.hosts),
            "sha256": f"{offer.digest} ({text(f'cli.models.digest.{offer.digest_by}')})"
            if offer.digest
            else unknown,
            "memory": fact.words,
        }
        for name, (label, value) in self._facts.items():
            label.setText(text(f"models.fact.{name}"))
            value.setText(words[name])
            value.setToolTip(tooltip(words[name]))
        self._sign.show_state(fact.icon, fact.tone)
        self._about.show()
        self.fault.show_text("")
        self.look.setEnabled(True)
        self.take.setEnabled(True)
        self.take.setFocus()
        self.adjustSize()

    def show_problems(self, problems: Problems) -> None:
        self.fault.show_problems(problems)
        self.look.setEnabled(True)
        self.look.setText(text("models.address.look"))
        self.adjustSize()

    def _look(self) -> None:
        if self.address.text().strip():
            self.look.setEnabled(False)
            self.look.setText(text("models.address.looking"))
            self.looked.emit(self.address.text(), self.digest.text())

    def _take(self) -> None:
        if self._found is not None:
            self.taken.emit(self._found.offer)
            self.accept()

    def _again(self) -> None:
        """Another address is another model."""
        self._found = None
        self._about.hide()
        self.take.setEnabled(False)
        self.look.setEnabled(bool(self.address.text().strip()))
        self.look.setText(text("models.address.look"))

    def _lay_out(self) -> None:
        self.setWindowTitle(text("models.address.title"))
        self.setMinimumWidth(620)
        self._words.setText(text("models.address.words"))
        self.take.setText(text("models.address.take"))
        self._cancel.setText(text("models.address.cancel"))
        self.address.setPlaceholderText("https://…/model.gguf")
        self.digest.setPlaceholderText(text("models.address.digest.hint"))
        vary(self.take, kind="primary")
        address_label = PlainLabel(text("models.address.url"), "label")
        digest_label = PlainLabel(text("models.address.digest"), "label")
        address_label.setBuddy(self.address)
        digest_label.setBuddy(self.digest)
        self.address.setAccessibleName(address_label.text())
        self.digest.setAccessibleName(digest_label.text())
        first = line(8)
        first.addWidget(self.address, 1)
        first.addWidget(self.look)
        grid = QGridLayout(self._about)
        grid.setContentsMargins(0, 4, 0, 4)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, 130)
        grid.setColumnStretch(1, 1)
        for row, (name, (label, value)) in enumerate(self._facts.items()):
            grid.addWidget(label, row, 0)
            if name == "memory":
                last = line(8)
                last.addWidget(self._sign)
                last.addWidget(value, 1)
                grid.addLayout(last, row, 1)
            else:
                grid.addWidget(value, row, 1)
        buttons = line(8)
        buttons.addStretch()
        buttons.addWidget(self._cancel)
        buttons.addWidget(self.take)
        layout = column(self, 8)
        layout.setContentsMargins(20, 18, 20, 18)
        for part in (self._words, address_label):
            layout.addWidget(part)
        layout.addLayout(first)
        for part in (digest_label, self.digest, self.fault, self._about):
            layout.addWidget(part)
        layout.addStretch()
        layout.addLayout(buttons)
