"""The models of this computer: how much memory and how many cores they may take, when they leave, who serves them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.document.workflow import Json
from app.sdk.fields import FileField, NumberField
from app.texts import text
from app.ui.inspector.fault_line import FaultLine
from app.ui.inspector.own_specs import own
from app.ui.kept_preferences import KeptPreferences
from app.ui.preferences.form_page import FormPage

_NAMES = {
    "memory": "model_memory_mb",
    "idle": "model_idle_minutes",
    "threads": "threads",
    "program": "llama_server",
}


class LocalPage(FormPage):
    name = "local"
    icon = "cpu"
    specs = (
        own("memory", NumberField(label="Memory", minimum=0, maximum=4_000_000, step=256, unit="MB"), int, 0),
        own(
            "idle", NumberField(label="Unload after", minimum=0.5, maximum=1440, unit="minutes"), float, 10.0
        ),
        own("threads", NumberField(label="Processor cores", minimum=0, maximum=256), int, 0),
        own("program", FileField(label="Program that serves them"), str, ""),
    )

    def __init__(self, kept: KeptPreferences) -> None:
        self._fault = FaultLine("warning")
        super().__init__(kept)
        self.content.insertWidget(self.content.count() - 1, self._fault)  # over the stretch

    @property
    def fault(self) -> str:
        """What is wrong with the program, if anything is."""
        return self._fault.text()

    def shown(self) -> Mapping[str, Json]:
        return {name: getattr(self.kept.now, attribute) for name, attribute in _NAMES.items()}

    def chosen(self, name: str, value: Json) -> Mapping[str, Any]:
        return {_NAMES[name]: value.strip() if isinstance(value, str) else value}

    def retranslate(self) -> None:
        super().retranslate()
        self._show()

    def _show(self) -> None:
        super()._show()
        program = self.kept.now.llama_server
        self._fault.show_text(text("preferences.local.no_program") if program and not _runs(program) else "")


def _runs(program: str) -> bool:
    path = Path(program)
    return path.is_file() and os.access(path, os.X_OK)
