"""The card of one model of this computer: what its file says, how it is loaded, how fast it is, and its removal."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QFrame, QGridLayout, QPushButton, QSpinBox, QWidget

from app import figures
from app.adapters.memory_state import MemoryState
from app.adapters.model_library import ModelEntry
from app.adapters.model_records import MOST_CONTEXT
from app.adapters.model_setup import MOST_SLOTS, LoraAdapter
from app.texts import text
from app.ui.awaiting import Problems
from app.ui.inspector.editors.editor import column, line
from app.ui.inspector.fault_line import FaultLine
from app.ui.models import installed_words
from app.ui.models.adapter_rows import AdapterRows
from app.ui.plain import tooltip
from app.ui.style_sheet import vary
from app.ui.widgets.chip import Badge
from app.ui.widgets.icon_button import IconButton, IconTile
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel

_FACTS = ("compression", "parameters", "trained", "chat", "licence", "sha256", "file", "source")
_LABELS = 118  # pixels
_NARROW = 900  # below, the three parts stand below each other


@dataclass(frozen=True, slots=True)
class Setup:
    """How a model is to be loaded, as the form has it."""

    model: str
    context: int
    slots: int
    adapters: tuple[LoraAdapter, ...]


class InstalledCard(QFrame):
    """Emits `estimated(Setup)` at every change, `saved(Setup)`, and by the model's name `measure_wanted`,
    `remove_wanted`, `adapter_wanted`; `closed` when the person wants it away.
    """

    estimated = Signal(object)
    saved = Signal(object)
    measure_wanted = Signal(str)
    remove_wanted = Signal(str)
    adapter_wanted = Signal(str)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        vary(self, role="card")
        self._entry: ModelEntry | None = None
        self._kept: Setup | None = None
        self._title, self._subtitle = ElidedLabel(role="title"), ElidedLabel(role="muted")
        self._badge = Badge("")
        self._close = IconButton("x", "")
        self._close.clicked.connect(self.closed)
        self.fault = FaultLine()
        self._facts: dict[str, tuple[PlainLabel, ElidedLabel]] = {
            name: (PlainLabel(role="label"), ElidedLabel(role="")) for name in _FACTS
        }
        self._loaded_title, self._speed_title = PlainLabel(role="strong"), PlainLabel(role="strong")
        self._facts_title = PlainLabel(role="strong")
        self.context, self.slots = QSpinBox(), QSpinBox()
        self._context_label, self._slots_label = PlainLabel(role="label"), PlainLabel(role="label")
        self.rows = AdapterRows()
        self.needs = PlainLabel(role="label", wrap=True)
        self.save = QPushButton()
        self._speed = PlainLabel(wrap=True)
        self._seen = PlainLabel(role="muted", wrap=True)
        self.measure, self.remove = QPushButton(), QPushButton()
        self._lay_out()
        self._join()

    @property
    def setup(self) -> Setup:
        """What the form says now."""
        name = self._entry.name if self._entry else ""
        return Setup(name, self.context.value(), self.slots.value(), self.rows.adapters)

    @property
    def model(self) -> str:
        return self._entry.name if self._entry else ""

    def show_entry(
        self,
        entry: ModelEntry,
        memory: MemoryState | None,
        seen: float | None,
        *,
        gpu: bool = False,
    ) -> None:
        """A model, with the speed seen in runs; what a person is just changing stays as they have it, also while it is
        being saved and an entry from before is shown once more.
        """
        is_other = self._entry is None or self._entry.name != entry.name
        said = Setup(entry.name, entry.context, entry.slots, entry.adapters)
        changed = not is_other and self._kept is not None and self.setup not in (self._kept, said)
        self._entry = entry
        self._title.setText(entry.title)
        self._subtitle.setText(installed_words.subtitle(entry))
        fact = installed_words.fact_of(entry, memory, gpu=gpu)
        self._badge.show_fact(fact.words, fact.tone, fact.icon)
        self._show_facts(entry)
        if is_other:
            self.fault.show_text("")
        if not changed:
            self._show_setup(entry)
        self._retext()
        self._speed.setText(installed_words.speed_words(entry))
        self._seen.setText(text("models.speed.seen", tokens=figures.count(round(seen))) if seen else "")
        self._seen.setVisible(bool(seen))
        self.remove.setVisible(entry.origin != "bundled")
        usable = entry.problem is None
        for part in (self.context, self.slots, self.rows, self.measure):
            part.setEnabled(usable)
        self._turn_save()

    def show_needs(self, setup: Setup, needs: int, memory: MemoryState | None, *, gpu: bool) -> None:
        """What the form's settings would take; an answer that came too late is left aside."""
        if setup == self.setup:
            fact = installed_words.fit(needs, memory, gpu=gpu)
            self.needs.setText(f"{text('models.needs', amount=figures.memory(needs))}\n{fact.words}")
            vary(self.needs, role="warning" if fact.tone == "warning" else "label")

    def show_problems(self, problems: Problems) -> None:
        self.fault.show_problems(problems)
        self.show_measuring(False)
        self._turn_save()

    def show_saved(self) -> None:
        """The model's next entry says what is kept now."""
        self.fault.show_text("")

    def show_measuring(self, goes_on: bool) -> None:
        self.measure.setEnabled(not goes_on)
        self.measure.setText(text("models.speed.measuring" if goes_on else "models.speed.measure"))

    def _show_facts(self, entry: ModelEntry) -> None:
        unknown = text("figure.unknown")
        digest = entry.digest or (
            text("models.digesting", share=figures.percent(entry.digesting))
            if entry.digesting is not None
            else unknown
        )
        words = {
            "compression": installed_words.compression_words(entry.quantisation),
            "parameters": figures.parameters(entry.parameters) if entry.parameters else unknown,
            "trained": text("models.tokens", n=entry.trained, shown=f"{entry.trained:,}")
            if entry.trained
            else unknown,
            "chat": text("models.chat.yes" if entry.chat else "models.chat.no"),
            "licence": installed_words.licence_words(entry.licence),
            "sha256": digest,
            "file": entry.path,
            "source": entry.source,
        }
        for name, (label, value) in self._facts.items():
            label.setText(text(f"models.fact.{name}"))
            value.setText(words[name])
            value.setToolTip(tooltip(words[name]))
            for part in (label, value):
                part.setVisible(bool(words[name]))

    def _show_setup(self, entry: ModelEntry) -> None:
        for box, value in ((self.context, entry.context), (self.slots, entry.slots)):
            box.blockSignals(True)
            box.setMaximum(
                min(MOST_CONTEXT, entry.trained or MOST_CONTEXT) if box is self.context else MOST_SLOTS
            )
            box.setValue(value)
            box.blockSignals(False)
        self.rows.show_adapters(entry.adapters)
        self._kept = self.setup
        self.needs.setText(text("models.needs", amount=figures.memory(entry.needs)) if entry.needs else "")
        vary(self.needs, role="label")

    def _retext(self) -> None:
        self._facts_title.setText(text("models.facts"))
        self._loaded_title.setText(text("models.loading"))
        self._speed_title.setText(text("models.speed"))
        self._context_label.setText(text("models.context"))
        self._slots_label.setText(text("models.slots"))
        self.context.setAccessibleName(text("models.context"))
        self.slots.setAccessibleName(text("models.slots"))
        self.save.setText(text("models.save"))
        self.remove.setText(text("models.remove"))
        self._close.set_label(text("models.close"))
        if self.measure.isEnabled():
            self.measure.setText(text("models.speed.measure"))

    def _lay_out(self) -> None:
        self.context.setRange(1, MOST_CONTEXT)
        self.context.setSingleStep(512)
        self.context.setGroupSeparatorShown(True)
        self.slots.setRange(1, MOST_SLOTS)
        vary(self.save, kind="primary")
        vary(self.remove, kind="danger")
        words = QWidget()
        names = column(words, 1)
        names.addWidget(self._title)
        names.addWidget(self._subtitle)
        head = line(12)
        head.addWidget(IconTile("cpu", "verifier"))
        head.addWidget(words, 1)
        head.addWidget(self._badge)
        head.addWidget(self._close)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._parts.setSpacing(28)
        for part in (self._facts_part(), self._setup_part(), self._speed_part()):
            self._parts.addWidget(part, 1, Qt.AlignmentFlag.AlignTop)
        layout = column(self, 12)
        layout.setContentsMargins(18, 14, 18, 16)
        layout.addLayout(head)
        layout.addWidget(self.fault)
        layout.addLayout(self._parts)

    def _facts_part(self) -> QWidget:
        part = QWidget()
        inside = column(part, 8)
        inside.addWidget(self._facts_title)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, _LABELS)
        grid.setColumnStretch(1, 1)
        for row, (label, value) in enumerate(self._facts.values()):
            grid.addWidget(label, row, 0)
            grid.addWidget(value, row, 1)
        inside.addLayout(grid)
        return part

    def _setup_part(self) -> QWidget:
        part = QWidget()
        inside = column(part, 8)
        inside.addWidget(self._loaded_title)
        for label, box in ((self._context_label, self.context), (self._slots_label, self.slots)):
            box.setFixedWidth(120)
            box.setProperty("kind", "compact")
            box.lineEdit().setTextMargins(6, 0, 0, 0)
            row = line(8)
            row.addWidget(label, 1)
            row.addWidget(box)
            inside.addLayout(row)
        inside.addWidget(self.rows)
        foot = line(8)
        foot.addWidget(self.needs, 1)
        foot.addWidget(self.save)
        inside.addLayout(foot)
        return part

    def _speed_part(self) -> QWidget:
        part = QWidget()
        inside = column(part, 8)
        for label in (self._speed_title, self._speed, self._seen):
            inside.addWidget(label)
        row = line(8)
        row.addWidget(self.measure)
        row.addStretch()
        row.addWidget(self.remove)
        inside.addLayout(row)
        return part

    def _join(self) -> None:
        for signal in (self.context.valueChanged, self.slots.valueChanged, self.rows.changed):
            signal.connect(self._changed)
        self.save.clicked.connect(lambda: self.saved.emit(self.setup))
        self.measure.clicked.connect(lambda: self.measure_wanted.emit(self.model))
        self.remove.clicked.connect(lambda: self.remove_wanted.emit(self.model))
        self.rows.wanted.connect(lambda: self.adapter_wanted.emit(self.model))

    def _changed(self) -> None:
        self._turn_save()
        self.estimated.emit(self.setup)

    def _turn_save(self) -> None:
        self.save.setEnabled(self._kept is not None and self.setup != self._kept)

    def arrange(self, width: int) -> None:
        """Side by side, or below each other where there is no room."""
        narrow = width < _NARROW
        self._parts.setDirection(
            QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        )
