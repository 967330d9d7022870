"""The results page: how often each verifier passed, and what came out of the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from app.document.workflow import Json
from app.events.run_events import Preview
from app.events.run_state import RunState
from app.texts import text
from app.ui.inspector.editors.editor import empty
from app.ui.runs.accuracy_bars import AccuracyBars, VerifierLine
from app.ui.runs.output_card import OutputCard
from app.ui.runs.verdict_list import VerdictList, verdicts_of
from app.ui.step_looks import StepLook
from app.ui.widgets.plain_label import PlainLabel


class Results(QScrollArea):
    """`wanted(reference)` asks for a whole value; `chosen(node)` leads to a verifier; `rated(output, word)` is what a
    person says of a result.
    """

    wanted = Signal(str)
    chosen = Signal(str)
    rated = Signal(str, str)

    def __init__(self, step_look: Callable[[str], StepLook], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._step_look = step_look
        self._outputs: Mapping[str, Preview] | None = None
        self._cards: dict[str, OutputCard] = {}
        self._by_name: dict[str, OutputCard] = {}
        self._words: Mapping[str, str] = {}
        self._bars = AccuracyBars()
        self._bars.chosen.connect(self.chosen)
        self._verdicts = VerdictList()
        self._empty = PlainLabel(role="muted")
        self._empty.setContentsMargins(16, 8, 16, 8)
        inside = QWidget()
        inside.setProperty("role", "scrolled")
        self._outputs_layout = QVBoxLayout()
        self._outputs_layout.setContentsMargins(16, 0, 16, 0)
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 8, 0, 12)
        layout.setSpacing(10)
        layout.addWidget(self._bars)
        layout.addWidget(self._verdicts)
        layout.addWidget(self._empty)
        layout.addLayout(self._outputs_layout, 1)
        layout.addStretch(0)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inside)

    def show_run(self, run: RunState) -> None:
        """Shows a run's verifiers and outputs as they stand now."""
        over_rows = run.rows is not None
        self._bars.setVisible(over_rows)
        self._bars.show_lines(self._verifiers(run) if over_rows else ())
        verdicts = [] if over_rows else verdicts_of(sorted(run.nodes.values(), key=lambda n: n.first or 0.0))
        self._verdicts.setVisible(bool(verdicts))
        self._verdicts.show_verdicts([(self._step_look(node), verdict) for node, verdict in verdicts])
        if run.outputs != self._outputs:
            self._outputs = run.outputs
            self._show_outputs(run.outputs)
            self.show_ratings(self._words)
        for card in self._by_name.values():  # results of rows are rated in their table
            card.thumbs.setVisible(run.is_over and not over_rows)
        nothing = not run.outputs and not any(node.verdicts.n for node in run.nodes.values())
        self._empty.setText(text("runs.results.empty"))
        self._empty.setVisible(nothing)

    def show_ratings(self, words: Mapping[str, str]) -> None:
        """What was said of the results, by name."""
        self._words = words
        for name, card in self._by_name.items():
            card.thumbs.show_word(words.get(name, ""))

    def show_all(self, reference: str, value: Json) -> None:
        """The whole of a value that was asked for by `wanted`."""
        if card := self._cards.get(reference):
            card.show_all(value)

    def _verifiers(self, run: RunState) -> list[VerifierLine]:
        with_verdicts = (node for node in run.nodes.values() if node.verdicts.n)
        return [
            VerifierLine(n.node, self._step_look(n.node), n.verdicts.accuracy(), n.verdicts.not_checked)
            for n in sorted(with_verdicts, key=lambda n: n.first or 0.0)
        ]

    def _show_outputs(self, outputs: Mapping[str, Preview]) -> None:
        empty(self._outputs_layout)
        self._cards.clear()
        self._by_name.clear()
        for name, preview in outputs.items():
            card = OutputCard(name, preview)
            card.wanted.connect(self.wanted)
            card.rated.connect(partial(self.rated.emit, name))
            self._by_name[name] = card
            self._outputs_layout.addWidget(card)
            if preview.ref:
                self._cards[preview.ref] = card
