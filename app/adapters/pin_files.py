"""Pinned results: kept by workflow in the profile, never in the workflow's file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias, cast

from app.document.ids import is_id
from app.document.workflow import Json
from app.settings import Folders, write_atomically

Pins: TypeAlias = Mapping[str, Mapping[str, Json]]  # outputs by port, by node


class PinFiles:
    """One small file a workflow. What can't be read is left as it is and pins nothing."""

    def __init__(self, where: Folders) -> None:
        self._folder = where.data / "pins"

    def of(self, workflow_id: str) -> dict[str, dict[str, Json]]:
        """The pinned outputs by node."""
        try:
            saved: Any = json.loads(self._path(workflow_id).read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(saved, dict):
            return {}
        nodes = cast("dict[str, Any]", saved).items()
        return {node: outputs for node, outputs in nodes if isinstance(outputs, dict)}

    def keep(self, workflow_id: str, pins: Pins) -> None:
        """Replaces what was pinned. Raises OSError."""
        path = self._path(workflow_id)
        if pins:
            write_atomically(path, json.dumps(pins, ensure_ascii=False, indent=1))
        else:
            path.unlink(missing_ok=True)

    def _path(self, workflow_id: str) -> Path:
        # A file from elsewhere may call itself anything.
        name = workflow_id if is_id(workflow_id) else hashlib.sha256(workflow_id.encode()).hexdigest()
        return self._folder / f"{name}.json"
