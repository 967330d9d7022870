"""The gate before a call: granted, within the budget, and booked for what it came to or may have come to."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from app.costs.cost import FREE, UNKNOWN, Cost
from app.costs.price import ASSUMED
from app.costs.usage import NO_USAGE, Usage
from app.document.workflow import Node, Retry
from app.events.run_events import (
    BudgetReached,
    Message,
    ModelCalled,
    NodeSettled,
    Retrying,
    RunEvent,
    RunFinished,
    RunPaused,
)
from app.events.run_state import RunState
from app.executor import retry
from app.executor.doors import Limits
from app.executor.executor import Execution
from app.sdk.context import RunContext
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatReply, ChatRequest, LabelScores, ModelFacts, ScoreRequest
from app.sdk.spec import spec_of
from tests.flows import (
    SPECS,
    AskModel,
    AskModelFields,
    OneValue,
    OptionalValue,
    ScriptedModels,
    doors,
    events_of,
    flow,
    plan,
    run,
    start,
    status,
)

PAID = flow({"a": "test.source", "m": "test.model"}, ["a.value>m.value"])


class Forgetful(ScriptedModels):
    """A server that doesn't say what it used."""

    async def chat(self, request: ChatRequest) -> ChatReply:
        return structs.replace(await super().chat(request), usage=None)


async def test_usage_that_a_server_does_not_say_is_estimated() -> None:
    _, events = await run(PAID, through=doors(Forgetful(), "0.01"), values={"value": "x" * 400})
    (call,) = [event for event in events if isinstance(event, ModelCalled)]
    assert call.usage is not None
    assert call.usage.input > 0
    assert call.cost.state == "estimated"
    assert call.cost.known == Decimal("0.01") * call.usage.total


class Billed(ScriptedModels):
    """A provider that says what it charged."""

    def __init__(self, charged: str, *, local: bool = False, silent: bool = False) -> None:
        super().__init__()
        self.charged = Decimal(charged)
        self.local = local
        self.silent = silent

    def facts(self, choice: ModelChoice) -> ModelFacts:
        return replace(super().facts(choice), local=self.local)

    async def chat(self, request: ChatRequest) -> ChatReply:
        reply = structs.replace(await super().chat(request), billed=self.charged)
        return structs.replace(reply, usage=None) if self.silent else reply


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("known", [False, True])
async def test_what_the_provider_charged_is_the_cost_whatever_the_list_says(
    known: bool, silent: bool
) -> None:
    through = doors(Billed("0.00027090000001", silent=silent), "1")
    if not known:
        through = replace(through, cost_of=lambda *_: UNKNOWN, upper_bound=lambda *_: None)
    execution = start(PAID, through=through)
    events = await events_of(execution)
    (call,) = [event for event in events if isinstance(event, ModelCalled)]
    assert call.cost == Cost(Decimal("0.00027090000001"), "billed")
    assert execution._run.budget.spent == call.cost.known  # noqa: SLF001 - limits count the same
    assert execution._run.paid.counted == call.cost.known  # noqa: SLF001


async def test_what_was_not_charged_is_free_and_so_is_this_computer() -> None:
    for models in (Billed("0"), Billed("5", local=True)):
        _, events = await run(PAID, through=doors(models, "0"))
        (call,) = [event for event in events if isinstance(event, ModelCalled)]
        assert call.cost is FREE


async def test_a_call_of_unknown_price_is_shown_so_and_counted_at_an_estimate() -> None:
    models = ScriptedModels()
    through = replace(doors(models), cost_of=lambda *_: UNKNOWN, upper_bound=lambda *_: None)
    each, most = ASSUMED.of(Usage(10, 5)), ASSUMED.at_most(Usage(105, 100))
    execution = start(
        PAID,
        rows=[{"value": str(i)} for i in range(10)],
        through=through,
        limits=Limits(budget=most + 2 * each, rows_at_a_time=1),
    )
    events: list[RunEvent] = []
    async for batch in execution.batches():
        events += batch
        if any(isinstance(e, RunPaused) for e in batch):
            execution.stop("paused")
    assert 2 <= len(models.asked) <= 3
    assert status(events) == "paused"
    (reached,) = [event for event in events if isinstance(event, BudgetReached)]
    assert Decimal(reached.spent) == each * len(models.asked)
    state = RunState()
    state.apply_all(events)
    assert state.cost.usd is None


async def test_overshoot_is_at_most_what_calls_in_flight_cost_above_their_bound() -> None:
    """Every call costs ten times its bound: those in flight go over, no further one starts."""
    models = ScriptedModels()
    models.hold = asyncio.Event()
    through = replace(doors(models, "1"), cost_of=lambda *_: Cost(Decimal(2050), "priced"))
    execution = start(
        PAID,
        rows=[{"value": "x"} for _ in range(20)],
        through=through,
        limits=Limits(budget=Decimal(420), rows_at_a_time=8),
    )
    async for batch in execution.batches():
        if len(models.asked) == 2:
            models.hold.set()
        if any(isinstance(e, RunPaused) for e in batch):
            execution.stop("paused")
    assert len(models.asked) == 2


@pytest.mark.parametrize("text", ["7,1,9\n" * 300, "\U0001f9ff" * 300, "+A0/b" * 300])
async def test_texts_of_a_token_a_byte_stay_below_the_budget(text: str) -> None:
    """Of such a text half a token a byte is not the most that a call may cost."""

    class Counting(ScriptedModels):
        async def chat(self, request: ChatRequest) -> ChatReply:
            read = len(request.messages[-1].content.encode())
            return structs.replace(await super().chat(request), usage=Usage(read + 7, 100))

    models, budget = Counting(), Decimal(len(text.encode()) * 2)
    execution = start(
        PAID, rows=[{"value": text}] * 5, through=doors(models, "1"), limits=Limits(budget=budget)
    )
    async for batch in execution.batches():
        if any(isinstance(e, RunPaused) for e in batch):
            execution.stop("paused")
    assert len(models.asked) == 1
    assert execution._run.budget.spent <= budget  # noqa: SLF001


async def test_a_long_schema_and_tools_are_part_of_what_is_reserved() -> None:
    models = ScriptedModels()
    long = Node("m", "test.model", fields={"schema_of": 2000})
    execution = start(flow({"m": long}, []), through=doors(models, "1"), limits=Limits(budget=Decimal(200)))
    reached: list[BudgetReached] = []
    async for batch in execution.batches():
        reached += [e for e in batch if isinstance(e, BudgetReached)]
        if any(isinstance(e, RunPaused) for e in batch):
            execution.stop("paused")
    assert models.asked == []
    assert Decimal(reached[0].needed) > 1000


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("model.timeout", "estimated"),
        ("model.stream_cut", "estimated"),
        ("model.unreachable", "estimated"),
        ("model.key_refused", "free"),
    ],
)
@pytest.mark.parametrize(("looked_at", "written"), [(True, 0), (False, 100)])
async def test_a_failed_call_is_booked_at_the_estimate_where_it_may_be_billed(
    code: str, state: str, looked_at: bool, written: int
) -> None:
    """Where nobody hears what is written, it may have been as much as was allowed."""

    class Failing(ScriptedModels):
        async def chat(self, request: ChatRequest) -> ChatReply:
            raise NodeError(code)

    node = Node("m", "test.model", retry=Retry(attempts=1))
    workflow = flow({"a": ("test.source", {"value": "y" * 400}), "m": node}, ["a.value>m.value"])
    execution = start(workflow, through=doors(Failing(), "1"))
    execution.look(None if looked_at else ())
    events = await events_of(execution)
    call = next(e for e in events if isinstance(e, ModelCalled))
    end = next(e for e in events if isinstance(e, NodeSettled) and e.node == "m")
    assert call.cost.state == state
    assert call.failure is not None
    assert end.cost == call.cost
    if state == "estimated":
        assert call.usage == Usage(100, written)
        assert call.cost.known == 100 + written


@pytest.mark.parametrize("code", ["model.unreachable", "model.timeout"])
@pytest.mark.parametrize(("unsent", "state"), [(True, "free"), (False, "unknown")])
async def test_what_was_sent_and_lost_may_be_billed_and_what_never_left_may_not(
    code: str, unsent: bool, state: str
) -> None:
    class Lost(ScriptedModels):
        async def chat(self, request: ChatRequest) -> ChatReply:
            error = NodeError(code)
            error.unsent = unsent
            raise error

    node = Node("m", "test.model", retry=Retry(attempts=1))
    workflow = flow({"a": ("test.source", {"value": "y" * 400}), "m": node}, ["a.value>m.value"])
    through = replace(doors(Lost()), cost_of=lambda *_: UNKNOWN, upper_bound=lambda *_: None)
    execution = start(workflow, through=through)
    call = next(e for e in await events_of(execution) if isinstance(e, ModelCalled))
    assert (call.cost.state, call.usage) == (state, NO_USAGE if unsent else Usage(100, 100))


async def test_a_guess_of_what_was_used_is_no_bill() -> None:
    class Partly(ScriptedModels):
        async def chat(self, request: ChatRequest) -> ChatReply:
            error = NodeError("model.server_error")
            error.used, error.is_guess = Usage(20, 2), True
            raise error

    node = Node("m", "test.model", retry=Retry(attempts=1))
    execution = start(flow({"m": node}, []), through=doors(Partly(), "1"))
    call = next(e for e in await events_of(execution) if isinstance(e, ModelCalled))
    assert (call.usage, call.cost) == (Usage(20, 2), Cost(Decimal(22), "estimated"))


async def test_what_had_begun_to_come_is_booked_whatever_went_wrong_then() -> None:
    class Breaking(ScriptedModels):
        async def chat(self, request: ChatRequest) -> ChatReply:
            if request.on_text:
                request.on_text("z" * 40)
            raise NodeError("model.server_error")

    node = Node("m", "test.model", retry=Retry(attempts=1))
    workflow = flow({"a": ("test.source", {"value": "y" * 400}), "m": node}, ["a.value>m.value"])
    for looked_at, usage in ((True, Usage(100, 10)), (False, NO_USAGE)):
        execution = start(workflow, through=doors(Breaking(), "1"))
        execution.look(None if looked_at else ())
        call = next(e for e in await events_of(execution) if isinstance(e, ModelCalled))
        assert (call.usage, call.cost.known) == (usage, usage.total)


async def test_every_attempt_is_booked() -> None:
    asked = iter([NodeError("model.timeout", retry_after=0), None])

    def once(text: str) -> str:
        if error := next(asked):
            raise error
        return text

    node = Node("m", "test.model", retry=Retry(attempts=3))
    _, events = await run(
        flow({"a": ("test.source", {"value": "y" * 40}), "m": node}, ["a.value>m.value"]),
        through=doors(ScriptedModels(once), "1"),
    )
    calls = [e.cost for e in events if isinstance(e, ModelCalled)]
    end = next(e for e in events if isinstance(e, NodeSettled) and e.node == "m")
    assert (end.status, end.attempts, end.calls) == ("ok", 2, 2)
    assert end.cost == calls[0] + calls[1]
    assert end.cost.state == "estimated"


async def test_a_model_that_was_not_granted_is_not_asked() -> None:
    models = ScriptedModels()
    through = replace(doors(models), may_ask=lambda choice: choice.role == "strong")
    _, events = await run(PAID, through=through)
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert (last.problems[0].code, last.problems[0].node) == ("model.not_granted", "m")
    assert last.problems[0].args == {"model": "small"}
    assert models.asked == []


# Retries


def test_a_servers_own_wish_is_honoured_up_to_a_limit() -> None:
    assert retry.delay(NodeError("model.too_many_requests", retry_after=7.5), 1) == 7.5
    assert retry.delay(NodeError("model.too_many_requests", retry_after=-3), 1) == 0
    wish = NodeError("model.too_many_requests", retry_after=retry.LONGEST_RETRY_AFTER + 1)
    assert not retry.may_retry(wish, 1, 3)
    assert retry.may_retry(NodeError("model.too_many_requests", retry_after=retry.LONGEST_RETRY_AFTER), 1, 3)


@pytest.mark.parametrize("attempt", [1, 2, 3, 7, 40, 5000])
def test_a_delay_doubles_up_to_a_minute(attempt: int) -> None:
    longest = min(60.0, 2.0 ** min(attempt - 1, 10))
    for _ in range(50):
        assert longest / 2 <= retry.delay(NodeError("model.timeout"), attempt) <= longest


async def test_nothing_is_held_while_a_retry_is_waited_for() -> None:
    """One row sleeps before its second attempt; its reservation must not keep the others from their calls."""
    failed: set[str] = set()

    def answer(text: str) -> str:
        if text == "1" and not failed:
            failed.add(text)
            raise NodeError("model.too_many_requests", retry_after=2.0)
        return text

    models = ScriptedModels(answer)
    execution = start(
        PAID,
        rows=[{"value": str(i)} for i in range(1, 6)],
        through=doors(models, "1"),
        limits=Limits(budget=Decimal(300), rows_at_a_time=2),
    )
    async with asyncio.timeout(60):
        events = await events_of(execution)
    assert status(events) == "done"
    assert models.asked == ["1", "2", "3", "4", "5", "1"]
    assert not any(isinstance(e, RunPaused) for e in events)
    assert [e.delay for e in events if isinstance(e, Retrying)] == [2.0]


async def test_a_time_out_of_a_step_is_tried_again() -> None:
    node = Node("b", "test.step", fields={"for_ever": True}, retry=Retry(attempts=2, timeout=0.02))
    retry_soon = start(flow({"b": node}, []))
    async with asyncio.timeout(60):
        events = await events_of(retry_soon)
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert last.problems[0].code == "node.timeout"
    assert [e.attempt for e in events if isinstance(e, Retrying)] == [1]


class Refusing(ScriptedModels):
    """A provider whose filter stepped in: the call is paid for, and there is no answer."""

    def __init__(self, **changes: Any) -> None:
        super().__init__()
        self.changes = changes

    async def chat(self, request: ChatRequest) -> ChatReply:
        return structs.replace(await super().chat(request), **self.changes)


async def test_a_refusal_is_a_failure_that_is_paid_for_and_not_tried_again() -> None:
    models = Refusing(finish="content_filter", text="")
    _, events = await run(PAID, through=doors(models, "1"))
    (call,) = (e for e in events if isinstance(e, ModelCalled))
    assert (call.failure, call.cost) == (None, Cost(Decimal(15), "priced"))
    (settled,) = (e for e in events if isinstance(e, NodeSettled) and e.node == "m")
    assert settled.status == "failed"
    assert settled.failure
    assert settled.failure.code == "model.refused"
    assert settled.failure.args["connection"] == "Test"
    assert not [e for e in events if isinstance(e, Retrying)]


@pytest.mark.parametrize("changes", [{"doubted": True}, {"finish": "repetition"}])
async def test_what_a_server_cannot_be_believed_or_asked_is_estimated(changes: dict[str, Any]) -> None:
    models = Refusing(usage=None, text="y" * 400, **changes)
    workflow = flow({"a": ("test.source", {"value": "x" * 800}), "m": "test.model"}, ["a.value>m.value"])
    _, events = await run(workflow, through=doors(models, "1"))
    (call,) = (e for e in events if isinstance(e, ModelCalled))
    assert call.usage
    assert (call.usage.output, call.cost.state) == (100, "estimated")
    assert call.usage.input >= 200
    assert call.cost.known == call.usage.total
    told = [e.code for e in events if isinstance(e, Message)]
    assert told == (["model.usage_doubted"] if "doubted" in changes else [])


class Scoring(AskModel):
    """Asks how likely each of some labels is."""

    id = "test.scoring"

    async def run(self, fields: AskModelFields, inputs: OptionalValue, ctx: RunContext) -> OneValue:
        scores = await ctx.models.score(ScoreRequest(fields.model, "x" * 200, ["a", "b", "c", "d"]))
        return OneValue(max(scores.probabilities))


class Echoing(ScriptedModels):
    """Reads the whole prompt for each label; `used`: breaks off after so much."""

    def __init__(self, used: Usage | None = None) -> None:
        super().__init__()
        self.used = used

    async def score(self, request: ScoreRequest) -> LabelScores:
        if self.used is not None:
            error = NodeError("model.server_error")
            error.used = self.used
            raise error
        usage = Usage(100 * len(request.labels), len(request.labels))
        return LabelScores(dict.fromkeys(request.labels, 0.25), usage, "scripted-1", 0.0)


SCORED = flow({"m": Node("m", "test.scoring", retry=Retry(attempts=1))}, [])


async def scored(models: Echoing) -> tuple[ModelCalled, Decimal]:
    """The call, and what was held for it."""
    held: list[Decimal] = []

    def bound(_: Any, most: Usage) -> Decimal:
        held.append(Decimal(most.total))
        return held[-1]

    specs = {**SPECS, "test.scoring": spec_of(Scoring)}
    through = replace(doors(models, "1"), upper_bound=bound)
    events = await events_of(Execution(plan(SCORED, specs), through, Limits(), "r", {}))
    (call,) = [event for event in events if isinstance(event, ModelCalled)]
    return call, held[0]


async def test_for_labels_the_whole_prompt_is_held_as_often_as_it_may_be_asked() -> None:
    call, held = await scored(Echoing())
    assert held >= call.cost.known == 404


async def test_what_was_answered_before_a_call_failed_is_paid() -> None:
    call, _ = await scored(Echoing(Usage(200, 2)))
    assert (call.usage, call.cost) == (Usage(200, 2), Cost(Decimal(202), "priced"))
    assert call.failure
    assert call.failure.code == "model.server_error"
