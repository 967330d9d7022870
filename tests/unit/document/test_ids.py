from __future__ import annotations

import pytest

from app.document.ids import is_id, new_id


def test_new_ids_are_ids_and_differ() -> None:
    made = {new_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(is_id(one) for one in made)


def test_taken_ids_are_avoided() -> None:
    taken = {c for c in "23456789abcdefghjkmnpqrstuvwxyz" if c != "k"}
    assert new_id(taken, length=1) == "k"


@pytest.mark.parametrize("text", ["", "-a", "_a", "a b", "a.b", "a>b", "ä", "a\n", "x" * 65])
def test_what_is_no_id(text: str) -> None:
    assert not is_id(text)


@pytest.mark.parametrize("text", ["a", "7", "A-b_9", "x" * 64])
def test_what_is_an_id(text: str) -> None:
    assert is_id(text)
