"""Sentences for people: the catalogues of resources/i18n, looked up by code in the language chosen."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from app.settings import resource_folder

LANGUAGES: Mapping[str, str] = {"en": "English", "zh-CN": "简体中文"}

_GAP = re.compile(r"\{(\w+)\}")
_current = "en"


def set_language(language: str) -> None:
    """Switches every later `text` call; views that are on screen ask again."""
    global _current  # noqa: PLW0603 - one language a process, as one locale
    _current = language if language in LANGUAGES else "en"


def language() -> str:
    """The language that texts come in now."""
    return _current


def text(code: str, /, **args: object) -> str:
    """The sentence for a code, with `{name}` filled from the arguments.

    A plural is a second entry `<code>#one`, used where the argument `n` is 1. Falls back to English,
    then to the code itself, so that a missing entry is seen and found by the tests.
    """
    found = lookup(code, _current, args) or lookup(code, "en", args)
    return _fill(found, args) if found is not None else code


def has(code: str, language: str) -> bool:
    """Whether the catalogue of a language has an entry."""
    return code in catalogue(language)


def lookup(code: str, language: str, args: Mapping[str, object]) -> str | None:
    """The raw entry of one language, or None."""
    entries = catalogue(language)
    if args.get("n") == 1 and f"{code}#one" in entries:
        return entries[f"{code}#one"]
    return entries.get(code)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All entries of a language: every JSON file of its folder, flat code → sentence."""
    entries: dict[str, str] = {}
    for path in sorted((i18n_folder() / language).glob("*.json")):
        entries.update(json.loads(path.read_text("utf-8")))
    return entries


def i18n_folder() -> Path:
    return resource_folder() / "i18n"


def _fill(sentence: str, args: Mapping[str, object]) -> str:
    # str.format would walk attributes of what it is given; this only puts in names, and looks once: an argument that
    # holds braces itself stays what it is.
    return _GAP.sub(lambda gap: _shown(args[gap[1]]) if gap[1] in args else gap[0], sentence)


def _shown(value: object) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return "" if value is None else str(value)
