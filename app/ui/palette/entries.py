"""Library entries: what can be placed, in which group it stands and how well it fits a search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.registry import node_texts
from app.sdk.node_type import Category, Kind, Preset
from app.sdk.spec import NodeSpec

Group: TypeAlias = Literal["start", "models", "checks", "tools"]
GROUPS: tuple[Group, ...] = ("start", "models", "checks", "tools")
_GROUP_OF: dict[Category, Group] = {
    "start": "start",
    "models": "models",
    "checks": "checks",
    "tools": "tools",
    "logic": "tools",
}

_GUESS = 4  # how well letters in order fit; smaller is better


@dataclass(frozen=True, slots=True)
class Entry:
    """A node type, or one of its presets."""

    spec: NodeSpec
    preset: Preset | None = None

    @property
    def id(self) -> str:
        """The name that drags and new steps know it by: "type" or "type#preset"."""
        return f"{self.spec.id}#{self.preset.id}" if self.preset else self.spec.id

    @property
    def group(self) -> Group:
        return _GROUP_OF[self.spec.type.category]

    @property
    def icon(self) -> str:
        return (self.preset.icon if self.preset else "") or self.spec.type.icon

    @property
    def kind(self) -> Kind:
        return (self.preset.kind if self.preset else None) or self.spec.type.kind

    @property
    def title(self) -> str:
        preset = self.preset
        return node_texts.preset_title(self.spec, preset) if preset else node_texts.title(self.spec)

    @property
    def summary(self) -> str:
        preset = self.preset
        return node_texts.preset_summary(self.spec, preset) if preset else node_texts.summary(self.spec)


def entries(specs: Iterable[NodeSpec]) -> list[Entry]:
    """Every type and preset, group by group, in the order of the specs."""
    found: list[Entry] = []
    for spec in specs:
        if not spec.type.hidden:
            found.append(Entry(spec))
        found += [Entry(spec, preset) for preset in spec.type.presets]
    return sorted(found, key=lambda entry: GROUPS.index(entry.group))


def search(found: Sequence[Entry], words: str) -> list[Entry]:
    """The entries that fit every word, the best first; without words all of them as they are."""
    wanted = words.casefold().split()
    if not wanted:
        return list(found)
    scored = [
        (score, at, entry) for at, entry in enumerate(found) if (score := _score(entry, wanted)) is not None
    ]
    # Letters in order are a guess, wanted only where nothing better was found.
    if any(score < _GUESS for score, _, _ in scored):
        scored = [found for found in scored if found[0] < _GUESS]
    return [entry for _, _, entry in sorted(scored, key=lambda found: found[:2])]


def _score(entry: Entry, wanted: Sequence[str]) -> int | None:
    """0 is best; None: a word fits nowhere. Titles and summaries count in every language."""
    known = [text.casefold() for text in node_texts.search_words(entry.spec, entry.preset)]
    if any(text.startswith(" ".join(wanted)) for text in known):
        return 0 if known[0].startswith(" ".join(wanted)) else 1
    worst = 1
    for word in wanted:
        best = min(
            (fit for at, text in enumerate(known) if (fit := _fit(word, text, at)) is not None), default=None
        )
        if best is None:
            return None
        worst = max(worst, best)
    return worst


def _fit(word: str, text: str, at: int) -> int | None:
    if text.startswith(word):
        return 0 if at == 0 else 1
    if f" {word}" in text or f"-{word}" in text:
        return 2
    if word in text:
        return 3
    # Letters left out or typed too fast; a long text would hold any few letters in order.
    return _GUESS if len(word) > 1 and len(text) <= 40 and _in_order(word, text) else None


def _in_order(letters: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)
