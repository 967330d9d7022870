"""Workflows that others run as a step: kept by the digest of their content, so that what was chosen stays there."""

from __future__ import annotations

import contextlib
from pathlib import Path

from app.adapters.atomic_files import replace_file
from app.document import json_codec
from app.document.problem import ProblemError
from app.document.workflow import Workflow
from app.sdk.node_type import WorkflowRule
from app.settings import Folders


class WorkflowParts:
    """`folder` is where the workflow that has such steps lies."""

    def __init__(self, where: Folders) -> None:
        self._folder = where.data / "workflows"

    def keep(self, workflow: Workflow) -> str:
        """Keeps a workflow's content; gives its digest. Raises OSError, ProblemError."""
        digest = json_codec.digest(workflow)
        path = self._path(digest)
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, json_codec.write(workflow))
        return digest

    def find(self, rule: WorkflowRule, folder: Path) -> Workflow | None:
        """The workflow with exactly this content: kept here, or in the file that it was taken from."""
        places = [self._path(rule.digest)] if rule.digest.isalnum() else []
        if rule.file:
            places.append(folder / rule.file)
        for path in places:
            with contextlib.suppress(OSError, ValueError, ProblemError):
                workflow = json_codec.read(path.read_bytes()).workflow
                if json_codec.digest(workflow) == rule.digest:
                    return workflow
        return None

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.baton.json"
