"""The registry: node types by id, and the library's entries for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.document.problem import Problem
from app.document.workflow import JsonObject
from app.registry.renames import present_id
from app.sdk.node_type import Category, Kind, Preset
from app.sdk.normal_forms import folded
from app.sdk.spec import NodeSpec


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the library: a type, or one of its presets. `fields` is what a node placed from it starts with."""

    spec: NodeSpec
    preset: Preset | None = None

    @property
    def icon(self) -> str:
        return (self.preset and self.preset.icon) or self.spec.type.icon

    @property
    def kind(self) -> Kind:
        return (self.preset and self.preset.kind) or self.spec.type.kind

    @property
    def category(self) -> Category:
        return self.spec.type.category

    @property
    def fields(self) -> JsonObject:
        return self.spec.encode(self.spec.decode(self.preset.fields)) if self.preset else {}


class Registry:
    """What discovery found. `problems` says which packages could not be loaded, and why."""

    def __init__(self, specs: Iterable[NodeSpec], problems: Iterable[Problem] = ()) -> None:
        self._by_id = {spec.id: spec for spec in specs}
        self.problems = tuple(problems)

    @property
    def specs(self) -> tuple[NodeSpec, ...]:
        return tuple(self._by_id.values())

    def get(self, type_id: str) -> NodeSpec | None:
        """The spec of a type, by its present or a former id; None if it isn't installed here."""
        return self._by_id.get(present_id(type_id))

    def entries(self) -> tuple[Entry, ...]:
        """What the library shows, in the order of the types: presets first, hidden types left out."""
        found: list[Entry] = []
        for spec in self._by_id.values():
            found += [Entry(spec, preset) for preset in spec.type.presets]
            if not spec.type.hidden:
                found.append(Entry(spec))
        return tuple(found)

    def search(self, words: str, texts_of: Callable[[Entry], Iterable[str]]) -> tuple[Entry, ...]:
        """The entries whose texts (the title first) hold every word, the best matches first; all for no word.

        Case, width and accents of typing don't matter beyond what folding evens out.
        """
        wanted = folded(words).split()
        ranked = [
            (rank, entry) for entry in self.entries() if (rank := _rank(wanted, texts_of(entry))) is not None
        ]
        return tuple(entry for _, entry in sorted(ranked, key=lambda pair: pair[0]))


def _rank(wanted: list[str], texts: Iterable[str]) -> int | None:
    """0 where the title begins so, 1 where a word of it does, 2 where it stands anywhere; None where it doesn't."""
    plain = [folded(text) for text in texts]
    if not all(any(word in text for text in plain) for word in wanted):
        return None
    title = plain[0] if plain else ""
    if all(title.startswith(word) for word in wanted):
        return 0
    return 1 if all(any(part.startswith(word) for part in title.split()) for word in wanted) else 2
