from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.sdk.passages import joined, passages_of, relevance, twins
from app.sdk.token_estimate import tokens_about

TEXT = "The parking fee is 3 euros.\n\nDogs must be on a lead in the park.\n\nThe fee for parking is paid at the gate."


def test_paragraphs_are_passages_and_come_together_again() -> None:
    found = passages_of(TEXT)
    assert [passage.number for passage in found] == [0, 1, 2]
    assert joined(found) == TEXT
    assert joined([found[2], found[0]]) == f"{found[0].text}\n\n{found[2].text}"


def test_a_long_paragraph_is_parted_at_sentences() -> None:
    long = " ".join(f"This is sentence number {n} of a long one." for n in range(100))
    found = passages_of(long)
    assert len(found) > 2
    assert all(passage.text.endswith(".") for passage in found)
    assert joined(found) == long


@given(st.text())
def test_nothing_breaks_it(text: str) -> None:
    found = passages_of(text)
    assert twins(found).keys() <= {passage.number for passage in found}
    assert relevance(found, text).keys() == {passage.number for passage in found}
    assert passages_of(joined(found)) == found or len(text) > 1000
    assert (tokens_about(text) == 0) is (text == "")


def test_nearly_the_same_is_a_twin_and_a_longer_one_is_not() -> None:
    once = (
        "Please send the form to the office at the end of each month, signed by both parties, in two copies."
    )
    again = once.replace("Please", "please").replace("month,", "month")
    other = (
        "Please send the form to the office. Everything else is different here and says so at some length."
    )
    found = passages_of(f"{once}\n\n{other}\n\n{again}")
    assert twins(found) == {2: 0}


def test_what_belongs_to_the_question_comes_first() -> None:
    scores = relevance(passages_of(TEXT), "What is the parking fee?")
    assert min(scores, key=lambda number: scores[number]) == 1
    assert relevance(passages_of(TEXT)).keys() == {0, 1, 2}


def test_chinese_is_read_too() -> None:
    found = passages_of("停车费每天三欧元。\n\n公园里必须给狗拴绳。\n\n在门口支付停车费。")
    scores = relevance(found, "停车费多少钱")
    assert min(scores, key=lambda number: scores[number]) == 1


def test_tokens_are_about_right() -> None:
    assert 8 <= tokens_about("The quick brown fox jumps over the lazy dog.") <= 14
    assert 6 <= tokens_about("停车费每天三欧元。") <= 12
