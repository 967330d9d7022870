from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sdk.file_names import LONGEST, LONGEST_BYTES, clean_name, is_clean


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("report.csv", "report.csv"),
        ("报告 2026.xlsx", "报告 2026.xlsx"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a/b\\c:d", "a_b_c_d"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("Lpt1 .log", "_Lpt1 .log"),
        ("COM¹", "_COM¹"),
        ("console.txt", "console.txt"),
        ("name.txt:hidden", "name.txt_hidden"),
        ("trailing... ", "trailing"),
        ("-rf", "rf"),
        ("~root", "root"),
        (".bashrc", "bashrc"),
        ("a\nb\tc", "a b c"),
        ("txt.\u202efdp.exe", "txt.fdp.exe"),
        ("zero\u200bwidth", "zerowidth"),
        ("", "file"),
        ("...", "file"),
        ("e\u0301.txt", "é.txt"),
    ],
)
def test_names_from_data_are_made_safe(name: str, clean: str) -> None:
    assert clean_name(name) == clean
    assert is_clean(clean)


@given(st.text(max_size=400))
def test_a_cleaned_name_is_clean_short_and_one_part_of_a_path(name: str) -> None:
    cleaned = clean_name(name)
    assert is_clean(cleaned)
    assert 0 < len(cleaned) <= LONGEST + 1
    assert len(cleaned.encode()) <= LONGEST_BYTES + 1
    assert not set(cleaned) & set('/\\:*?"<>|\0\n')
    assert cleaned not in {".", ".."}


def test_a_long_name_keeps_its_ending() -> None:
    assert clean_name("很" * 300 + ".csv").endswith(".csv")
