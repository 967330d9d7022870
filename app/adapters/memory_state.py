"""What models of this computer are doing now, and the memory that they share; what people are shown of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.adapters.machine_facts import MachineFacts

ModelStatus: TypeAlias = Literal["waiting", "loading", "busy", "idle", "leaving", "elsewhere"]


@dataclass(frozen=True, slots=True)
class ModelState:
    """One model that is loaded or is wanted. `memory` is what it takes or would take, in bytes, `on_gpu` the part of
    it in graphics memory. `running` calls go on, `waiting` ones wait for it; `behind` are the models at work for which
    it waits.
    """

    model: str
    status: ModelStatus
    memory: int
    on_gpu: int = 0
    running: int = 0
    waiting: int = 0
    behind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MemoryState:
    """`limit` is what models may take together, in bytes. Loaded models come first, then those that wait, in turn.
    `elsewhere` are those of other windows and terminals of this person, which share the limit.
    """

    machine: MachineFacts
    limit: int
    models: tuple[ModelState, ...] = ()
    elsewhere: tuple[ModelState, ...] = ()

    @property
    def taken(self) -> int:
        """Bytes that loaded models are counted with."""
        return sum(one.memory for one in (*self.models, *self.elsewhere) if one.status != "waiting")
