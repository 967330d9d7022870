"""What this machine has: its memory and its graphics processors; who wants to know asks one door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

GpuMaker: TypeAlias = Literal["nvidia", "amd", "apple", "other"]


@dataclass(frozen=True, slots=True)
class GpuFacts:
    """One graphics processor. Memory in bytes, None: it doesn't say. `shares_memory`: it has none of its own."""

    name: str
    maker: GpuMaker
    memory: int | None = None
    free: int | None = None
    shares_memory: bool = False


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """`memory` and `free` in bytes: what there is, and what programs could take now without pushing others out."""

    memory: int
    free: int
    gpus: tuple[GpuFacts, ...] = ()


class Machine(Protocol):
    """The one door to facts about the machine."""

    async def facts(self) -> MachineFacts:
        """All of it, as it is now."""
        ...

    def memory(self) -> tuple[int, int]:
        """Bytes of memory there are, and bytes that programs could take now; costs next to nothing."""
        ...
