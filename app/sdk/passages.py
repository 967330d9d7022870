"""Passages of a long text: which say the same, and which belong to a question. No model, no cost.

Near-duplicates by overlapping shingles (Broder, 1997); relevance by Okapi BM25 (Robertson and Zaragoza, 2009).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

ALIKE = 0.8  # share of shingles that two passages have in common (Jaccard)
_SHINGLE = 3  # words
_LONGEST = 1200  # characters of a passage; a longer paragraph is parted at sentences
_K1, _B = 1.2, 0.75
_WORD = re.compile(r"[^\W_\u2e80-\U0003ffff]+|[\u2e80-\U0003ffff]")
_SENTENCE = re.compile(r"(?<=[.!?。！？…])\s*(?=\S)")
_BLANK = re.compile(r"\n\s*\n")
_COMMON = 12  # words that stand for a whole text


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, or a part of a long one; `number` is its place in the text, `begins`: a paragraph."""

    number: int
    text: str
    begins: bool = True


def passages_of(text: str) -> list[Passage]:
    """Paragraphs in order; those that are too long in parts that end with sentences."""
    found: list[Passage] = []
    for paragraph in _BLANK.split(text):
        begins = True
        for part in _parts(paragraph.strip()):
            found.append(Passage(len(found), part, begins))
            begins = False
    return found


def joined(passages: Sequence[Passage]) -> str:
    """The text of passages in their order."""
    pieces: list[str] = []
    last = -1
    for passage in sorted(passages, key=lambda one: one.number):
        goes_on = not passage.begins and passage.number == last + 1
        pieces += [" " if goes_on else "\n\n", passage.text]
        last = passage.number
    return "".join(pieces[1:])


def twins(passages: Sequence[Passage]) -> dict[int, int]:
    """The passages that say what an earlier one says: their numbers, and that one's."""
    holders: dict[tuple[str, ...], list[int]] = {}
    shingles: dict[int, frozenset[tuple[str, ...]]] = {}
    found: dict[int, int] = {}
    for passage in passages:
        own = _shingles(passage.text)
        shared = Counter(number for shingle in own for number in holders.get(shingle, ()))
        for number, both in shared.most_common(3):
            if both / len(own | shingles[number]) >= ALIKE:
                found[passage.number] = number
                break
        else:
            shingles[passage.number] = own
            for shingle in own:
                holders.setdefault(shingle, []).append(passage.number)
    return found


def relevance(passages: Sequence[Passage], question: str = "") -> dict[int, float]:
    """How much each passage has to do with the question, by number; without one, with the whole text."""
    counts = {passage.number: Counter(_words(passage.text)) for passage in passages}
    holding = Counter(word for count in counts.values() for word in count)
    size = len(passages) or 1
    average = sum(count.total() for count in counts.values()) / size or 1
    asked = set(_words(question)) or _telling(counts.values(), holding, size)
    weights = {
        word: math.log(1 + (size - holding[word] + 0.5) / (holding[word] + 0.5))
        for word in asked
        if holding[word]
    }

    def score(count: Counter[str]) -> float:
        long = _K1 * (1 - _B + _B * count.total() / average)
        return sum(
            weight * count[word] * (_K1 + 1) / (count[word] + long) for word, weight in weights.items()
        )

    return {number: score(count) for number, count in counts.items()}


def _telling(counts: Iterable[Counter[str]], holding: Counter[str], size: int) -> set[str]:
    """The words that stand for a whole text: those that it says often, and not everywhere."""
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    told = {
        word: often * math.log(1 + size / holding[word]) for word, often in total.items() if holding[word] > 1
    }
    return set(sorted(told, key=lambda word: (-told[word], word))[:_COMMON])


def _parts(paragraph: str) -> Iterator[str]:
    if len(paragraph) <= _LONGEST:
        if paragraph:
            yield paragraph
        return
    part = ""
    for sentence in _SENTENCE.split(paragraph):
        if part and len(part) + len(sentence) > _LONGEST:
            yield part
            part = ""
        part = f"{part} {sentence}" if part else sentence
        while len(part) > 2 * _LONGEST:
            yield part[:_LONGEST]
            part = part[_LONGEST:]
    if part:
        yield part


def _words(text: str) -> list[str]:
    """Words; of scripts that write none apart, pairs of signs."""
    found = _WORD.findall(text.casefold())
    words = [word for word in found if word < "\u2e80"]
    return words + [one + other for one, other in pairwise(found) if one >= "\u2e80" <= other]


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    if len(words) <= _SHINGLE:
        return frozenset({tuple(words)})
    return frozenset(tuple(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1))
