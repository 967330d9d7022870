from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sdk.source_check import Source

INVOICE = (
    "Invoice  INV-2041 from ACME\nGmbH — dated 12. March 2026, Qty 12 34.50, "
    "total: € 1.234,50 (VAT １９％). 张三在北京工作。Café Müller, 3-5 days, 1 234,75"
)


@pytest.mark.parametrize(
    ("value", "quote"),
    [
        ("Acme GmbH", "ACME\nGmbH"),
        ("acme gmbh.", "ACME\nGmbH"),
        ("INV-2041", "INV-2041"),
        ("2026-03-12", "12. March 2026"),
        ("12/03/2026", "12. March 2026"),
        (1234.5, "1.234,50"),
        ("€1,234.50", "1.234,50"),
        (34.5, "34.50"),
        (1234.75, "1 234,75"),
        (19, "１９"),
        ("北京", "北京"),
        ("café müller", "Café Müller"),
        ("Cafe\u0301", "Café"),
        (5, "-5"),
    ],
)
def test_what_is_there_is_found_with_the_sources_own_words(value: object, quote: str) -> None:
    found = Source(INVOICE).find(value)  # type: ignore[arg-type]
    assert found is not None
    assert found.text == quote
    assert INVOICE[found.start : found.end] == quote


@pytest.mark.parametrize(
    "value",
    [
        "INV-204",
        "Acme AG",
        "Cafe",
        "2026-03-13",
        1234,
        204,
        -34.5,
        True,
        None,
        "",
        "  ",
        ["ACME"],
        "GmbHdated",
    ],
)
def test_what_is_not_there_is_not_found(value: object) -> None:
    assert Source(INVOICE).find(value) is None  # type: ignore[arg-type]


@given(before=st.text(), value=st.text(st.characters(categories=["L"]), min_size=1), after=st.text())
def test_a_word_of_its_own_is_always_found(before: str, value: str, after: str) -> None:
    found = Source(f"{before} {value} {after}").find(value)
    assert found is not None


@given(st.text(), st.text() | st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_any_source_and_value_have_an_answer(source: str, value: str | float) -> None:
    found = Source(source).find(value)
    assert found is None or source[found.start : found.end] == found.text


def test_a_long_source_is_read_once_and_quickly() -> None:
    text = Source("Lorem ipsum 12,50 dolor 3.4.2026 sit amet. " * 5_000)
    begun = time.process_time()
    for value in ("nowhere", 99999.5, "2025-01-01"):
        assert text.find(value) is None
    assert time.process_time() - begun < 1.0
