"""Conversations that outlive a run: what a step may read of one, and what it adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer. `number` counts from 1 within the conversation."""

    number: int
    asked: str
    answered: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns in order behind the first `summed` ones, which `summary` stands for. `own` is the turn that this very
    instance has added before: then it is done, and nothing needs asking again.
    """

    turns: Sequence[Turn] = ()
    summary: str = ""
    summed: int = 0
    own: Turn | None = None


class Memory(Protocol):
    """The conversations of one workflow, by name. Raises NodeError `memory.unreachable`."""

    async def read(self, conversation: str, key: str) -> Conversation:
        """`key` is the instance's idempotency key."""
        ...

    async def add(self, conversation: str, key: str, asked: str, answered: str) -> Turn:
        """Adds a turn once for each key, and gives the one that is kept."""
        ...

    async def sum_up(self, conversation: str, summary: str, summed: int) -> None:
        """Lets a summary stand for the first turns; one that stands for more already stays."""
        ...


class MemoryOfProcess:
    """Conversations that end with the process, for runs without a profile and for tests."""

    def __init__(self) -> None:
        self._turns: dict[str, dict[str, Turn]] = {}
        self._sums: dict[str, tuple[str, int]] = {}

    async def read(self, conversation: str, key: str) -> Conversation:
        turns = self._turns.get(conversation, {})
        summary, summed = self._sums.get(conversation, ("", 0))
        later = tuple(turn for turn in turns.values() if turn.number > summed)
        return Conversation(later, summary, summed, turns.get(key))

    async def add(self, conversation: str, key: str, asked: str, answered: str) -> Turn:
        turns = self._turns.setdefault(conversation, {})
        return turns.setdefault(key, Turn(len(turns) + 1, asked, answered))

    async def sum_up(self, conversation: str, summary: str, summed: int) -> None:
        if summed > self._sums.get(conversation, ("", 0))[1]:
            self._sums[conversation] = (summary, summed)


class ReadOnlyMemory:
    """What a dry run sees: it reads, and nothing that it adds is kept."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def read(self, conversation: str, key: str) -> Conversation:
        return replace(await self._memory.read(conversation, key), own=None)

    async def add(self, conversation: str, key: str, asked: str, answered: str) -> Turn:
        return Turn(0, asked, answered)

    async def sum_up(self, conversation: str, summary: str, summed: int) -> None:
        pass
