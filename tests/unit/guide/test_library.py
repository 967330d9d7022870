"""The library of Help: its pages, and where links lead."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.guide.library import Library, Place, library


@pytest.fixture
def shelf(tmp_path: Path) -> Library:
    for name, text in {
        "index": "# Help\n",
        "how-to/one": "# One\n\n## A part\n",
        "how-to/two": "# Two\n",
    }.items():
        path = tmp_path / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    (tmp_path.parent / "outside.md").write_text("# Outside\n", "utf-8")
    return Library(tmp_path)


@pytest.mark.parametrize(
    ("link", "place"),
    [
        ("two.md", Place("how-to/two")),
        ("../how-to/two.md#x", Place("how-to/two", "x")),
        ("#a-part", Place("how-to/one", "a-part")),
        ("../index.md", Place("index")),
        ("../../outside.md", None),
        ("/etc/passwd", None),
        ("file:///etc/passwd", None),
        ("https://example.com/two.md", None),
        ("javascript:alert(1)", None),
        ("three.md", None),
    ],
)
def test_a_link_leads_to_a_page_of_help_or_nowhere(shelf: Library, link: str, place: Place | None) -> None:
    assert shelf.follow("how-to/one", link) == place


def test_a_page_that_is_not_there_is_the_index(shelf: Library) -> None:
    assert shelf.read("how-to/three") == shelf.read("index")


def test_a_language_without_pages_reads_the_english_ones() -> None:
    assert library("xx").read("index") == library("en").read("index")
    assert library("zh-CN").read("index") != library("en").read("index")
