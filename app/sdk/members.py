"""Several answers to one question at the same time: from several models, or several from one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from app.sdk.errors import NodeError
from app.sdk.model_rows import Member
from app.sdk.question import Answer, Asking, named


@dataclass(frozen=True, slots=True)
class Said:
    """What one of those asked said; neither answer nor error: it was stopped. `number` counts from 1."""

    number: int
    model: str
    connection: str
    answer: Answer | None = None
    error: NodeError | None = None


def ask_all(asking: Asking, members: Sequence[Member], variety: float) -> list[asyncio.Task[Said]]:
    """A task for each answer, in the order of the members; who starts them ends them.

    One that answers several times gets seeds from 1 and `variety` as its temperature.
    """
    each = [(member, turn) for member in members for turn in range(member.times)]
    return [
        asyncio.ensure_future(_ask(asking, number, member, turn, variety))
        for number, (member, turn) in enumerate(each, 1)
    ]


async def end_all(tasks: Sequence[asyncio.Task[Said]]) -> None:
    """Comes back when none of them goes on: what they were about to keep is kept, or given up."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _ask(asking: Asking, number: int, member: Member, turn: int, variety: float) -> Said:
    model, connection = named(asking.ctx, member.model)
    is_varied = member.times > 1
    seed, temperature = (turn + 1, variety) if is_varied else (None, None)
    try:
        answer = await asking.ask(member.model, number, seed, temperature)
    except NodeError as error:
        return Said(number, model, connection, error=error)
    return Said(number, answer.model or model, connection, answer)
