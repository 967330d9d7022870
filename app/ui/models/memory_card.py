"""The memory planner's card: which models lie in memory, what is free, and who waits for room."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget

from app import figures
from app.adapters.memory_state import MemoryState, ModelState
from app.adapters.model_library import ModelList
from app.texts import text
from app.ui.costs.card import CostsCard
from app.ui.inspector.editors.editor import column, empty, line
from app.ui.models.memory_bar import MemoryBar, Part
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel
from app.ui.widgets.state_icon import StateIcon


class MemoryCard(CostsCard):
    """Emits `unload_wanted(name)`."""

    unload_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._rule = PlainLabel(role="muted", wrap=True)
        self._gpus: list[MemoryBar] = []
        self._bar = MemoryBar()
        bars = QWidget()
        self._bars = column(bars, 8)
        self._bars.addWidget(self._bar)
        lines = QWidget()
        self._lines = column(lines, 6)
        self.content.addWidget(self._rule)
        self.content.addWidget(bars)
        self.content.addWidget(lines)
        self.unloads: dict[str, QPushButton] = {}

    def show_memory(self, known: ModelList, idle_minutes: float) -> None:
        """What lies in memory now; nothing where the machine doesn't say."""
        memory = known.memory
        self.setVisible(memory is not None and memory.machine.memory > 0)
        if memory is None:
            return
        self.title.setText(text("models.memory"))
        self._rule.setText(
            text("models.memory.rule", minutes=f"{idle_minutes:g}", limit=figures.memory(memory.limit))
        )
        titles = {one.name: one.title for one in known.models}
        loaded = [one for one in memory.models if one.status != "waiting"]
        self._show_gpus(memory, loaded, titles)
        machine = memory.machine
        ours = sum(max(0, one.memory - one.on_gpu) for one in loaded)
        elsewhere = [one for one in memory.elsewhere if one.status != "waiting"]
        theirs = machine.memory - machine.free - ours - sum(one.memory - one.on_gpu for one in elsewhere)
        parts = [Part(text("models.memory.others"), max(0, theirs), "other")]
        parts += [
            Part(titles.get(one.model, one.model), max(0, one.memory - one.on_gpu), one.status)
            for one in (*loaded, *elsewhere)
        ]
        title = text("models.memory.title", size=figures.memory(machine.memory))
        self._bar.show_parts(title, text("model.place.computer"), machine.memory, parts)
        self._show_lines(memory, titles)

    def _show_gpus(self, memory: MemoryState, loaded: list[ModelState], titles: dict[str, str]) -> None:
        gpus = [one for one in memory.machine.gpus if one.memory and not one.shares_memory]
        while len(self._gpus) > len(gpus):
            self._gpus.pop().deleteLater()
        while len(self._gpus) < len(gpus):
            bar = MemoryBar()
            self._bars.insertWidget(len(self._gpus), bar)
            self._gpus.append(bar)
        for at, (bar, gpu) in enumerate(zip(self._gpus, gpus, strict=True)):
            whole = gpu.memory or 0
            # The program that serves models takes the first; what others hold is what is missing of it.
            ours = (
                [Part(titles.get(one.model, one.model), one.on_gpu, one.status) for one in loaded]
                if not at
                else []
            )
            others = max(0, whole - (whole if gpu.free is None else gpu.free) - sum(one.size for one in ours))
            parts = [*ours, Part(text("models.memory.others"), others, "other")]
            bar.show_parts(text("models.memory.gpu", size=figures.memory(whole)), gpu.name, whole, parts)

    def _show_lines(self, memory: MemoryState, titles: dict[str, str]) -> None:
        empty(self._lines)
        self.unloads.clear()
        for one in memory.models:
            if one.status == "waiting":
                self._lines.addWidget(_waiting(one, titles))
            elif one.status == "idle":
                self._lines.addWidget(self._idle(one, titles))
        for one in memory.elsewhere:
            self._lines.addWidget(_elsewhere(one, titles))

    def _idle(self, one: ModelState, titles: dict[str, str]) -> QWidget:
        name = titles.get(one.model, one.model)
        button = QPushButton(text("models.unload", model=name))
        vary(button, kind="link")
        button.clicked.connect(lambda: self.unload_wanted.emit(one.model))
        self.unloads[one.model] = button
        words = text("models.memory.idle", amount=figures.memory(one.memory))
        return _row(StateIcon("check", "done"), name, words, button)


def _waiting(one: ModelState, titles: dict[str, str]) -> QWidget:
    behind = tuple(titles.get(name, name) for name in one.behind)
    words = text("models.memory.waits", amount=figures.memory(one.memory))
    if behind:
        words = f"{words} {text('models.memory.behind', models=behind)}"
    return _row(StateIcon("clock", "waiting"), titles.get(one.model, one.model), words)


def _elsewhere(one: ModelState, titles: dict[str, str]) -> QWidget:
    """Of another window, or of a run in a terminal: it is theirs to free."""
    waits = one.status == "waiting"
    code = "models.memory.elsewhere.waits" if waits else "models.memory.elsewhere"
    sign = StateIcon("clock", "waiting") if waits else StateIcon("check", "done")
    return _row(sign, titles.get(one.model, one.model), text(code, amount=figures.memory(one.memory)))


def _row(sign: QWidget, name: str, words: str, *more: QWidget) -> QWidget:
    holder = QWidget()
    row = line(8)
    row.setContentsMargins(0, 2, 0, 2)
    row.addWidget(sign)
    row.addWidget(PlainLabel(name, "label-strong"))
    said = PlainLabel(words, "muted", wrap=True)
    said.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    row.addWidget(said, 1, Qt.AlignmentFlag.AlignVCenter)
    for part in more:
        row.addWidget(part)
    holder.setLayout(row)
    holder.setAccessibleName(f"{name}: {words}")
    for label in holder.findChildren(QLabel):
        label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
    return holder
