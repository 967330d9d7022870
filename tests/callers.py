"""A model that calls tools as it is told to, for tests of agents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeAlias

from app.costs.usage import Usage
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatReply, ChatRequest, ModelFacts, ToolCall
from tests.flows import ScriptedModels

Say: TypeAlias = str | Sequence[tuple[str, str]]  # a text, or calls: (tool, arguments)


class Caller(ScriptedModels):
    """Says what the test wants turn by turn; `requests` are what it was asked. `after` is told before each answer."""

    def __init__(self, *turns: Say, after: Callable[[int], None] = lambda _: None) -> None:
        super().__init__()
        self.turns = turns
        self.requests: list[ChatRequest] = []
        self.after = after
        self.can_tools: bool | None = True

    def facts(self, choice: ModelChoice) -> ModelFacts:
        return ModelFacts("scripted-1", "Test", "openai_compatible", can_tools=self.can_tools)

    async def chat(self, request: ChatRequest) -> ChatReply:
        self.requests.append(request)
        turn = sum(message.role == "assistant" for message in request.messages)
        self.after(turn)
        await asyncio.sleep(0)
        said = self.turns[min(turn, len(self.turns) - 1)]
        text = said if isinstance(said, str) else ""
        calls = () if isinstance(said, str) else said
        called = tuple(ToolCall(f"c{turn}{i}", name, args) for i, (name, args) in enumerate(calls))
        finish = "tool_calls" if called else "stop"
        return ChatReply(text, finish, Usage(10, 5), "scripted-1", 0.01, called)

    @property
    def told(self) -> list[str]:
        """What the tools' answers were, as the last request shows them."""
        return [message.content for message in self.requests[-1].messages if message.role == "tool"]
