"""Plain text: nothing hidden, nothing reordered, nothing taken for markup."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QTextDocument

from app.texts import sentences
from app.ui.plain import one_line, tooltip, visible


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ("plain", "plain"),
        ("客户请求", "客户请求"),
        ("invoice\u202efdp.exe", "invoice⟨202E⟩fdp.exe"),
        ("pay\u200bpal", "pay⟨200B⟩pal"),
        ("\u2066x\u2069", "⟨2066⟩x⟨2069⟩"),
        ("a\x00b\x1b[0m", "a⟨0000⟩b⟨001B⟩[0m"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_what_hides_is_shown(data: str, shown: str) -> None:
    assert visible(data) == shown


def test_one_line() -> None:
    assert one_line("  Dear   Ms\r\n\nOkafor  ") == "Dear Ms ⏎ Okafor"
    assert one_line("x" * 500, 10) == "x" * 10 + "…"


def test_sentences_stand_apart_as_their_language_wants_it() -> None:
    assert sentences("It broke.", "", "Mend it.") == "It broke. Mend it."
    assert sentences("坏了。", "请修好。") == "坏了。请修好。"
    assert sentences() == ""


@given(st.text())
def test_nothing_invisible_is_left(data: str) -> None:
    left = {unicodedata.category(c) for c in visible(data) if c not in "\n\t\u200c\u200d"}
    assert not left & {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


@given(st.text(max_size=800))
def test_one_line_is_one_line(data: str) -> None:
    line = one_line(data)
    assert len(line.splitlines()) <= 1


@given(st.text(alphabet="<>&/ab='\" \n", max_size=40))
def test_a_tooltip_shows_what_was_written(data: str) -> None:
    shown = QTextDocument()
    shown.setHtml(tooltip(data)) if "<" in data else shown.setPlainText(tooltip(data))
    assert shown.toPlainText().split() == data.split()
