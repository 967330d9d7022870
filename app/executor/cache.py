"""The cache: results of model steps by the content that made them, as a protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from app.costs.cost import FREE, Cost
from app.costs.usage import NO_USAGE, Usage
from app.document.workflow import Json
from app.sdk.data_types import Value


@dataclass(frozen=True, slots=True)
class Kept:
    """What a step gave, and what it took when it really ran. Failures, cut and refused answers are never kept."""

    outputs: Mapping[str, Value]
    verdict: Mapping[str, Json] | None = None
    usage: Usage = NO_USAGE
    cost: Cost = FREE
    model: str = ""
    at: str = ""  # ISO 8601 with zone


@dataclass(frozen=True, slots=True)
class CacheState:
    """How much is kept: `size` in bytes, about, and the same by workflow id."""

    entries: int = 0
    size: int = 0
    by_workflow: Mapping[str, int] = field(default_factory=dict[str, int])


class Cache(Protocol):
    """Shared by the processes of a profile. A cache that can't be read or written is an empty one: nothing raises."""

    async def get(self, key: str) -> Kept | None: ...

    def put(self, key: str, workflow_id: str, node: str, kept: Kept) -> None:
        """Keeps it some time soon; the least recently used leave when the size limit is reached. Outputs that hold a
        lazy sequence aren't kept: it lies in the store of one run.
        """
        ...

    async def clear(self, workflow_id: str = "", node: str = "") -> int:
        """Forgets everything, or what a workflow or one of its nodes made. Gives how many entries went."""
        ...

    async def state(self) -> CacheState: ...
