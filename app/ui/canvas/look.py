"""Look: everything that painting depends on besides the workflow itself."""

from __future__ import annotations

from dataclasses import dataclass

from app.ui.theme import Theme


@dataclass(frozen=True, slots=True)
class Look:
    """A theme and the language of the texts ("en", "zh-CN")."""

    theme: Theme
    language: str = "en"
