"""How a model of this computer is to be loaded: its file, how much it reads at a time, and its LoRA adapters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

CONTEXT = 4096  # tokens for one request, unless the person says otherwise
SLOTS = 2
MOST_SLOTS = 64


@dataclass(frozen=True, slots=True)
class LoraAdapter:
    """A file that changes how a model answers; `scale` is how strongly, 1 as it was made, 0 not at all."""

    path: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class ModelSetup:
    """`context` is in tokens for each of the `slots` that answer side by side; a model made for less gets less."""

    path: str
    context: int = CONTEXT
    slots: int = SLOTS
    adapters: tuple[LoraAdapter, ...] = ()


class InstalledModels(Protocol):
    """The model files of this computer by name, which is what workflows hold; the default one comes first.

    Asked often: an implementation looks at its files only when they may have changed.
    """

    def names(self) -> tuple[str, ...]: ...

    def setup(self, name: str) -> ModelSetup | None:
        """None: there is none of this name."""
        ...
