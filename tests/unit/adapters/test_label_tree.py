"""The tree of labels asks for what can matter, and its shares are the labels' probabilities."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.label_tree import LabelTree, shared_beginning, swallowed

Path = tuple[int, ...]
paths_of_labels = st.lists(
    st.lists(st.integers(0, 3), min_size=1, max_size=4).map(tuple), min_size=1, max_size=8, unique=True
)


def log_of(walked: Path, token: int) -> float:
    """A made-up language model: any fixed numbers below 0 that depend on the whole path."""
    return -0.1 - (hash((walked, token)) % 97) / 10


def asked(tree: LabelTree, precision: float) -> int:
    questions = 0
    while (walked := tree.next_question(precision)) is not None:
        assert walked not in tree.known
        tree.known[walked] = {token: log_of(walked, token) for token in tree.next_tokens(walked)}
        questions += 1
    return questions


def by_hand(paths: dict[str, Path]) -> dict[str, float]:
    weights = {
        label: math.exp(sum(log_of(path[:depth], token) for depth, token in enumerate(path)))
        for label, path in paths.items()
    }
    return {label: weight / sum(weights.values()) for label, weight in weights.items()}


def named(paths: list[Path]) -> dict[str, Path]:
    return {str(path): path for path in paths}


@given(paths_of_labels)
def test_followed_to_the_end_the_shares_are_the_products_of_their_tokens(paths: list[Path]) -> None:
    tree = LabelTree(named(paths))
    asked(tree, precision=0)
    assert tree.shares() == pytest.approx(by_hand(named(paths)))


@given(paths_of_labels, st.sampled_from([1e-1, 1e-2, 1e-3]))
def test_what_is_not_followed_moves_no_share_by_more_than_the_precision(
    paths: list[Path], precision: float
) -> None:
    short, whole = LabelTree(named(paths)), LabelTree(named(paths))
    assert asked(short, precision) <= asked(whole, 0)
    assert short.shares() == pytest.approx(by_hand(named(paths)), abs=precision)


@given(paths_of_labels)
def test_no_path_is_asked_twice_and_common_beginnings_are_asked_once(paths: list[Path]) -> None:
    tree = LabelTree(named(paths))
    beginnings = {path[:depth] for path in paths for depth in range(len(path))}
    assert asked(tree, 0) == len(beginnings)


@given(paths_of_labels)
def test_the_shared_beginning_is_the_longest_one(paths: list[Path]) -> None:
    start = shared_beginning(paths)
    assert all(path[: len(start)] == start for path in paths)
    longer = {path[: len(start) + 1] for path in paths}
    assert start in longer or len(longer) > 1


def test_a_label_that_another_begins_with_is_found() -> None:
    assert swallowed({"refund": (1, 2), "refund status": (1, 2, 3), "praise": (1, 4)}) == ["refund"]
