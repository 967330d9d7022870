"""One glossary for the words that people read: each English word has its Chinese one, everywhere the same."""

from __future__ import annotations

import json
import re

import pytest

from app.texts import LANGUAGES, catalogue, i18n_folder

GLOSSARY = json.loads((i18n_folder() / "glossary.json").read_text("utf-8"))
WORDS: dict[str, list[str]] = GLOSSARY["words"]
GAPS = re.compile(r"\{\w+\}|--[\w-]+|“[^”]*”|`[^`]*`")

# Sentences in which the word means something else, or whose Chinese says the same without it.
OTHERWISE = {
    "inspector.data.link",  # a link in data is an address
    "preferences.reviewed.words",
    "preferences.shortcuts.words",
    "problem.file.not_utf8",
    "problem.engine.gone",
    "problem.engine.ended",
    "problem.cli.output_refused",  # what a program writes to the terminal
}


def said(code: str, language: str) -> str:
    """A sentence without what is filled in, quoted, code, or typed on a command line."""
    return GAPS.sub(" ", catalogue(language)[code])


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_translated_in_one_way(word: str) -> None:
    pattern = re.compile(rf"\b{re.escape(word)}s?\b", re.IGNORECASE)
    chinese = catalogue("zh-CN")
    wrong = [
        f"{code}: {catalogue('en')[code]} / {chinese[code]}"
        for code in catalogue("en")
        if code in chinese
        and code not in OTHERWISE
        and pattern.search(said(code, "en"))
        and not any(translation.casefold() in chinese[code].casefold() for translation in WORDS[word])
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_the_code_are_not_said_to_people(language: str) -> None:
    wrong = [
        f"{code}: “{word}” should be “{better}”: {sentence}"
        for code, sentence in catalogue(language).items()
        for word, better in GLOSSARY["avoid"][language].items()
        if re.search(rf"\b{word}\b" if language == "en" else word, GAPS.sub(" ", sentence), re.IGNORECASE)
    ]
    assert wrong == []


def test_every_exception_is_still_one() -> None:
    assert sorted(OTHERWISE - catalogue("en").keys()) == []
