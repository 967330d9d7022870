"""What a page of Help says in its Markdown: sections with their anchors, and the bare words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEADING = re.compile(r"(#{1,6}) (.+)")
_FENCE = "```"
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"\*\*|`|^ *(?:[-*]|\d+\.|>) |(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)|\\", re.MULTILINE)
_CELLS = re.compile(r"\|[-:| ]+\|$|\|", re.MULTILINE)
_FIRST_SENTENCE = re.compile(r".+?(?:[.!?](?= |$)|[。！？]|$)")
_NO_PART_OF_ANCHORS = re.compile(r"[^\w\- ]")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with the words below it, up to the next heading; `level` 1 is the page's own."""

    level: int
    heading: str
    words: str

    @property
    def anchor(self) -> str:
        return anchor(self.heading)


def sections(page: str) -> list[Section]:
    """The sections of a page in their order. Its first line is a heading."""
    found: list[Section] = []
    for heading, lines in _cut(page):
        level, title = len(heading[1]), plain(heading[2])
        found.append(Section(level, title, plain("\n".join(lines))))
    return found


def title(page: str) -> str:
    """The page's own heading."""
    return sections(page)[0].heading


def first_sentence(page: str) -> str:
    """What the page is for: the sentence below its heading."""
    found = _FIRST_SENTENCE.match(sections(page)[0].words)
    return found[0] if found else ""


def anchor(heading: str) -> str:
    """The name by which links reach a heading, as places that show Markdown make it."""
    return _NO_PART_OF_ANCHORS.sub("", heading.strip().lower()).replace(" ", "-")


def plain(markdown: str) -> str:
    """The words without marks, on one line."""
    words = "\n".join(line for line in markdown.splitlines() if not line.startswith(_FENCE))
    return _SPACES.sub(" ", _CELLS.sub(" ", _MARKS.sub("", _LINK.sub(r"\1", words)))).strip()


def _cut(page: str) -> Iterator[tuple[re.Match[str], list[str]]]:
    heading: re.Match[str] | None = None
    lines: list[str] = []
    fenced = False
    for line in page.splitlines():
        if line.startswith(_FENCE):
            fenced = not fenced
        found = None if fenced else _HEADING.fullmatch(line)
        if found is None:
            lines.append(line)
            continue
        if heading is not None:
            yield heading, lines
        heading, lines = found, []
    if heading is not None:
        yield heading, lines
