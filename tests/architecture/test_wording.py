"""How sentences are set: signs, spaces, and one word for one and another for many."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from app.texts import LANGUAGES, catalogue

GAP = re.compile(r"\{\w+(?::[^{}|]*\|[^{}|]*)?\}")
CODE = re.compile(r"`[^`]*`|\{\{[^{}]*\}\}|\"[^\"]*\"|https?://[^\s，。；]*")
HAN = "\u3400-\u9fff"
WIDE = "\u3000-\u303f\uff00-\uffef“”"

ENGLISH_RULES = {
    "two spaces": r"\S  +\S",
    "a space before a sign": r"\w [%,;.!?](\s|$)",
    "a single quotation mark": "[‘’]",
    "three dots": r"\.\.\.",
}
CHINESE_RULES = {
    "no space between Chinese and Latin": rf"[{HAN}][A-Za-z0-9]|[A-Za-z0-9%][{HAN}]",
    "a space between Chinese characters": rf"[{HAN}] +[{HAN}]",
    "a space beside a full-width sign": rf"[{WIDE}] |(?<!^) [{WIDE}]",
    "a half-width sign": rf"[{HAN}{WIDE}][,;:!?()]|[()][{HAN}]|[{HAN}][.](\s|$)",
    "a space before a sign": r"\d %",
    "a long row of dots": r"……|\.\.\.",
    "a quotation mark of another kind": "[‘’「」]",
}
# What is counted: behind a figure its word must stand in both forms.
COUNTED = (
    *(
        "answers",
        "calls",
        "characters",
        "days",
        "decisions",
        "elements",
        "entries",
        "failures",
        "files",
        "links",
    ),
    *("models", "paragraphs", "parts", "places", "problems", "requests", "results", "rounds", "rows", "runs"),
    *("seconds", "steps", "times", "tokens", "turns", "values", "votes"),
)
MANY = re.compile(rf"\{{\w+\}}\+? (?:[a-z]+ )?(?:{'|'.join(COUNTED)})\b")
# Never one: an interval, a length of which one would be nonsense, "at least so many".
NEVER_ONE = {
    "canvas.fact.tokens_at_least",
    "cli.forecast",
    "cli.forecast.rows",
    "run_form.cost.forecast",
    "run_form.cost.forecast_rows",
    "run_form.cost.forecast_free",
    "run_form.cost.forecast_rows_free",
    "message.compress.came_to",
    "model.context",
    "problem.reference.too_long",
    "costs.what_if.how",
}


def pieces(language: str) -> Iterator[tuple[str, str]]:
    """Sentences line by line without code; a gap is left out with the spaces around, whatever will fill it."""
    for code, sentence in catalogue(language).items():
        for line in CODE.sub("\0", sentence).splitlines():
            if line.startswith("|"):
                continue
            for piece in re.split(rf" ?(?:{GAP.pattern}|\0) ?", line):
                yield code, piece


@pytest.mark.parametrize("rule", ENGLISH_RULES)
def test_english_is_set_by_the_rules(rule: str) -> None:
    wrong = [f"{code}: {piece}" for code, piece in pieces("en") if re.search(ENGLISH_RULES[rule], piece)]
    assert wrong == []


@pytest.mark.parametrize("rule", CHINESE_RULES)
def test_chinese_is_set_by_the_rules(rule: str) -> None:
    wrong = [f"{code}: {piece}" for code, piece in pieces("zh-CN") if re.search(CHINESE_RULES[rule], piece)]
    assert wrong == []


def test_what_is_counted_has_a_word_for_one() -> None:
    wrong = [
        f"{code}: {found[0]} → {{n}} {{n:one|many}}"
        for code, sentence in catalogue("en").items()
        if code not in NEVER_ONE
        for found in MANY.finditer(sentence)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plural_stands_in_its_sentence(language: str) -> None:
    """`{n:row|rows}` serves sentences with several counts; there is no second entry for one."""
    assert [code for code in catalogue(language) if "#" in code] == []


def test_chinese_has_one_form_for_one_and_many() -> None:
    assert [code for code, sentence in catalogue("zh-CN").items() if re.search(r"\{\w+:", sentence)] == []
