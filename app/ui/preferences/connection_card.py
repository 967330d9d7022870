"""The connection card: what a connection is, where its key lies, whether it works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from app.adapters.connection_check import ConnectionCheck
from app.adapters.shelf import ConnectionLine, ModelLine
from app.texts import text
from app.ui import model_words
from app.ui.awaiting import Awaiting, Problems
from app.ui.engine_client import EngineClient
from app.ui.inspector.editors.editor import column, line
from app.ui.inspector.fault_line import FaultLine
from app.ui.style_sheet import vary
from app.ui.widgets.chip import Badge
from app.ui.widgets.icon_button import IconButton, IconTile
from app.ui.widgets.plain_label import ElidedLabel

_TILES = {
    "computer": ("hard-drive", "verifier"),
    "company": ("server", "tool"),
    "cloud": ("cloud", "tool"),
    "internet": ("globe", "tool"),
}


class ConnectionCard(QFrame):
    """Emits `edited` and `removed`; tests the connection itself."""

    edited = Signal()
    removed = Signal()

    def __init__(self, shown: ConnectionLine, models: Sequence[ModelLine], client: EngineClient) -> None:
        super().__init__()
        vary(self, role="card")
        self._line = shown
        self._models = models
        self._client = client
        self._awaiting = Awaiting(self)
        self._facts = ElidedLabel(role="muted")
        self._badge = Badge("")
        self._fault = FaultLine()
        self._test = QPushButton(text("preferences.models.test"))
        vary(self._test, kind="small")
        self._test.clicked.connect(self.test)
        self._lay_out()
        self._facts.setText(self._describe())
        self._show_state()

    def test(self) -> None:
        """Tries the connection and says what came out."""
        self._test.setEnabled(False)
        self._fault.show_text("")
        self._badge.show()
        self._badge.show_fact(text("preferences.models.testing"), "running", "loader")
        wanted = self._line.connection
        if self._models and not wanted.model:
            wanted = replace(
                wanted, model=self._models[0].model
            )  # only a model that answers shows balance and region
        self._awaiting.start(self._client.check_connection(wanted), self._tested, self._refused)

    def _lay_out(self) -> None:
        icon, kind = ("cpu", "verifier") if self._line.kind == "embedded" else _TILES[self._line.place]
        words = QWidget()
        lines = column(words, 1)
        lines.addWidget(ElidedLabel(model_words.connection_title(self._line.name, self._line.kind), "strong"))
        lines.addWidget(self._facts)
        top = line(10)
        top.addWidget(IconTile(icon, kind))
        top.addWidget(words, 1)
        top.addWidget(self._badge)
        if self._line.kind != "embedded":
            top.addWidget(self._test)
        if self._line.kind != "embedded" and not self._line.connection.from_environment:
            edit = IconButton("pencil", text("preferences.models.edit", name=self._line.name), 15)
            remove = IconButton("trash-2", text("preferences.models.remove", name=self._line.name), 15)
            edit.clicked.connect(self.edited)
            remove.clicked.connect(self.removed)
            top.addWidget(edit)
            top.addWidget(remove)
        layout = column(self, 8)
        layout.setContentsMargins(14, 10, 12, 10)
        layout.addLayout(top)
        layout.addWidget(self._fault)

    def _describe(self) -> str:
        shown = self._line
        # A provider's name stands in where data goes; anything else says what it is first.
        kind = "" if shown.place == "cloud" else shown.connection.title
        facts = [
            text("preferences.models.built_in") if shown.kind == "embedded" else kind,
            model_words.place_words(shown),
            text(f"preferences.models.key.{shown.key}") if shown.key != "none" else "",
            text("preferences.models.count", n=len(self._models))
            if shown.connection.facts.has_models
            else "",
            model_words.gpu_words(line.on_gpu for line in self._models),
        ]
        return " · ".join(filter(None, facts))

    def _show_state(self) -> None:
        """What is known without asking: only trouble is said, since nothing was tried."""
        if self._line.key == "missing":
            self._badge.show_fact(text("preferences.models.no_key"), "warning", "triangle-alert")
        elif self._line.problem is not None:
            self._badge.show_fact(text("preferences.models.silent"), "waiting", "clock")
        elif self._line.place == "computer" and self._models:
            self._badge.show_fact(text("preferences.models.ready"), "done", "check")
        else:
            self._badge.hide()

    def _tested(self, check: ConnectionCheck) -> None:
        self._test.setEnabled(True)
        if check.problem is not None:
            self._refused((check.problem,))
            return
        self._badge.show_fact(text("preferences.models.works"), "done", "check")
        self._facts.setText(tested_words(check))

    def _refused(self, problems: Problems) -> None:
        self._test.setEnabled(True)
        self._badge.show_fact(text("preferences.models.fails"), "error", "x")
        self._fault.show_problems(problems)


def tested_words(check: ConnectionCheck) -> str:
    """What a test found, in words: the models, and the one that really answered."""
    said = [text("preferences.models.test.models", n=len(check.models)) if check.models else ""]
    if check.tried:
        tokens = check.usage.total if check.usage else 0
        code = (
            "preferences.models.test.answered"
            if check.usage
            else "preferences.models.test.answered_uncounted"
        )
        said.append(text(code, model=check.tried, seconds=f"{check.seconds:.1f}", tokens=tokens))
    elif not check.models:
        said.append(text("preferences.models.test.reached"))
    return " · ".join(filter(None, said))
