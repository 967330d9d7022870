"""The element view: one element or turn of a frame, whole: what it was given and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.events.run_events import Preview, Scope
from app.events.run_state import RunState
from app.texts import text
from app.ui.inspector.editors.editor import column, line
from app.ui.inspector.editors.inputs import Choices
from app.ui.inspector.fault_line import FaultLine
from app.ui.inspector.levels import Level, LevelKind
from app.ui.inspector.scope_stepper import LevelLine
from app.ui.inspector.scopes_seen import ScopesSeen
from app.ui.inspector.views.value_view import Fetch, ValueView
from app.ui.plain import one_line
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel


@dataclass(frozen=True, slots=True)
class BodyEnds:
    """The steps of a frame's body at which its elements come in, and at which their results leave."""

    given: tuple[str, ...] = ()
    results: Mapping[str, str] = field(default_factory=dict[str, str])  # with what each is called


class ElementView(QWidget):
    """`left`: back to the list; `moved(number)`: another one; `entered(scope)`: its steps are to be looked at."""

    left = Signal()
    moved = Signal(int)
    entered = Signal(str)

    def __init__(self, fetch: Fetch | None, seen: ScopesSeen, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._seen = seen
        self._scope: Scope = ""
        self.back, self.enter = QPushButton(), QPushButton()
        for button in (self.back, self.enter):
            vary(button, kind="link")
        self.back.clicked.connect(self.left)
        self.enter.clicked.connect(lambda: self.entered.emit(self._scope))
        self.place = LevelLine()
        self.place.moved.connect(self.moved)
        self._part = Choices()
        self._part.activated.connect(self._wish)
        self._wished = ""  # the part that the person chose stays where there is one
        self._fault = FaultLine()
        self.value = ValueView(fetch)
        self._nothing = PlainLabel(role="muted", wrap=True)
        self._shown: Mapping[str, Preview] = {}
        head = line(8)
        head.addWidget(self.back)
        head.addStretch(1)
        head.addWidget(self.enter)
        layout = column(self, 8)
        layout.addLayout(head)
        for part in (self.place, self._part, self._fault, self._nothing):
            layout.addWidget(part)
        layout.addWidget(self.value, 1)
        layout.addStretch(0)

    def show_element(
        self, run: RunState, kind: LevelKind, scope: Scope, number: int, count: int, ends: BodyEnds
    ) -> None:
        """`scope` is that of the element itself; `number` counts from 0."""
        self._scope = scope
        self.back.setText(text(f"inspector.data.all.{kind}"))
        self.enter.setText(text("inspector.data.enter"))
        self.place.show_number(Level(kind, "", ""), number, count, short=True)
        parts: dict[str, Preview] = {}
        for node in ends.given:
            for name, preview in self._values(node, scope, "in").items():
                parts[text("inspector.data.part.in", name=one_line(name, 60))] = preview
        for node, called in ends.results.items():
            for preview in self._values(node, scope, "out").values():
                parts[text("inspector.data.part.out", name=one_line(called, 60))] = preview
        self._shown = parts
        self._fill(list(parts))
        self._fault.show_problems(self._seen.faults(scope))
        coming = self._seen.is_coming(scope)
        words = "inspector.data.coming" if coming else "inspector.data.nothing_out"
        self._nothing.setText(text(words))
        self._nothing.setVisible(not parts and not self._seen.faults(scope))
        self._draw()

    def retranslate(self) -> None:
        self.value.retranslate()

    def _values(self, node: str, scope: Scope, side: str) -> Mapping[str, Preview]:
        instance = self._seen.instance(node, scope)
        if instance is None:
            return {}
        if side == "out":
            return instance.inputs
        return instance.settled.outputs if instance.settled else {}

    def _fill(self, names: list[str]) -> None:
        """What came out is of most interest, so that is shown first."""
        self._part.clear()
        self._part.addItems(names)
        self._part.setCurrentIndex(names.index(self._wished) if self._wished in names else len(names) - 1)
        self._part.setVisible(len(names) > 1)

    def _wish(self, _: int) -> None:
        self._wished = self._part.currentText()
        self._draw()

    def _draw(self) -> None:
        shown = self._shown.get(self._part.currentText())
        self.value.show_preview(shown)
        self.value.setVisible(shown is not None)
