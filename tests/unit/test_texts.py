"""Sentences: what stands in the gaps, plurals, and what is shown where an entry is missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.texts import clauses, language, listed, set_language, text


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    set_language("en")


def test_a_gap_is_filled_once_and_what_fills_it_stays_what_it_is() -> None:
    said = text("problem.cli.bad_amount", text="{text} {0} {text.__class__}")
    assert "{text} {0} {text.__class__}" in said
    said = text("problem.reference.nothing_there", path="{missing}", missing="total")
    assert "“{missing}” leads to nothing: there is no “total”" in said


def test_a_gap_that_nothing_fills_is_seen() -> None:
    assert "{text}" in text("problem.cli.bad_amount")


def test_one_has_its_own_word() -> None:
    one, two = (text("problem.run.too_many_rows_failed", n=n) for n in (1, 2))
    assert "after 1 failed row." in one
    assert "after 2 failed rows." in two


def test_lists_are_joined_and_nothing_is_empty() -> None:
    assert "a, b" in text("problem.workflow.cycle", nodes=("a", "b"))
    assert "“”" in text("problem.cli.bad_amount", text=None)


def test_a_missing_entry_falls_back_to_english_and_then_to_its_code() -> None:
    set_language("zh-CN")
    assert text("no.such.code") == "no.such.code"
    assert text("problem.workflow.empty") != "problem.workflow.empty"
    set_language("tlh")
    assert language() == "en"


def test_words_follow_each_count_of_a_sentence() -> None:
    said = text("cli.total", tokens="1", calls=2, seconds="0.4")
    assert said == "1 token in 2 model calls · 0.4 s"
    assert text("cli.total", tokens="1,001", calls=1, seconds="0.4").startswith(
        "1,001 tokens in 1 model call ·"
    )


def test_chinese_has_one_space_where_a_gap_is_filled_with_something_else_and_none_elsewhere() -> None:
    set_language("zh-CN")
    assert text("history.rows_from", shown="60", name="样例行") == "样例行的 60 行"
    assert text("history.rows_from", shown="60", name="tickets.csv") == "tickets.csv 的 60 行"
    assert text("cli.runs.waits_at", steps=("审批", "Check")) == "在审批、Check 等待人工确认"
    assert text("cli.total", calls=3, tokens="≈ 1.4k（0.9k–3.1k）", seconds="2.0") == (
        "3 次模型调用，共 ≈ 1.4k（0.9k–3.1k）个 token · 2.0 秒"
    )
    assert text("problem.file.is_folder", name="年 报") == "“年 报”是一个文件夹。"
    spread = text("figure.spread", middle="≈ 2 分", low="1 分 30 秒", high="3 分")
    assert spread == "≈ 2 分（1 分 30 秒–3 分）"


def test_names_and_clauses_are_put_in_a_row_as_the_language_does() -> None:
    assert (listed(["a", "b"]), clauses(["3 done", "1 failed"])) == ("a, b", "3 done, 1 failed")
    set_language("zh-CN")
    assert (listed(["甲", "乙"]), clauses(["3 完成", "1 失败"])) == ("甲、乙", "3 完成，1 失败")
