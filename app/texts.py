"""Sentences for people: the catalogues of resources/i18n, looked up by code in the language chosen."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from functools import cache, reduce
from pathlib import Path

from app.settings import resource_folder

LANGUAGES: Mapping[str, str] = {"en": "English", "zh-CN": "简体中文"}

_GAP = re.compile(r"\{(\w+)(?::([^{}|]*)\|([^{}|]*))?\}")
_HAN = "\u3400-\u9fff"
_WIDE = "\u3000-\u303f\uff00-\uffef“”…–"  # signs that bring their own room
_ONE_SPACE = re.compile(rf"[{_HAN}][^\s{_HAN}{_WIDE}]|[^\s{_HAN}{_WIDE}][{_HAN}]")
_NO_SPACE = re.compile(rf"[{_HAN}]{{2}}|\S[{_WIDE}]|[{_WIDE}]\S")
_current = "en"


def set_language(language: str) -> None:
    """Switches every later `text` call; views that are on screen ask again."""
    global _current  # noqa: PLW0603 - one language a process, as one locale
    _current = language if language in LANGUAGES else "en"


def language() -> str:
    """The language that texts come in now."""
    return _current


@contextmanager
def in_language(language: str) -> Generator[None]:
    """Another language for a while; afterwards the one of before."""
    before = _current
    set_language(language)
    try:
        yield
    finally:
        set_language(before)


def text(code: str, /, **args: object) -> str:
    """The sentence for a code, with `{name}` filled from the arguments.

    `{name:row|rows}` is the first word where that argument is 1, else the second. Falls back to English, then to the
    code itself, so that a missing entry is seen and found by the tests.
    """
    found = lookup(code, _current) or lookup(code, "en")
    return _fill(found, args) if found is not None else code


def listed(words: Iterable[object]) -> str:
    """Names as a list in the language of now."""
    return ("、" if _current == "zh-CN" else ", ").join(map(str, words))


def clauses(words: Iterable[str]) -> str:
    """Parts of a sentence one after the other: "101 done, 3 failed"."""
    return ("，" if _current == "zh-CN" else ", ").join(words)


def sentences(*said: str) -> str:
    """Sentences one after the other; between Chinese ones stands no space."""
    whole = ""
    for one in filter(None, said):
        whole += one if not whole or whole.endswith(("。", "！", "？")) else f" {one}"
    return whole


def has(code: str, language: str) -> bool:
    """Whether the catalogue of a language has an entry."""
    return code in catalogue(language)


def lookup(code: str, language: str) -> str | None:
    """The raw entry of one language, or None."""
    return catalogue(language).get(code)


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
    pieces: list[str] = []
    at = 0
    for gap in _GAP.finditer(sentence):
        pieces += sentence[at : gap.start()], _filled(gap, args)
        at = gap.end()
    pieces.append(sentence[at:])
    return reduce(_spaced, pieces) if _current == "zh-CN" else "".join(pieces)


def _filled(gap: re.Match[str], args: Mapping[str, object]) -> str:
    name, one, other = gap.groups()
    if name not in args:
        return gap[0]
    value = _shown(args[name])
    if other is None:
        return value
    return one if value == "1" else other


def _spaced(left: str, right: str) -> str:
    """Chinese: one space between its characters and others, whatever a gap was filled with, and none elsewhere."""
    before, after = left.rstrip(" "), right.lstrip(" ")
    seam = before[-1:] + after[:1]
    if _ONE_SPACE.fullmatch(seam):
        return f"{before} {after}"
    return before + after if _NO_SPACE.fullmatch(seam) else left + right


def _shown(value: object) -> str:
    if isinstance(value, (tuple, list)):
        return listed(value)  # pyright: ignore[reportUnknownArgumentType]
    return "" if value is None else str(value)
