"""The calls of its tools that an agent's model has made: by its replies, or by what the agent came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.document.workflow import JsonObject
from app.executor.agent_tools import MOST_CALLS, BadArguments, arguments_of
from app.executor.call_requests import reply_of
from app.executor.journal import Journal, Place
from app.planner.plan import AgentTool, PlanStep
from app.sdk.gateway import ChatReply


async def call_made(
    journal: Journal, agent: PlanStep, place: Place, number: int
) -> tuple[AgentTool, JsonObject] | None:
    """The tool and the arguments of one call, by its number in the agent's own `place`; None where nobody can say.
    Raises JournalError.
    """
    tools = {tool.name: tool for tool in (agent.frame.tools if agent.frame else ())}
    for name, text in await _wishes(journal, agent, place):
        tool = tools.get(name)
        if tool is None:
            continue
        try:
            arguments = arguments_of(text, tool.parameters)
        except BadArguments:  # no steps ran for it, and it has no number
            continue
        if not number:
            return tool, arguments
        number -= 1
    return None


async def _wishes(journal: Journal, agent: PlanStep, place: Place) -> Sequence[tuple[str, str]]:
    """Names and arguments, as the model said them."""
    record = (await journal.steps(place)).get(agent.id)
    if record is not None:
        rows = record.outputs.get("calls")
        told = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, Sequence) else []
        return [(str(row.get("tool")), str(row.get("arguments"))) for row in told]
    calls = sorted(await journal.calls(place, agent.id), key=lambda call: call.at)
    replies = [reply_of(call.reply) for call in calls]
    return [
        (wish.name, wish.arguments)
        for reply in replies
        if isinstance(reply, ChatReply)
        for wish in reply.tool_calls[:MOST_CALLS]
    ]
