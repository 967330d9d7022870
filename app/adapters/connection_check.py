"""Tries a connection out and says in codes what is wrong: network, address, key, model name, region, balance."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from app.adapters.connection import Connection
from app.adapters.connections import missing_model
from app.costs.usage import Usage
from app.document.problem import Problem
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatMessage, ChatReply, ChatRequest

# Enough that models which think first don't complain; a fraction of a cent anywhere.
FEW_TOKENS = 16
PATIENCE = 15.0  # seconds
PATIENCE_WITH_MODEL = 90.0  # a local server may have to load the model first

Ask: TypeAlias = Callable[[str, ChatRequest], Awaitable[ChatReply]]


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """`problem` None: it works. `models` are those that the server offers. `tried` is the model that really answered.

    Without a model to try, balance and region stay unknown.
    """

    problem: Problem | None
    models: tuple[str, ...] = ()
    tried: str = ""
    usage: Usage | None = None
    seconds: float = 0.0


async def check_connection(
    connection: Connection,
    models: Callable[[], Awaitable[tuple[str, ...] | None]],
    ask: Ask,
    is_told: Callable[[], bool],
) -> ConnectionCheck:
    """Asks for the list of models, which costs nothing, then for a few tokens of the connection's own model.

    `is_told`: whether the list came from the server itself.
    """
    begun = time.perf_counter()
    listed: tuple[str, ...] = ()
    model = connection.model or next(iter(connection.models), "")
    try:
        async with asyncio.timeout(PATIENCE):
            listed = await models() or ()
        if not model:
            return ConnectionCheck(None, listed, seconds=time.perf_counter() - begun)
        # Tried even where it isn't listed: servers take shorter names than they list.
        message = ChatMessage("user", "Say hi.")
        async with asyncio.timeout(PATIENCE_WITH_MODEL):
            reply = await ask(model, ChatRequest(ModelChoice(), [message], max_tokens=FEW_TOKENS))
    except TimeoutError:
        return ConnectionCheck(Problem("model.timeout", args={"connection": connection.name}), listed)
    except NodeError as error:
        known: NodeError = error
        if error.code == "model.missing":
            known = missing_model(model, connection.name, listed, is_told=is_told())
        return ConnectionCheck(Problem(known.code, field=error.field, args=known.args_by_name), listed)
    return ConnectionCheck(None, listed, model, reply.usage, time.perf_counter() - begun)
