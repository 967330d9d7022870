"""The workflow as the engine gets it: the text of its file, and the folder that relative paths start from."""

from __future__ import annotations

from app.document import json_codec
from app.document.workflow import Workflow
from app.ui.session import Place


def text_of(workflow: Workflow) -> str:
    """All that would be saved, in little time. Raises ProblemError."""
    return json_codec.compact(workflow)


def folder_of(place: Place) -> str:
    """The file's folder; "" before the first save."""
    return str(place.path.parent) if place.path else ""
