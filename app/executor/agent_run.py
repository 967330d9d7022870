"""An agent: a model that calls the steps of a frame as its tools, turn by turn, until it answers or a limit ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, TypeAlias, cast

from msgspec import structs

from app.costs.cost import FREE
from app.costs.usage import NO_USAGE
from app.document.workflow import Json, JsonObject
from app.events.run_events import Failure, FrameStarted, Retrying, RowSettled
from app.executor import retry
from app.executor.agent_tools import MOST_CALLS, BadArguments, arguments_of, as_sent_back, offer
from app.executor.call_requests import digest_at
from app.executor.carried_calls import carried_calls
from app.executor.digests import digest_of
from app.executor.failures import IN_DOUBT, failure_of
from app.executor.frame_limits import FrameLimits
from app.executor.gated_models import GatedModels
from app.executor.instance import Instance
from app.executor.journal import ItemStatus, StepRecord
from app.executor.recorded_steps import retell
from app.executor.replies import Replies
from app.executor.run import Run
from app.executor.scope_failed import ScopeFailed
from app.executor.scope_runner import RunScope
from app.executor.tally import Tally
from app.executor.values import cut
from app.executor.where import Where
from app.planner.agent_tools import Parameter
from app.planner.plan import AgentTool, PlanStep
from app.sdk.context import Question
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatMessage, ChatReply, ChatRequest, Tool, ToolCall
from app.sdk.live_text import live
from app.sdk.node_type import AgentRule
from app.sdk.references import as_text

_RESULT_BYTES = 32 * 1024  # of one result, as the model gets it
_SHOWN_BYTES = 300  # of the arguments, in the run's log
_END = "#end"  # the record of an agent that a limit of money or time has ended
_ALLOWED = "#allowed"  # the record of a person's answer to a call
_LAST = ChatMessage("user", "This is your last turn. Answer now with what you have, and call no tool.")
_NOTHING = "Done. Nothing came back."
_REFUSED = "Error: a person has not allowed this call."

EndedBy: TypeAlias = Literal["answer", "turns", "money", "time"]


@dataclass(frozen=True, slots=True)
class OfferedTool:
    """What the model may call, wherever it comes from: `call` gets the arguments by name and the number of the call,
    and gives what the model is told. It raises only what ends the run.
    """

    tool: Tool
    parameters: tuple[Parameter, ...]
    call: Callable[[JsonObject, int], Awaitable[str]]
    was_called: Callable[[int], Awaitable[bool]]  # in an earlier life, as far as that can matter


class _AtLimit(Exception):
    """A limit of money or time has ended it between two calls."""

    def __init__(self, ended_by: EndedBy) -> None:
        super().__init__(ended_by)
        self.ended_by: EndedBy = ended_by


class AgentRun:
    """One instance of an agent. `inside` is its own place; each call of a tool has a numbered scope there."""

    def __init__(
        self,
        run: Run,
        step: PlanStep,
        rule: AgentRule,
        instance: Instance,
        inside: Where,
        inputs: Mapping[str, Value],
        scope: RunScope,
        tally: Tally,
    ) -> None:
        self._run = run
        self._step = step
        self._rule = rule
        self._around = instance.scope
        self._inside = inside
        self._inputs = inputs
        self._scope = scope
        self._tally = tally
        # The model's own calls: each is on the disk before a tool that it wants is run.
        self._own = own = Instance(step.id, inside.scope, run.now, inside.place, tally)
        self._base = run.past.base_of(step.id)
        self._models = GatedModels(run, own, Replies(run, own, at_once=True, base=self._base), None)
        self._tools = {tool.name: self._offered(tool) for tool in (step.frame.tools if step.frame else ())}
        self._records: Mapping[str, StepRecord] = {}
        self._through_at = 0.0  # when it was through with something else that it was given
        self._count = 0  # calls of tools
        self._transcript: list[Value] = []

    async def execute(self) -> Mapping[str, Any]:
        """The outputs by port. Raises NodeError."""
        run, rule = self._run, self._rule
        run.emit(FrameStarted(run.now, self._step.id, self._around, -1))
        self._records = await run.recorded_at(self._step.id, self._inside.place)
        self._check_model()
        messages = list(rule.begin(self._inputs))
        digest = self._digest(messages)
        if (outputs := await self._before(digest)) is not None:
            return outputs
        self._tally.goes_to_work()
        limits = FrameLimits(
            run, self._inside.place, self._tally, rule.max_usd, rule.max_seconds, self._own.node
        )
        await limits.recall(digest, self._through_at)
        async with limits.written():
            outputs = await self._turns(messages, limits)
        await self._keep(outputs, digest)
        return outputs

    async def _turns(self, messages: list[ChatMessage], limits: FrameLimits) -> Mapping[str, Any]:
        run, rule, said = self._run, self._rule, ""
        had = await self._asked_before()
        for turn in range(1, rule.max_turns + 1):
            is_last = turn == rule.max_turns and turn > 1 and not rule.fails_at_limit
            request = self._request([*messages, _LAST] if is_last else messages, is_last=is_last)
            # A turn that an earlier life has had: no limit had ended it before that, and none does now.
            is_had = bool(had) and digest_at(request, run.doors.models.facts(rule.model)) in had
            limit = "answer" if is_had or turn == 1 else await self._limit(turn, limits)
            if limit != "answer":
                return self._ended(limit, turn - 1, said)
            messages = [*request.messages]
            reply = await self._turn(turn, request)
            echoed = tuple(map(as_sent_back, reply.tool_calls[:MOST_CALLS]))
            messages.append(ChatMessage("assistant", reply.text, echoed))
            said = reply.text.strip() or said
            if not reply.tool_calls:
                return self._outputs(reply.text.strip(), turn, "answer")
            if turn < rule.max_turns:
                try:
                    for call in reply.tool_calls[:MOST_CALLS]:
                        told = await self._call(turn, call, limits, is_had=is_had)
                        messages.append(ChatMessage("tool", told, tool_call_id=call.id))
                except _AtLimit as end:
                    return self._ended(end.ended_by, turn, said)
        return self._ended("turns", rule.max_turns, said)

    # What it came to before

    async def _asked_before(self) -> frozenset[str]:
        """The digests of what it has asked in earlier lives."""
        journal = self._run.journal
        if journal.is_fresh or not journal.has_calls:
            return frozenset()
        return frozenset(call.digest for call in await journal.calls(self._inside.place, self._step.id))

    def _digest(self, messages: Sequence[ChatMessage]) -> str:
        """Of all that decides what it comes to."""
        rule, facts = self._rule, self._run.doors.models.facts(self._rule.model)
        limits = (rule.max_turns, str(rule.max_usd), rule.max_seconds, rule.fails_at_limit)
        return digest_of([digest_at(self._request(messages), facts), dict(self._inputs), *limits])

    async def _before(self, digest: str) -> Mapping[str, Any] | None:
        """What is recorded of it, in this run or in the one that it begins from, where nothing costs any more. None of
        its tools runs again, not even one that failed: the model has heard of that. Given something else it works anew,
        and what it had taken stays on the bill.
        """
        run, (node, place) = self._run, (self._step.id, self._inside.place)
        own = None if run.journal.is_fresh else (await run.journal.steps(place)).get(node)
        if own is not None:
            self._own.book(own.usage, own.cost, own.calls)
            self._through_at = own.at + own.seconds
            for called in carried_calls(run.now, own, ()):  # paid for in an earlier life of the run
                run.emit(called)
        record = own or (None if self._base is None else (await self._base.steps(place)).get(node))
        if record is None or record.inputs != digest:
            return None
        if own is None:  # who begins from a later step of this run finds it here; here it has cost nothing
            free = structs.replace(record, scope=self._inside.scope, calls=0, usage=NO_USAGE, cost=FREE)
            await run.journal.commit(free)
        else:
            await retell(run, place, self._tally)
        return record.outputs

    async def _keep(self, outputs: Mapping[str, Any], digest: str) -> None:
        """One record instead of those of its single calls, which go: what they took stands in it."""
        own, run = self._own, self._run
        took = round(run.now - own.begun, 4)
        sums = {"calls": own.calls, "usage": own.usage, "cost": own.cost, "model": own.model}
        record = StepRecord(own.place, own.node, "ok", self._step.node.type, 0, digest, outputs, own.scope)
        await run.journal.commit(structs.replace(record, at=own.begun, seconds=took, **sums))

    # The model

    def _request(self, messages: Sequence[ChatMessage], *, is_last: bool = False) -> ChatRequest:
        return ChatRequest(
            self._rule.model,
            tuple(messages),
            max_tokens=self._rule.max_tokens,
            tools=tuple(offered.tool for offered in self._tools.values()),
            no_calls=is_last,
            on_text=live(partial(self._run.show, self._step.id, self._around)),
        )

    def _check_model(self) -> None:
        facts = self._run.doors.models.facts(self._rule.model)
        if self._tools and facts is not None and facts.can_tools is False:
            raise NodeError("agent.model_without_tools", field="model", model=facts.id)

    async def _turn(self, turn: int, request: ChatRequest) -> ChatReply:
        """What the model says next: as it was recorded, where the question is still the same."""
        return _named(await self._ask(request), turn)

    async def _ask(self, request: ChatRequest) -> ChatReply:
        run, step, attempt = self._run, self._step, 0
        while True:
            attempt += 1
            try:
                return await self._models.chat(request)
            except NodeError as error:
                attempts = step.node.retry.attempts
                if not retry.may_retry(error, attempt, attempts):
                    raise
                delay, failure = retry.delay(error, attempt), failure_of(error)
            run.emit(Retrying(run.now, step.id, self._around, attempt, attempts, round(delay, 3), failure))
            await asyncio.sleep(delay)
            run.check_going()

    # The tools

    async def _call(self, turn: int, call: ToolCall, limits: FrameLimits, *, is_had: bool) -> str:
        """What the model is told of one call; whatever is wrong with the call itself, too. `is_had`: an earlier life
        has had this turn, and some of its calls. Raises _AtLimit.
        """
        offered = self._tools.get(call.name)
        if offered is None:
            known = ", ".join(self._tools) or "none"
            told = f'Error: there is no tool "{call.name}". The tools are: {known}.'
        else:
            try:
                arguments = arguments_of(call.arguments, offered.parameters)
            except BadArguments as wrong:
                told = f"Error: {wrong}"
            else:
                if not (is_had and await offered.was_called(self._count)):
                    limit = await self._limit(turn, limits, self._count)
                    if limit != "answer":
                        raise _AtLimit(limit)
                shown = cut(as_text(arguments), _SHOWN_BYTES)
                self._run.tell(
                    self._step.id, self._around, "agent.calls", turn=turn, tool=call.name, arguments=shown
                )
                number, self._count = self._count, self._count + 1
                told = _cut(await offered.call(arguments, number))
        row: dict[str, Value] = {"turn": turn, "tool": call.name, "arguments": call.arguments, "result": told}
        self._transcript.append(row)
        return told

    def _offered(self, tool: AgentTool) -> OfferedTool:
        async def call(arguments: JsonObject, number: int) -> str:
            return await self._step_called(tool, arguments, number)

        async def was_called(number: int) -> bool:
            if not any(step.lasts for step in tool.plan.steps):  # nothing says so, and it costs nothing
                return True
            return bool(await self._run.recorded_at(self._step.id, self._inside.turn(number).place))

        return OfferedTool(offer(tool), tool.parameters, call, was_called)

    async def _step_called(self, tool: AgentTool, arguments: JsonObject, number: int) -> str:
        """Runs the steps of a tool as ordinary instances in a scope of their own."""
        where, tally = self._inside.turn(number), Tally(self._tally)
        if tool.asks and not await self._allowed(tool, where, arguments):
            self._settled(number, "failed", tally, Failure("agent.not_allowed", {"tool": tool.title}))
            return _REFUSED
        given = (
            {one.name: self._inputs.get(one.name) for one in self._step.frame.given}
            if self._step.frame
            else {}
        )
        try:
            came = await self._scope(tool.plan, where, {**given, **arguments}, tally)
        except ScopeFailed as failed:
            failure = failed.failure
            self._settled(number, "failed", tally, failure, failed.node)
            if failure.code == IN_DOUBT:  # the model might do it again
                raise
            return f"Error: {failure.code} {as_text(_plain_args(failure))}".strip()
        self._settled(number, "done", tally)
        values = {name: token.value for name, token in came.items()}
        ways = {one.result_name for one in tool.plan.steps if one.result_name}
        return as_text(values if len(ways) > 1 else next(iter(values.values()), "")) or _NOTHING

    async def _allowed(self, tool: AgentTool, where: Where, arguments: JsonObject) -> bool:
        """A person's yes to a call whose destination the model chose; the answer is kept."""
        run, asked = self._run, digest_of([tool.name, arguments])
        record = (await run.recorded_at(self._step.id, where.place)).get(_ALLOWED)
        if record is None or record.inputs != asked:
            own = Instance(self._step.id, where.scope, run.now, where.place, self._tally)
            answer = await run.ask(own, Question(tool.title, arguments, may_edit=False), "tool")
            outputs: dict[str, Value] = {
                "allowed": answer.decision != "rejected",
                "who": answer.who,
                "at": answer.at,
            }
            record = StepRecord(where.place, _ALLOWED, "ok", "", 0, asked, outputs, where.scope)
            await run.journal.commit(record)
        return record.outputs["allowed"] is True

    def _settled(
        self, number: int, status: ItemStatus, tally: Tally, failure: Failure | None = None, node: str = ""
    ) -> None:
        run = self._run
        run.emit(RowSettled(run.now, number, status, failure, node, self._step.id, self._around, tally.cost))

    # The end

    async def _limit(self, turn: int, limits: FrameLimits, call: int = -1) -> EndedBy:
        """Which limit has ended it before this turn, or before this call of a tool in it; "answer" for none. Timing may
        decide here, so it is kept.
        """
        decided = self._records.get(_END)
        if decided is not None and decided.is_of(digest_of(self._inputs)):
            here = decided.outputs["turn"] == turn and decided.outputs.get("call", -1) == call
            return cast("EndedBy", decided.outputs["ended_by"]) if here else "answer"
        if not (reached := limits.reached()):
            return "answer"
        outputs: dict[str, Value] = {"turn": turn, "call": call, "ended_by": reached}
        digest = digest_of(self._inputs)
        await self._run.journal.commit(StepRecord(self._inside.place, _END, "ok", "", 0, digest, outputs))
        return reached

    def _ended(self, ended_by: EndedBy, turns: int, said: str) -> Mapping[str, Any]:
        if self._rule.fails_at_limit or not said:
            raise NodeError(f"agent.ended_by_{ended_by}", turns=turns)
        self._run.tell(self._step.id, self._around, f"agent.ended_by_{ended_by}", turns=turns)
        return self._outputs(said, turns, ended_by)

    def _outputs(self, text: str, turns: int, ended_by: EndedBy) -> Mapping[str, Any]:
        return {"text": text, "turns": turns, "ended_by": ended_by, "calls": self._transcript}


def _named(reply: ChatReply, turn: int) -> ChatReply:
    """Each call with an id of its own: servers leave it out or give the same one twice."""
    calls, seen = list[ToolCall](), set[str]()
    for number, call in enumerate(reply.tool_calls):
        name = call.id if call.id and call.id not in seen else f"call_{turn}_{number}"
        seen.add(name)
        calls.append(replace(call, id=name))
    return structs.replace(reply, tool_calls=tuple(calls))


def _plain_args(failure: Failure) -> dict[str, Json]:
    return {name: list(arg) if isinstance(arg, tuple) else arg for name, arg in failure.args.items()}


def _cut(text: str) -> str:
    short = cut(text, _RESULT_BYTES)
    return short if len(short) == len(text) else f"{short}\n… ({len(text) - len(short)} characters left out)"
