"""A listed model: what a server says of one of its models, in the same words whoever made the server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from app.costs.price import Price

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ListedModel:
    """`abilities` are said to be there, `lacking` said not to be: some of chat, tools, pictures, schema, embed.

    `context` is the longest text in tokens, `loaded` whether it lies in memory, `on_gpu` the part of it (0 to 1)
    that a GPU carries, `price` what it charges. None: the server doesn't say. `remote` is the server to which this one
    sends what the model is asked.
    """

    name: str
    title: str = ""
    abilities: frozenset[str] = frozenset()
    lacking: frozenset[str] = frozenset()
    context: int | None = None
    size_bytes: int | None = None
    loaded: bool | None = None
    on_gpu: float | None = None
    price: Price | None = None
    remote: str = ""

    def can(self, ability: str) -> bool | None:
        """Whether it can; None: not said."""
        return True if ability in self.abilities else False if ability in self.lacking else None


def listed(name: str, can: Mapping[str, bool | None], **more: Any) -> ListedModel:
    """A model whose abilities come as yes, no or None."""
    has = frozenset(ability for ability, able in can.items() if able is True)
    lacks = frozenset(ability for ability, able in can.items() if able is False)
    return ListedModel(name, abilities=has, lacking=lacks, **more)


# What a server sends may have any shape: these take what fits and leave out the rest.


def part(row: Any, name: str) -> Row:
    """An object inside an object, or an empty one."""
    found: Any = cast("Row", row).get(name) if isinstance(row, Mapping) else None
    return cast("Row", found) if isinstance(found, Mapping) else {}


def rows(body: Row, name: str) -> list[Row] | None:
    """A list of objects; servers say null for no models at all. None: it isn't there, or something else is."""
    if name not in body:
        return None
    found: Any = body[name]
    if found is None:
        return []
    if not isinstance(found, list):
        return None
    return [cast("Row", row) for row in cast("list[Any]", found) if isinstance(row, Mapping)]


def word(row: Row, name: str) -> str:
    """A text, or an empty one."""
    found = row.get(name)
    return found if isinstance(found, str) else ""


def words(row: Row, name: str) -> frozenset[str] | None:
    """A list of texts; None: it isn't there."""
    found: Any = row.get(name)
    if not isinstance(found, list):
        return None
    return frozenset(one for one in cast("list[Any]", found) if isinstance(one, str))


def whole(row: Row, *names: str) -> int | None:
    """The first of these that is a whole number above 0."""
    for name in names:
        found = row.get(name)
        if isinstance(found, int) and not isinstance(found, bool) and found > 0:
            return found
    return None


def yes_or_no(row: Row, name: str) -> bool | None:
    found = row.get(name)
    return found if isinstance(found, bool) else None
