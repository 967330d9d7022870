"""What is read out of a page: its sections, their anchors, and its bare words."""

from __future__ import annotations

import pytest

from app.guide.markdown import anchor, first_sentence, plain, sections

PAGE = """# The `title`

First sentence. Second one.

## A part, with *marks*

- **Bold**: see [there](../there.md#x)

```sh
# no heading
baton run
```

### Below

| a | b |
|---|---|
| 1 | 2 |
"""


def test_a_page_is_cut_at_its_headings_and_not_at_code() -> None:
    found = [(section.level, section.heading) for section in sections(PAGE)]
    assert found == [(1, "The title"), (2, "A part, with marks"), (3, "Below")]
    assert sections(PAGE)[1].words == "Bold: see there # no heading baton run"
    assert sections(PAGE)[2].words == "a b 1 2"


def test_the_first_sentence_says_what_a_page_is_for() -> None:
    assert first_sentence(PAGE) == "First sentence."
    assert first_sentence("# 标题\n\n第一句。第二句。\n") == "第一句。"
    assert first_sentence("# A\n\nFiles such as a.json are kept. More.\n") == "Files such as a.json are kept."
    assert first_sentence("# Nothing\n") == ""


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("What to do", "what-to-do"),
        ("run.time_limit", "runtime_limit"),
        ("1. 第一步：运行", "1-第一步运行"),
        ("A – b", "a--b"),
    ],
)
def test_anchors_are_made_as_places_that_show_markdown_make_them(heading: str, expected: str) -> None:
    assert anchor(heading) == expected


def test_words_keep_what_only_looks_like_a_mark() -> None:
    assert plain("2 * 3 * 4 and snake_case, a \\| b") == "2 * 3 * 4 and snake_case, a b"
