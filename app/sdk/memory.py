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

    @property
    def last(self) -> int:
        """The number of the latest turn."""
        return self.turns[-1].number if self.turns else self.summed


class Memory(Protocol):
    """The conversations of one workflow, by name. Raises NodeError `memory.unreachable`."""

    async def read(self, conversation: str, key: str) -> Conversation:
        """As it is now, or as the instance holds it. `key` is the instance's idempotency key."""
        ...

    async def hold(self, conversation: str, key: str, seen: Conversation) -> None:
        """What the instance is about to ask with: it reads this again, whatever others add meanwhile, so that after a
        crash it asks the same and finds the answers that it has paid. Until it adds its turn, or lets go.
        """
        ...

    async def let_go(self, conversation: str, key: str) -> None:
        """The instance reads it as it is then."""
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
        self._held: dict[tuple[str, str], Conversation] = {}

    async def read(self, conversation: str, key: str) -> Conversation:
        turns = self._turns.get(conversation, {})
        if (held := self._held.get((conversation, key))) is not None:
            return held
        summary, summed = self._sums.get(conversation, ("", 0))
        later = tuple(turn for turn in turns.values() if turn.number > summed)
        return Conversation(later, summary, summed, turns.get(key))

    async def hold(self, conversation: str, key: str, seen: Conversation) -> None:
        self._held[conversation, key] = seen

    async def let_go(self, conversation: str, key: str) -> None:
        self._held.pop((conversation, key), None)

    async def add(self, conversation: str, key: str, asked: str, answered: str) -> Turn:
        await self.let_go(conversation, key)
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

    async def hold(self, conversation: str, key: str, seen: Conversation) -> None:
        pass

    async def let_go(self, conversation: str, key: str) -> None:
        pass

    async def add(self, conversation: str, key: str, asked: str, answered: str) -> Turn:
        return Turn(0, asked, answered)

    async def sum_up(self, conversation: str, summary: str, summed: int) -> None:
        pass
