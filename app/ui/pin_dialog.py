"""The pin dialog: a pinned result to be changed, one text an output."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.document.workflow import Json
from app.texts import text
from app.ui.help.subject import lead_to_help
from app.ui.inspector.editors.inputs import TextInput
from app.ui.plain import one_line
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel


class PinDialog(QDialog):
    """Emits `chosen(outputs)`. Texts are edited as they are, everything else as JSON."""

    chosen = Signal(object)

    def __init__(
        self,
        title: str,
        outputs: Mapping[str, Json],
        parent: QWidget | None = None,
        labels: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`labels` are what people read for the outputs, where that isn't their name."""
        super().__init__(parent)
        lead_to_help(self)
        self.setObjectName("pin.dialog")
        self._outputs = outputs
        self._edits: dict[str, TextInput] = {}
        self._fault = PlainLabel(role="error", wrap=True)
        self._fault.hide()
        self.save = QPushButton(text("pins.save"))
        self.save.setDefault(True)
        vary(self.save, kind="primary")
        cancel = QPushButton(text("pins.cancel"))
        vary(cancel, kind="ghost")
        self.save.clicked.connect(self.submit)
        cancel.clicked.connect(self.reject)
        self.setWindowTitle(text("pins.pinned"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(10)
        layout.addWidget(PlainLabel(text("pins.title", step=one_line(title, 80)), "title", wrap=True))
        layout.addWidget(PlainLabel(text("pins.words"), "muted", wrap=True))
        for port, value in outputs.items():
            label = PlainLabel(text("pins.port", port=labels.get(port, port)), "label")
            edit = TextInput(4, most=12)
            edit.setObjectName(f"pin.{port}")
            edit.show_text(_as_text(value))
            edit.setAccessibleName(label.text())
            label.setBuddy(edit)
            self._edits[port] = edit
            layout.addWidget(label)
            layout.addWidget(edit)
        layout.addWidget(self._fault)
        layout.addStretch(1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(cancel)
        foot.addWidget(self.save)
        layout.addLayout(foot)
        self.resize(560, min(620, 240 + 120 * len(outputs)))

    def submit(self) -> None:
        """Pins what stands here, or says what is no value."""
        chosen: dict[str, Json] = {}
        for port, edit in self._edits.items():
            before = self._outputs[port]
            words = edit.text()
            if isinstance(before, str):
                chosen[port] = words
                continue
            try:
                chosen[port] = json.loads(words)
            except ValueError:
                self._fault.setText(text("pins.not_json", port=port))
                self._fault.show()
                edit.setFocus()
                return
        self.chosen.emit(chosen)
        self.accept()


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
