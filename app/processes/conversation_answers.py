"""Answers about conversations that steps with a memory keep: which there are, what was said, and letting them go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.adapters.sqlite_memory import KeptConversation
from app.engine import Engine
from app.processes.messages import (
    ConversationLine,
    ConversationList,
    Counted,
    ForgetConversation,
    ListConversations,
    ReadConversation,
    Reply,
)
from app.processes.store_problems import as_problems

_SHOWN = 200  # turns; the latest


class ConversationAnswers:
    """Reads what is kept, whoever writes it now."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.answers: Mapping[type[Any], Callable[[Any], Awaitable[Reply]]] = {
            ListConversations: self._list,
            ReadConversation: self._read,
            ForgetConversation: self._forget,
        }

    @as_problems
    async def _list(self, _: ListConversations) -> ConversationList:
        kept = await self._engine.conversations.all()
        runs = await self._engine.runs.lines(most=-1) if kept else ()
        names = {run.workflow_id: run.name for run in reversed(runs)}  # the latest name counts
        return ConversationList(
            tuple(
                ConversationLine(one.owner, one.name, names.get(one.owner, ""), one.turns, one.at, one.size)
                for one in kept
            )
        )

    @as_problems
    async def _read(self, asked: ReadConversation) -> KeptConversation:
        return await self._engine.conversations.read(asked.owner, asked.name, _SHOWN)

    @as_problems
    async def _forget(self, asked: ForgetConversation) -> Counted:
        return Counted(await self._engine.conversations.forget(asked.owner, asked.name))
