"""Sentences: both languages complete, with the same gaps to fill, and one for every code that the program can say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.texts import LANGUAGES, catalogue, i18n_folder

ROOT = Path(__file__).resolve().parents[2]
GAP = re.compile(r"\{(\w+)(?::[^{}]*)?\}")
# The steps' English stands in their own files.
ENGLISH = set(catalogue("en"))
CHINESE = {code for code in catalogue("zh-CN") if not code.startswith("node.")}


def test_every_file_has_its_twin() -> None:
    names = {language: {p.name for p in (i18n_folder() / language).glob("*.json")} for language in LANGUAGES}
    assert names["zh-CN"] - {"nodes.json"} == names["en"]


def test_both_languages_say_the_same_things() -> None:
    assert sorted(ENGLISH - CHINESE) == []
    assert sorted(CHINESE - ENGLISH) == []


def test_no_code_is_said_twice() -> None:
    for language in LANGUAGES:
        seen: dict[str, str] = {}
        for path in sorted((i18n_folder() / language).glob("*.json")):
            for code in re.findall(r'^\s*"([^"]+)":', path.read_text("utf-8"), re.MULTILINE):
                assert code not in seen, f"{code} stands in {seen[code]} and in {path.name}"
                seen[code] = path.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_fill_the_same_gaps(language: str) -> None:
    other = catalogue("en")
    for code, sentence in catalogue(language).items():
        if code in other:
            unknown = set(GAP.findall(sentence)) - set(GAP.findall(other[code])) - {"n"}
            assert not unknown, f"{code}: {unknown}"


def codes() -> Iterator[tuple[str, str]]:
    """(catalogue code, place) of every Problem and NodeError that the program makes with a literal code."""
    for folder in ("app", "nodes"):
        for path in (ROOT / folder).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not (isinstance(call, ast.Call) and call.args and isinstance(call.func, ast.Name)):
                    continue
                first = call.args[0]
                if call.func.id in ("Problem", "NodeError") and isinstance(first, ast.Constant):
                    yield f"problem.{first.value}", f"{path.relative_to(ROOT)}:{call.lineno}"


def test_every_problem_has_a_sentence_and_a_way_out() -> None:
    missing = sorted(
        f"{code} ({place})"
        for code, place in codes()
        for wanted in (code, f"{code}.fix")
        if wanted not in ENGLISH
    )
    assert missing == []


def texts_asked() -> Iterator[tuple[str, str]]:
    """(code, place) of every `text("…")` with a literal code."""
    for path in (ROOT / "app").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Constant)):
                continue
            name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            if name in ("text", "tr") and isinstance(call.args[0].value, str) and "." in call.args[0].value:
                yield call.args[0].value, f"{path.relative_to(ROOT)}:{call.lineno}"


def test_every_text_that_is_asked_for_exists() -> None:
    assert sorted(f"{code} ({place})" for code, place in texts_asked() if code not in ENGLISH) == []
