"""The search in Help: what is found, in which order, and that every page can be found by its own words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.guide.library import library
from app.guide.order import INDEX
from app.guide.search import Text, found
from app.texts import LANGUAGES

TEXTS = [
    Text("a", "Watch the bill", "", "Set a limit for a day."),
    Text("a", "Watch the bill", "Limits", "A run pauses before it costs more."),
    Text("b", "Tables", "", "A limit of rows. A limit of columns."),
    Text("c", "账号连接", "密钥", "密钥保存在系统的密钥库里，绝不写入工作流文件。"),
]


def pages(query: str) -> list[tuple[str, str]]:
    return [(hit.page, hit.heading) for hit in found(query, TEXTS, 10)]


def test_every_word_must_stand_there_wherever() -> None:
    assert pages("bill limit") == [("a", ""), ("a", "Limits")]
    assert pages("limit rows") == [("b", "")]
    assert pages("limit elephants") == []


def test_words_are_found_from_their_beginning_in_any_case() -> None:
    assert pages("LIM")[0] == ("a", "Limits")
    assert pages("imit") == []
    assert pages("") == pages("   ") == []


def test_chinese_is_found_without_gaps_between_words() -> None:
    assert pages("密钥库") == pages("密钥 工作流") == pages("工作流文件") == [("c", "密钥")]
    assert pages("密钥文件") == [], "these two stand beside each other nowhere"


def test_an_excerpt_shows_the_place() -> None:
    words = "x " * 200 + "needle " + "y " * 200
    (hit,) = found("needle", [Text("p", "t", "", words)], 10)
    assert "needle" in hit.excerpt
    assert len(hit.excerpt) < 200
    assert hit.excerpt.startswith("…")
    assert hit.excerpt.endswith("…")


def test_of_a_long_query_the_beginning_counts() -> None:
    many = [f"word{n}" for n in range(40)]
    page = [Text("p", "t", "", " ".join(many[:12])), Text("q", "t", "", "a" * 60 + "b")]
    assert [hit.page for hit in found(" ".join(many), page, 10)] == ["p"]
    assert [hit.page for hit in found("word1 " * 30 + "elephants", page, 10)] == [], "each word counts once"
    assert [hit.page for hit in found("a" * 5000, page, 10)] == ["q"]


@given(st.text())
def test_whatever_is_typed_is_searched_for(query: str) -> None:
    assert len(found(query, TEXTS, 2)) <= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_found_by_its_title(language: str) -> None:
    shelf = library(language)
    lost = [
        page
        for page in sorted(shelf.names - {INDEX})
        if page not in {hit.page for hit in shelf.search(shelf.title(page))}
    ]
    assert lost == []
