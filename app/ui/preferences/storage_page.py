"""What is kept: runs and their results, with the button that clears what may be taken again; and conversations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QPushButton

from app import figures
from app.document.workflow import Json
from app.executor.cache import CacheState
from app.sdk.fields import NumberField
from app.texts import text
from app.ui.awaiting import Awaiting, Problems
from app.ui.engine_client import EngineClient
from app.ui.inspector.editors.editor import line
from app.ui.inspector.fault_line import FaultLine
from app.ui.inspector.own_specs import own
from app.ui.kept_preferences import KeptPreferences
from app.ui.preferences.conversation_list import Conversations
from app.ui.preferences.form_page import FormPage
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel

_NAMES = {
    "runs": "keep_runs",
    "size": "keep_runs_mb",
    "cache": "cache_mb",
    "files": "keep_run_files",
    "costs": "keep_costs_days",
}
_MB = 1_000_000


class StoragePage(FormPage):
    name = "storage"
    icon = "database"
    specs = (
        own("runs", NumberField(label="Runs kept", minimum=1, maximum=100_000), int, 500),
        own("size", NumberField(label="Room for runs", minimum=10, maximum=1_000_000, unit="MB"), int, 2000),
        own(
            "cache", NumberField(label="Room for results", minimum=0, maximum=1_000_000, unit="MB"), int, 1000
        ),
        own(
            "costs",
            NumberField(label="Costs kept", minimum=0, maximum=36_500, unit="days", advanced=True),
            int,
            0,
        ),
        own("files", NumberField(label="Runs in full", minimum=1, maximum=1000, advanced=True), int, 20),
    )

    def __init__(self, kept: KeptPreferences, client: EngineClient) -> None:
        super().__init__(kept)
        self._client = client
        self._awaiting = Awaiting(self)
        self._state: CacheState | None = None
        self._fault = FaultLine()
        self._used = PlainLabel(role="label", wrap=True)
        self.clear = QPushButton()
        self.clear.setObjectName("storage.clear")
        self.clear.clicked.connect(self._clear)
        vary(self.clear, kind="danger")
        row = line(12)
        row.addWidget(self._used, 1)
        row.addWidget(self.clear)
        at = self.content.count() - 1  # over the stretch
        self.content.insertWidget(at, self._fault)
        self.content.insertLayout(at, row)
        self.conversations = Conversations(client)
        self.content.insertWidget(self.content.count() - 1, self.conversations)

    def shown(self) -> Mapping[str, Json]:
        return {name: getattr(self.kept.now, attribute) for name, attribute in _NAMES.items()}

    def chosen(self, name: str, value: Json) -> Mapping[str, Any]:
        return {_NAMES[name]: value}

    def opened(self) -> None:
        self._awaiting.start(self._client.cache_state(), self._arrived, self._fault.show_problems)
        self.conversations.load()

    def retranslate(self) -> None:
        super().retranslate()
        self.clear.setText(text("preferences.storage.clear"))
        self.conversations.retranslate()
        self._show_used()

    def _arrived(self, state: CacheState) -> None:
        self._state = state
        self._fault.show_text("")
        self._show_used()

    def _show_used(self) -> None:
        state = self._state
        self.clear.setEnabled(state is not None and state.entries > 0)
        if state is None:
            self._used.setText("")
            return
        size = f"{state.size / _MB:.1f}"
        self._used.setText(text("preferences.storage.used", shown=figures.count(state.entries), size=size))

    def _clear(self) -> None:
        self.clear.setEnabled(False)
        self._awaiting.start(self._client.clear_cache(), self._cleared, self._refused)

    def _cleared(self, _: int) -> None:
        self.opened()

    def _refused(self, problems: Problems) -> None:
        self._fault.show_problems(problems)
        self._show_used()
