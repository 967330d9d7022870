"""The built-in model: which file it is, its name for people, and what was measured about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.adapters.shelf import Measured
from app.settings import resource_folder


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """`model` is the file's name without its ending; everything is empty where nothing is known."""

    model: str = ""
    title: str = ""
    facts: tuple[Measured, ...] = ()


@cache
def built_in_model() -> BuiltIn:
    """What resources/models/built-in.json says."""
    try:
        known: dict[str, Any] = json.loads((resource_folder() / "models/built-in.json").read_text("utf-8"))
    except (OSError, ValueError):
        return BuiltIn()
    facts = (Measured(row["verdict"], row["code"], row.get("args", {})) for row in known["facts"])
    return BuiltIn(known["model"], known["title"], tuple(facts))
