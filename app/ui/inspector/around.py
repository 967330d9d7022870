"""Around: what an editor may ask about the world around its node, without knowing where that is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.adapters.shelf import NO_SHELF, FoundLine, ModelLine, Shelf
from app.sdk.data_types import DataType


@dataclass(frozen=True, slots=True)
class Source:
    """A value that a text may refer to: an output of a step above, or what already comes in.

    `step` and `port_label` are what people read. `input` is the own input that carries it; empty
    where no link brings it yet. `path` leads to a part of the value.
    """

    node: str
    port: str
    step: str
    port_label: str
    type: DataType
    input: str = ""
    path: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """The text that stands for it once a link brings it."""
        return "{{" + ".".join((self.input, *self.path)) + "}}"


class Around(Protocol):
    """Asked anew at each need, since everything here may change while a form is open."""

    def sources(self) -> Sequence[Source]:
        """What texts may refer to, what comes in already first."""
        ...

    def incoming(self) -> Mapping[str, Source]:
        """The source of each input that a link feeds, by input; quick enough for every letter typed."""
        ...

    def open_preferences(self, page: str) -> None:
        """Shows a page of Preferences, such as "models"."""
        ...

    def shelf(self) -> Shelf:
        """The models, roles and connections of this machine."""
        ...

    def find_models(self) -> None:
        """Looks for model servers on this computer; what is found comes as another shelf."""
        ...

    def take_found(self, found: FoundLine) -> None:
        """Keeps a server that was found as a connection."""
        ...

    def give_price(self, line: ModelLine) -> None:
        """Asks the person what a model costs; it comes with another shelf."""
        ...

    def folder(self) -> Path | None:
        """The workflow's folder; None before its first save."""
        ...


class Nowhere:
    """Around for a form that stands alone: no steps above, no models, no folder."""

    def sources(self) -> Sequence[Source]:
        return ()

    def incoming(self) -> Mapping[str, Source]:
        return {}

    def open_preferences(self, page: str) -> None:
        return

    def shelf(self) -> Shelf:
        return NO_SHELF

    def find_models(self) -> None:
        return

    def take_found(self, found: FoundLine) -> None:
        return

    def give_price(self, line: ModelLine) -> None:
        return

    def folder(self) -> Path | None:
        return None
