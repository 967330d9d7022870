"""The search in Help: sections that hold every word asked for, with the place where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_HAN = re.compile("[\u3400-\u9fff]+")
_WORD = re.compile("[\u3400-\u9fff]+|[^\\s\u3400-\u9fff]+")
_MOST_WORDS = 12  # different ones, of a query that somebody pasted
_LONGEST = 60  # characters of a word; Chinese without gaps is one
_BEFORE, _AFTER = 40, 120  # characters of an excerpt around the first word found


@dataclass(frozen=True, slots=True)
class Text:
    """What is searched: a section of a page. The page's own beginning has no heading."""

    page: str
    title: str
    heading: str
    words: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that was found, and a piece of it."""

    page: str
    title: str
    heading: str
    excerpt: str


def found(query: str, texts: Iterable[Text], most: int) -> list[Hit]:
    """In the order of how well they fit: in the title, in the heading, in the words; else as they stand.

    Of a long query the beginning counts.
    """
    patterns = [_pattern(word) for word in _words_of(query)]
    if not patterns:
        return []
    weighed = [(weight, text) for text in texts if (weight := _weight(text, patterns))]
    weighed.sort(key=lambda one: -one[0])
    return [Hit(text.page, text.title, text.heading, _excerpt(text, patterns)) for _, text in weighed[:most]]


def marks(query: str, words: str) -> list[re.Pattern[str]]:
    """What to mark in a text that a query has found: each word where it begins. Of Chinese that doesn't stand there as
    one word, each two characters.
    """
    found: list[re.Pattern[str]] = []
    for word in _words_of(query):
        whole = _HAN.fullmatch(word) is None or word in words
        parts = [word] if whole else _pairs(word)
        found += [re.compile(_beginning(part), re.IGNORECASE) for part in parts]
    return found


def _words_of(query: str) -> list[str]:
    words = dict.fromkeys(word[:_LONGEST] for word in _WORD.findall(query.casefold()))
    return list(words)[:_MOST_WORDS]


def _pairs(word: str) -> list[str]:
    return [word[at : at + 2] for at in range(max(1, len(word) - 1))]


def _beginning(word: str) -> str:
    """Where a word begins: within Chinese, anywhere."""
    before = r"(?<![^\W_])" if word[0].isalnum() and not _HAN.match(word) else ""
    return before + re.escape(word)


def _pattern(word: str) -> re.Pattern[str]:
    """Where a word begins. Chinese has no gaps between words: each two characters must stand near each other."""
    if _HAN.fullmatch(word):
        pairs = _pairs(word)
        together = "".join(f"(?=.*{pair})" for pair in pairs)
        return re.compile(f"{word}|\\A(?s:{together})" if len(pairs) > 1 else word)
    return re.compile(_beginning(word))


def _weight(text: Text, patterns: list[re.Pattern[str]]) -> int:
    """0: a word is missing."""
    title, heading, words = (part.casefold() for part in (text.title, text.heading, text.words))
    whole = f"{title} {heading} {words}"
    if not all(pattern.search(whole) for pattern in patterns):
        return 0
    weight = 1
    for pattern in patterns:
        weight += 4 * bool(pattern.search(heading)) + min(3, len(pattern.findall(words)))
        if pattern.search(title):
            weight += 2 if text.heading else 8
    # Words of the title alone would list every section of the page.
    return weight if not text.heading or any(p.search(f"{heading} {words}") for p in patterns) else 0


def _excerpt(text: Text, patterns: list[re.Pattern[str]]) -> str:
    words = text.words
    first = next((at.start() for pattern in patterns if (at := pattern.search(words.casefold()))), 0)
    begin = max(0, first - _BEFORE)
    begin = words.find(" ", begin, first) + 1 or begin
    end = begin + _BEFORE + _AFTER
    return ("…" if begin else "") + words[begin:end].strip() + ("…" if end < len(words) else "")
