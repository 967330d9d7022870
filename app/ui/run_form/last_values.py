"""Last values: what was filled in at the last run of each workflow, kept on this machine and not in the file."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any, cast

from app.document.workflow import Json, JsonObject
from app.settings import write_atomically

_KEPT = 50  # workflows
_LARGEST = 200_000  # characters of one workflow's values


class LastValues:
    """By workflow id. A file that can't be read or written only means that nothing is remembered."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "run-inputs.json"

    def of(self, workflow: str) -> dict[str, Json]:
        """The values of the last run; {} where there was none."""
        found = self._load().get(workflow)
        return cast("dict[str, Json]", found) if isinstance(found, dict) else {}

    def keep(self, workflow: str, values: JsonObject) -> None:
        """Remembers values; very large ones (a pasted table) aren't worth it."""
        kept = {name: found for name, found in self._load().items() if name != workflow}
        if len(json.dumps(values, ensure_ascii=False)) <= _LARGEST:
            kept[workflow] = dict(values)
        newest = dict(list(kept.items())[-_KEPT:])
        with contextlib.suppress(OSError):
            write_atomically(self._file, json.dumps(newest, ensure_ascii=False, indent=1))

    def _load(self) -> dict[str, Any]:
        try:
            saved = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return cast("dict[str, Any]", saved) if isinstance(saved, dict) else {}
