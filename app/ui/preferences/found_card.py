"""The found card: a model server that runs on this computer, ready to be used with one click."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from app.adapters.shelf import FoundLine
from app.texts import text
from app.ui import model_words
from app.ui.inspector.editors.editor import column, line
from app.ui.style_sheet import vary
from app.ui.widgets.chip import Badge
from app.ui.widgets.icon_button import IconTile
from app.ui.widgets.plain_label import ElidedLabel


class FoundCard(QFrame):
    """Emits `taken` when the person wants to use it. Nothing is kept before."""

    taken = Signal()

    def __init__(self, found: FoundLine) -> None:
        super().__init__()
        vary(self, role="card")
        self.found = found
        name = found.connection.name
        words = QWidget()
        lines = column(words, 1)
        lines.addWidget(ElidedLabel(name, "strong"))
        self._facts = ElidedLabel(role="muted")
        self._facts.setText(self._describe())
        lines.addWidget(self._facts)
        badge = Badge("")
        if found.wants_key:
            badge.show_fact(text("preferences.models.found.locked"), "warning", "triangle-alert")
        else:
            badge.show_fact(text("preferences.models.found"), "done", "check")
        self.take = QPushButton(text("preferences.models.found.use"))
        self.take.setAccessibleName(text("preferences.models.found.use.name", name=name))
        vary(self.take, kind="small")
        self.take.clicked.connect(self.taken)
        layout = line(10)
        layout.addWidget(IconTile("hard-drive", "verifier"))
        layout.addWidget(words, 1)
        layout.addWidget(badge)
        layout.addWidget(self.take)
        around = column(self, 0)
        around.setContentsMargins(14, 10, 12, 10)
        around.addLayout(layout)

    def _describe(self) -> str:
        models = self.found.models
        facts = [
            "" if self.found.wants_key else text("preferences.models.count", n=len(models)),
            model_words.gpu_words([line.on_gpu for line in models]),
            text("preferences.models.found.unused"),
        ]
        return " · ".join(filter(None, facts))
