"""Fitting: the templates and steps that have most to do with a sentence. By its words: no model is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from app.registry import node_texts
from app.registry.registry import Registry
from app.sdk.passages import Passage, relevance
from app.ui.palette.entries import Entry, entries
from app.ui.welcome.examples import Example, examples

Found: TypeAlias = Example | Entry

_NEAR = 0.35  # of what the best one scores; below, it is chance
_BEGINNING = 4  # letters in which forms of one word are alike: message and messages, sort and sorts
_SAY_NOTHING = (
    " a an the and or of to in on at by it its is are be was for from into out with that this then when what where "
    "which who them they i you your my me we our not has have if so as than each all any before after "
)
_WORD = re.compile(r"[^\W_\u2e80-\U0003ffff]+")


@dataclass(frozen=True, slots=True)
class Fits:
    """The best first."""

    templates: tuple[Example, ...] = ()
    steps: tuple[Entry, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.templates or self.steps)


def fitting(sentence: str, registry: Registry, most: int = 3) -> Fits:
    """At most so many of each; titles and summaries count in every language."""
    words = _beginnings(sentence)
    if not words.strip():
        return Fits()
    found: list[Found] = [*examples(registry), *entries(registry.specs)]
    scores = relevance([Passage(at, _beginnings(_said(one))) for at, one in enumerate(found)], words)
    least = max(scores.values(), default=0.0) * _NEAR
    good = sorted(
        (at for at, score in scores.items() if score and score >= least), key=lambda at: (-scores[at], at)
    )
    best: Sequence[Found] = [found[at] for at in good]
    return Fits(
        tuple(one for one in best if isinstance(one, Example))[:most],
        tuple(one for one in best if isinstance(one, Entry))[:most],
    )


def _said(one: Found) -> str:
    if isinstance(one, Entry):
        return " ".join(node_texts.search_words(one.spec, one.preset))
    return f"{one.title} {one.summary} {one.workflow.name} {one.workflow.description}"


def _beginnings(words: str) -> str:
    """Of the words that say something; Chinese stays as it is."""

    def beginning(found: re.Match[str]) -> str:
        return "" if f" {found[0]} " in _SAY_NOTHING else found[0][:_BEGINNING]

    return _WORD.sub(beginning, words.casefold())
