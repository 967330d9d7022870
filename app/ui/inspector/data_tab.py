"""The data tab: what came into a step and what went out, in its last run and row by row."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedLayout, QWidget

from app.events.run_events import Preview, Scope
from app.events.run_state import InstanceState
from app.texts import has, text
from app.ui.inspector.editors.editor import column, line
from app.ui.inspector.editors.inputs import Choices
from app.ui.inspector.element_list import ElementList
from app.ui.inspector.element_view import ElementView
from app.ui.inspector.fault_line import FaultLine
from app.ui.inspector.levels import name_in_part, numbers_of, scope_at, size_of
from app.ui.inspector.prompt_tab import PromptTab
from app.ui.inspector.reading import Reading
from app.ui.inspector.scope_stepper import ScopeStepper
from app.ui.inspector.scopes_seen import ScopesSeen
from app.ui.inspector.step_data import StepData
from app.ui.inspector.tries_tab import TriesTab
from app.ui.inspector.views.value_view import ValueView
from app.ui.plain import one_line
from app.ui.problem_words import what_happened, what_to_do
from app.ui.widgets.plain_label import PlainLabel
from app.ui.widgets.segmented import Segmented

_ELEMENTS, _ELEMENT, _PROMPT, _TRIES = range(2, 6)  # pages, after a value and the words where there is none


class DataTab(QWidget):
    """One port at a time, so that a narrow panel has room to show it. `opened(scope)`: the steps in an element or turn
    of this frame are to be looked at.
    """

    opened = Signal(str)

    def __init__(self, reading: Reading, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data = StepData()
        self._seen = ScopesSeen(reading.look, self)
        self._scope: Scope | None = None  # the one that is shown; None: where the step ran last
        self._side = Segmented([("in", ""), ("out", "")])
        self.stepper = ScopeStepper()
        self._port = Choices()
        self._failure = FaultLine()
        self._value = ValueView(reading.fetch)
        self.elements = ElementList(reading.elements)
        self.element = ElementView(reading.fetch, self._seen)
        self._number: int | None = None  # the element or turn that is shown whole
        self.prompt = PromptTab(reading.prompt)
        self.tries = TriesTab()
        self._nothing = PlainLabel(role="muted", wrap=True)
        self._side.set_value("out")
        self._lay_out()
        self._side.chosen.connect(self._show)
        self._port.activated.connect(self._show)
        self.stepper.moved.connect(self._step)
        self._seen.arrived.connect(self._show)
        self.elements.opened.connect(self._open)
        self.element.left.connect(self._close)
        self.element.moved.connect(self._open)
        self.element.entered.connect(self.opened)
        self.retranslate()

    def show_data(self, data: StepData, *, anew: bool) -> None:
        """`anew`: another run, so the latest row is shown again; another step shows the same row, where it has one."""
        if anew or data.levels != self._data.levels:
            self._scope = None
        if anew:
            self.prompt.forget()
        if anew or data.node != self._data.node:
            self._number = None
        self._data = data
        self._seen.show_run(data.run)
        self._show()

    @property
    def instance(self) -> InstanceState | None:
        """The step in the row, element or turn that is shown."""
        scope = self._shown_scope()
        return None if scope is None else self._seen.instance(self._data.node, scope)

    def show_scope(self, scope: Scope) -> None:
        """A row, an element or a turn."""
        self._scope, self._number = scope, None
        self._show()

    def show_side(self, side: str) -> None:
        """Shows what came "in" or went "out"."""
        self._side.set_value(side)
        self._show()

    def retranslate(self) -> None:
        self._value.retranslate()
        self.element.retranslate()
        self.prompt.retranslate()
        self._show()

    def _lay_out(self) -> None:
        top = line(8)
        top.addWidget(self._side, 1)
        layout = column(self, 10)
        layout.addLayout(top)
        layout.addWidget(self.stepper)
        layout.addWidget(self._port)
        layout.addWidget(self._failure)
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(self._value)
        empty = QWidget()
        words = column(empty, 0)
        words.addWidget(self._nothing)
        words.addStretch()
        self._stack.addWidget(empty)
        for page in (self.elements, self.element, self.prompt, self.tries):
            self._stack.addWidget(page)
        layout.addWidget(holder, 1)

    def _shown_scope(self) -> Scope | None:
        return self._data.latest if self._scope is None else self._scope

    def _show(self) -> None:
        scope = self._shown_scope()
        instance = None if scope is None else self._seen.instance(self._data.node, scope)
        self._show_place(scope)
        self._offer_sides()
        previews = self._previews(instance)
        self._fill_ports(previews)
        preview = previews.get(self._port.currentData() or "")
        self._show_failure(instance)
        source = self._data.sources.get(self._port.currentData() or "")
        self._value.show_preview(preview, source if self._side.value() == "in" else None)
        self._nothing.setText(self._why_nothing(instance))
        page = self._own_page(scope, instance)
        self._stack.setCurrentIndex(page if page is not None else 0 if preview is not None else 1)

    def _offer_sides(self) -> None:
        each = self._data.each
        sides = ["in", "out", *(["each"] if each else []), *(["prompt", "tries"] if self._data.asks else [])]
        names = {side: side for side in sides} | {"each": f"each.{each}"}
        self._side.set_options([(side, text(f"inspector.data.{names[side]}")) for side in sides])

    def _own_page(self, scope: Scope | None, instance: InstanceState | None) -> int | None:
        """The page of a side that shows no single value, where there is something on it."""
        if scope is None:
            return None
        match self._side.value():
            case "each":
                return self._elements_page(scope, instance)
            case "prompt" if instance is not None:
                self.prompt.show_place(self._data.run.run, scope, self._data.node)
                return _PROMPT
            case "tries" if self.tries.show_instance(instance):
                return _TRIES
            case _:
                return None

    def _elements_page(self, scope: Scope, instance: InstanceState | None) -> int | None:
        """The list of elements or turns, or one of them whole."""
        each, run = self._data.each, self._data.run
        if each is None:
            return None
        name = name_in_part(self._data.node)
        frame = f"{scope}/{name}" if scope else name
        count = size_of(instance, each) or 0
        if self._number is None or self._number >= count:
            self.elements.show_frame(run.run, frame, each, count)
            return _ELEMENTS
        self.element.show_element(run, each, f"{frame}#{self._number}", self._number, count, self._data.ends)
        return _ELEMENT

    def _show_place(self, scope: Scope | None) -> None:
        """Where there is but one row, and no frame, there is nothing to step through."""
        levels = self._data.levels
        numbers = numbers_of(scope or "")
        if scope is None or len(numbers) != len(levels):
            self.stepper.show_place((), (), ())
            return
        counts: list[int | None] = []
        for at, level in enumerate(levels):
            if level.kind == "row":
                rows = self._data.run.rows or 0
                counts.append(max(rows, self._data.run.rows_begun))
                continue
            scope_of_frame = scope_at(levels[:at], numbers[:at], level.inside)
            counts.append(size_of(self._seen.instance(level.frame, scope_of_frame), level.kind))
        self.stepper.show_place(levels, numbers, counts)

    def _previews(self, instance: InstanceState | None) -> Mapping[str, Preview]:
        if instance is None:
            return {}
        if self._side.value() not in ("in", "out"):
            return {}
        if self._side.value() == "in":
            return instance.inputs
        if instance.settled is None and instance.text:
            return {"": Preview(instance.text, "text", len(instance.text))}  # what is being written
        return instance.settled.outputs if instance.settled else {}

    def _fill_ports(self, previews: Mapping[str, Preview]) -> None:
        labels = self._data.inputs if self._side.value() == "in" else self._data.outputs
        current = self._port.currentData()
        names = [name for name in labels if name in previews] + [n for n in previews if n not in labels]
        self._port.clear()
        for name in names:
            self._port.addItem(one_line(labels.get(name, name), 80), name)
        if current in names:
            self._port.setCurrentIndex(names.index(current))
        self._port.setVisible(len(names) > 1)

    def _show_failure(self, instance: InstanceState | None) -> None:
        failure = instance.settled.failure if instance and instance.settled else None
        words = " ".join(filter(None, (what_happened(failure), what_to_do(failure)))) if failure else ""
        problems = () if instance else self._seen.faults(self._shown_scope() or "")
        if problems:
            self._failure.show_problems(problems)
        else:
            self._failure.show_text(words if self._side.value() == "out" else "")

    def _why_nothing(self, instance: InstanceState | None) -> str:
        scope = self._shown_scope()
        if scope is not None and self._seen.is_coming(scope):
            return text("inspector.data.coming")
        if instance is None:
            return "" if self._seen.faults(scope or "") else text(f"inspector.data.{self._absent(scope)}")
        if self._side.value() in ("in", "tries"):
            return text(
                "inspector.data.nothing_in" if self._side.value() == "in" else "inspector.data.no_tries"
            )
        if instance.settled is None:
            return text("inspector.data.not_yet")
        if instance.settled.status == "skipped":
            return self._why_skipped(instance, instance.settled.skip)
        return "" if instance.settled.failure else text("inspector.data.nothing_out")

    def _why_skipped(self, instance: InstanceState, skip: str) -> str:
        """In a dry run, what it has told that the step would do."""
        for told in reversed(self._data.run.messages):
            if (told.node, told.scope) == (instance.node, instance.scope) and told.code.startswith("dry."):
                return text(f"message.{told.code}", **told.args)
        return text(f"skip.{skip}") if has(f"skip.{skip}", "en") else text("canvas.state.skipped")

    def _absent(self, scope: Scope | None) -> str:
        return "not_run" if scope is None or not self._data.levels else "not_there"

    def _open(self, number: int) -> None:
        """An element or turn of the list, whole."""
        self._number = number
        self._show()

    def _close(self) -> None:
        self._number = None
        self._show()
        self.elements.table.setFocus()

    def _step(self, numbers: tuple[int, ...]) -> None:
        self.show_scope(scope_at(self._data.levels, numbers, self._data.inside))
