"""The data tab: what came into a step and what went out, in its last run and row by row."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QStackedLayout, QWidget

from app.events.run_events import Preview
from app.events.run_state import InstanceState
from app.texts import has, text
from app.ui.inspector.editors.editor import column, line
from app.ui.inspector.editors.inputs import Choices
from app.ui.inspector.fault_line import FaultLine
from app.ui.inspector.row_stepper import RowStepper
from app.ui.inspector.step_data import StepData
from app.ui.inspector.views.value_view import Fetch, ValueView
from app.ui.plain import one_line
from app.ui.problem_words import what_happened, what_to_do
from app.ui.widgets.plain_label import PlainLabel
from app.ui.widgets.segmented import Segmented


class DataTab(QWidget):
    """One port at a time, so that a narrow panel has room to show it."""

    def __init__(self, fetch: Fetch | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data = StepData()
        self._at = -1  # the instance shown; -1: the latest
        self._side = Segmented([("in", ""), ("out", "")])
        self._rows = RowStepper()
        self._port = Choices()
        self._failure = FaultLine()
        self._value = ValueView(fetch)
        self._nothing = PlainLabel(role="muted", wrap=True)
        self._side.set_value("out")
        self._lay_out()
        self._side.chosen.connect(self._show)
        self._port.activated.connect(self._show)
        self._rows.stepped.connect(self._step)
        self.retranslate()

    def show_data(self, data: StepData, *, anew: bool) -> None:
        """`anew`: another step or run, so the latest row is shown again."""
        self._data = data
        if anew:
            self._at = -1
        self._show()

    def show_side(self, side: str) -> None:
        """Shows what came "in" or went "out"."""
        self._side.set_value(side)
        self._show()

    def retranslate(self) -> None:
        self._side.set_options([("in", text("inspector.data.in")), ("out", text("inspector.data.out"))])
        self._value.retranslate()
        self._rows.retranslate()
        self._show()

    def _lay_out(self) -> None:
        top = line(8)
        top.addWidget(self._side, 1)
        layout = column(self, 10)
        layout.addLayout(top)
        layout.addWidget(self._rows)
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
        layout.addWidget(holder, 1)

    def _instance(self) -> InstanceState | None:
        instances = self._data.instances
        return instances[self._at] if instances and self._at < len(instances) else None

    def _show(self) -> None:
        instance = self._instance()
        count = len(self._data.instances)
        self._rows.show_place(
            count - 1 if self._at < 0 else self._at, count, instance.scope if instance else ""
        )
        previews = self._previews(instance)
        self._fill_ports(previews)
        preview = previews.get(self._port.currentData() or "")
        self._show_failure(instance)
        source = self._data.sources.get(self._port.currentData() or "")
        self._value.show_preview(preview, source if self._side.value() == "in" else None)
        self._nothing.setText(self._why_nothing(instance))
        self._stack.setCurrentIndex(0 if preview is not None else 1)

    def _previews(self, instance: InstanceState | None) -> Mapping[str, Preview]:
        if instance is None:
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
        self._failure.show_text(words if self._side.value() == "out" else "")

    def _why_nothing(self, instance: InstanceState | None) -> str:
        if instance is None:
            return text("inspector.data.not_run")
        if self._side.value() == "in":
            return text("inspector.data.nothing_in")
        if instance.settled is None:
            return text("inspector.data.not_yet")
        if instance.settled.status == "skipped":
            skip = instance.settled.skip
            return text(f"skip.{skip}") if has(f"skip.{skip}", "en") else text("canvas.state.skipped")
        return "" if instance.settled.failure else text("inspector.data.nothing_out")

    def _step(self, at: int) -> None:
        self._at = at
        self._show()
