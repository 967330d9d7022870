"""What the terminal says of a problem: what to do, and what can be done without a window."""

from __future__ import annotations

import pytest

from app.cli.sentences import fix_of
from app.document.problem import Problem
from app.texts import in_language
from app.ui.problem_words import what_to_do

NO_KEY = Problem("connection.no_key", args={"connection": "Mine"})


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_way_that_only_the_terminal_has_is_said_there_only(language: str) -> None:
    with in_language(language):
        assert "BATON_CONN_<NAME>_KEY" in fix_of(NO_KEY)
        assert what_to_do(NO_KEY)
        assert fix_of(NO_KEY).startswith(what_to_do(NO_KEY))
        assert "BATON_CONN" not in what_to_do(NO_KEY)


def test_a_problem_without_a_way_has_none() -> None:
    assert fix_of(Problem("nobody.knows")) == ""
