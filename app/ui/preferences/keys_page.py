"""Keys: where the keys of connections are kept, and the passphrase that opens them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtWidgets import QFrame, QLineEdit, QPushButton, QWidget

from app.adapters.keyring_secrets import SecretsState
from app.guide.order import KEEP_KEYS_SAFE
from app.texts import text
from app.ui.awaiting import Awaiting, Problems
from app.ui.engine_client import EngineClient
from app.ui.inspector.editors.editor import column, line
from app.ui.inspector.editors.inputs import LineInput
from app.ui.inspector.fault_line import FaultLine
from app.ui.preferences.page import Page
from app.ui.style_sheet import vary
from app.ui.widgets.chip import Badge
from app.ui.widgets.plain_label import PlainLabel

_CODES = {
    "system store": "system",
    "passphrase": "passphrase",
    "session only": "session",
    "environment": "environment",
}
_TONES = {
    "system": ("check", "done"),
    "passphrase": ("lock", "done"),
    "session": ("triangle-alert", "warning"),
}


class KeysPage(Page):
    name = "keys"
    help = KEEP_KEYS_SAFE
    icon = "key"

    def __init__(self, client: EngineClient) -> None:
        super().__init__()
        self._client = client
        self._awaiting = Awaiting(self)
        self._state: SecretsState | None = None
        self._badge = Badge("")
        self._now = PlainLabel(wrap=True)
        self._detail = PlainLabel(role="muted", wrap=True)
        self._ask = PlainLabel(role="label", wrap=True)
        self._phrase, self._again = LineInput(), LineInput()
        self._do = QPushButton()
        self._over = QPushButton()
        self._fault = FaultLine()
        self._lay_out()
        self._do.clicked.connect(self._submit)
        self._over.clicked.connect(lambda: self._start(self._client.start_keys_over))
        for field in (self._phrase, self._again):
            field.setEchoMode(QLineEdit.EchoMode.Password)
            field.returnPressed.connect(self._submit)
        self._show()

    def opened(self) -> None:
        self._start(self._client.key_state)

    def retranslate(self) -> None:
        super().retranslate()
        self._show()

    def _lay_out(self) -> None:
        card = QFrame()
        vary(card, role="card")
        inside = column(card, 8)
        inside.setContentsMargins(16, 14, 16, 16)
        head = line(10)
        head.addWidget(self._now, 1)
        head.addWidget(self._badge)
        inside.addLayout(head)
        inside.addWidget(self._detail)
        self.content.addWidget(card)
        self._form = QWidget()
        form = column(self._form, 10)
        buttons = line(8)
        buttons.addWidget(self._do)
        buttons.addWidget(self._over)
        buttons.addStretch()
        for part in (self._ask, self._phrase, self._again, self._fault):
            form.addWidget(part)
        form.addLayout(buttons)
        self.content.addWidget(self._form)
        self.content.addStretch()

    def _start(self, question: Callable[[], Coroutine[Any, Any, SecretsState]]) -> None:
        self._fault.show_text("")
        self._do.setEnabled(False)
        self._awaiting.start(question(), self._arrived, self._refused)

    def _arrived(self, state: SecretsState) -> None:
        self._state = state
        self._phrase.clear()
        self._again.clear()
        self._show()

    def _refused(self, problems: Problems) -> None:
        self._do.setEnabled(True)
        self._fault.show_problems(problems)
        self._over.setVisible(self._is_locked)

    @property
    def _is_locked(self) -> bool:
        return self._state is not None and self._state.locked

    def _show(self) -> None:
        """Locked: asks for the passphrase. Without a system store: offers one."""
        state = self._state
        code = _CODES[state.place] if state else "asking"
        self._now.setText(text(f"preferences.keys.{code}"))
        icon, tone = _TONES.get(code, ("clock", "waiting"))
        word = "locked" if self._is_locked else code
        self._badge.setVisible(code != "asking")
        self._badge.show_fact(
            text(f"preferences.keys.{word}.badge"), "warning" if self._is_locked else tone, icon
        )
        self._detail.setText(
            text("preferences.keys.why", detail=state.detail) if state and state.detail else ""
        )
        self._detail.setVisible(bool(self._detail.text()))
        self._form.setVisible(code in ("session", "environment", "passphrase"))
        self._again.setVisible(not self._is_locked)
        self._over.hide()
        self._do.setEnabled(True)
        action = "unlock" if self._is_locked else "change" if code == "passphrase" else "protect"
        self._ask.setText(text(f"preferences.keys.{action}.words"))
        self._do.setText(text(f"preferences.keys.{action}"))
        self._over.setText(text("preferences.keys.over"))
        self._phrase.setPlaceholderText(text("preferences.keys.phrase"))
        self._again.setPlaceholderText(text("preferences.keys.again"))

    def _submit(self) -> None:
        phrase = self._phrase.text()
        if not phrase:
            self._fault.show_text(text("preferences.keys.empty"))
        elif self._is_locked:
            self._start(lambda: self._client.unlock_keys(phrase))
        elif phrase != self._again.text():
            self._fault.show_text(text("preferences.keys.differ"))
        else:
            self._start(lambda: self._client.protect_keys(phrase))
