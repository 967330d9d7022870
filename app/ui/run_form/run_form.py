"""The run form: the questions of the Ask steps, or the rows to run over, and what it may cost."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias, cast

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.document.workflow import Json, JsonObject
from app.guide.order import RUN_OVER_A_TABLE
from app.registry.node_texts import FieldTexts
from app.sdk.fields import FileField
from app.texts import text
from app.ui.awaiting import until_closed
from app.ui.help.subject import lead_to_help
from app.ui.inspector.around import Nowhere
from app.ui.inspector.editors.editor import column
from app.ui.inspector.fault_line import FaultLine
from app.ui.inspector.form import FIELD_GAP, Form
from app.ui.inspector.own_specs import own
from app.ui.inspector.scrolling import scrolled
from app.ui.run_form.asks import Asks
from app.ui.run_form.input_specs import problems_of, spec_for, values_of
from app.ui.run_stream import RunWish
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel
from app.ui.widgets.segmented import Segmented

Mode: TypeAlias = Literal["once", "samples", "table"]
_LAST_TABLE = ""  # among what is remembered; no question has this name
_TABLE = own("table", FileField(label="Table", endings=("csv", "xlsx", "jsonl"), required=True), str, "")
_RUN_KEYS = ("Ctrl+Return", "Ctrl+Enter")  # the main key and that of the number pad
_OWN_TEXTS = FieldTexts("")  # the questions are the workflow author's own words


class _Folder(Nowhere):
    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def folder(self) -> Path | None:
        return self._folder


class RunForm(QDialog):
    """Emits `chosen(RunWish)`, and `edited` when it would start another run than before. `values()` are the form's own
    fields, to be remembered for next time.

    Opens over the table of the last time, or over the sample rows where there are some and nothing is remembered.
    Ctrl+Enter runs.
    """

    chosen = Signal(object)
    edited = Signal()

    def __init__(
        self,
        asks: Asks,
        remembered: JsonObject,
        cost: str,
        folder: Path | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        lead_to_help(self, RUN_OVER_A_TABLE)
        self._asks = asks
        self._chosen: RunWish | None = None
        known = {asked.name for asked in asks.inputs}
        self.form = Form([spec_for(asked) for asked in asks.inputs], _OWN_TEXTS, _Folder(folder))
        self.form.show_fields({name: value for name, value in remembered.items() if name in known})
        self.table = Form((_TABLE,), FieldTexts("run_form"), _Folder(folder))
        self._tried = False
        self.mode = Segmented(self._modes())
        self._samples = PlainLabel(text("run_form.samples.words", n=asks.samples), "muted", wrap=True)
        self._table_words = PlainLabel(text("run_form.table.words"), "muted", wrap=True)
        self._nothing = PlainLabel(text("run_form.nothing"), "muted", wrap=True)
        self._fault = FaultLine()
        self.start = QPushButton(text("run_form.start"))
        self._cost = PlainLabel(cost, "muted", wrap=True)
        self._forecast = PlainLabel("", "strong", wrap=True)
        self._forecasts: dict[str, str] = {}
        self._lay_out()
        self.mode.chosen.connect(self._pick_mode)
        for form in (self.form, self.table):
            form.edited.connect(self._look_again)
            form.edited.connect(self.edited)
        self.start.clicked.connect(self.submit)
        for keys in _RUN_KEYS:
            QShortcut(QKeySequence(keys), self).activated.connect(self.submit)
        if table := remembered.get(_LAST_TABLE):
            self.table.show_fields({"table": table})
        self.show_mode("table" if table else "samples" if asks.samples and not self.values() else "once")

    async def wish(self) -> RunWish | None:
        """Shows the form and waits for what the person wants; None: no run."""
        await until_closed(self)
        return self._chosen

    def values(self) -> dict[str, Json]:
        """What stands in the form, with the table that it would run over."""
        over = {_LAST_TABLE: self.table.fields().get("table")} if self.mode_now == "table" else {}
        return {**self.form.fields(), **over}

    def show_mode(self, mode: Mode) -> None:
        """Opens for a run once, over the samples or over a table."""
        self.mode.set_value(mode)
        self._show_mode()
        self._go_to_first()

    def show_cost(self, cost: str) -> None:
        """What it may cost, once that is known better."""
        self._cost.setText(cost)

    @property
    def mode_now(self) -> Mode:
        """The way of running that is chosen."""
        return cast("Mode", self.mode.value())

    def considered(self) -> RunWish | None:
        """The run as it would start now; None where something is still missing."""
        mode = self.mode.value()
        if mode == "table" and not self.table.fields().get("table"):
            return None
        if mode == "once" and problems_of(self._asks.inputs, self.form.fields()):
            return None
        return self._wish()

    def show_forecast(self, mode: Mode, words: str) -> None:
        """What a run in this mode will take."""
        self._forecasts[mode] = words
        self._tell_forecast()

    def submit(self) -> None:
        """Starts, or says what is missing and goes there."""
        self._tried = True
        faulty = self._look_again()
        if faulty:
            (self.form if self.mode.value() == "once" else self.table).point_at(faulty)
            return
        self._chosen = self._wish()
        self.accept()
        self.chosen.emit(self._chosen)

    def _modes(self) -> list[tuple[str, str]]:
        modes = [("once", text("run_form.once"))]
        if self._asks.samples:
            modes.append(("samples", text("run_form.samples", n=self._asks.samples)))
        return [*modes, ("table", text("run_form.table"))]

    def _lay_out(self) -> None:
        self.setWindowTitle(text("run_form.title"))
        page = QWidget()
        inside = column(page, FIELD_GAP)
        inside.setContentsMargins(24, 20, 24, 20)
        inside.addWidget(PlainLabel(text("run_form.title"), "title"))
        inside.addWidget(self.mode)
        for part in (self._nothing, self.form, self._samples, self._table_words, self.table, self._fault):
            inside.addWidget(part)
        inside.addStretch()
        cancel = QPushButton(text("run_form.cancel"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        vary(cancel, kind="ghost")
        vary(self.start, kind="primary")
        self.start.setDefault(True)
        foot = QHBoxLayout()
        foot.setContentsMargins(24, 14, 24, 16)
        foot.setSpacing(10)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._forecast)
        words.addWidget(self._cost)
        foot.addLayout(words, 1)
        foot.addWidget(cancel)
        foot.addWidget(self.start)
        rule = QFrame()
        vary(rule, role="line")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(scrolled(page), 1)
        layout.addWidget(rule)
        layout.addLayout(foot)
        self.resize(520, min(640, 260 + 110 * max(1, len(self._asks.inputs))))

    def _pick_mode(self) -> None:
        self._show_mode()
        self.edited.emit()
        if not self.mode.hasFocus():  # who walks the segments with the arrow keys stays there
            self._go_to_first()

    def _go_to_first(self) -> None:
        """The cursor stands where the person types next, or Enter starts at once."""
        mode = self.mode.value()
        if mode == "table":
            self.table.point_at("table")
        elif mode == "once" and self._asks.inputs:
            self.form.point_at(self._asks.inputs[0].name)
        else:
            self.start.setFocus()

    def _show_mode(self) -> None:
        mode = self.mode.value()
        self.form.setVisible(mode == "once" and bool(self._asks.inputs))
        self._nothing.setVisible(mode == "once" and not self._asks.inputs)
        self._samples.setVisible(mode == "samples")
        self._table_words.setVisible(mode == "table")
        self.table.setVisible(mode == "table")
        self._tell_forecast()
        self._look_again()

    def _tell_forecast(self) -> None:
        words = self._forecasts.get(self.mode.value(), "")
        self._forecast.setText(words)
        self._forecast.setVisible(bool(words))

    def _look_again(self) -> str:
        """Shows what is wrong once the person has tried to start; gives the first field at fault."""
        mode = self.mode.value()
        if mode == "once":
            problems = problems_of(self._asks.inputs, self.form.fields())
            self.form.show_problems(problems if self._tried else ())
            return next((problem.field or "" for problem in problems), "")
        missing = mode == "table" and not self.table.fields().get("table")
        self._fault.show_text(text("run_form.table.missing") if missing and self._tried else "")
        return "table" if missing else ""

    def _wish(self) -> RunWish:
        mode = self.mode.value()
        if mode == "once":
            return RunWish(values=values_of(self._asks.inputs, self.form.fields()))
        return RunWish(rows="samples" if mode == "samples" else str(self.table.fields()["table"]))
