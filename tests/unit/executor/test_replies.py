"""Steps of several calls: none of them is paid twice, whatever happens between them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from app.costs.usage import Usage
from app.document.workflow import CachePolicy, Node, Retry, Workflow
from app.events.run_events import ModelCalled, NodeSettled, RunEvent
from app.events.run_state import RunState
from app.executor.cache import CacheState, Kept
from app.executor.call_requests import content_digest, digest_at, plain_reply, reply_of
from app.executor.doors import Limits
from app.executor.executor import Execution
from app.executor.journal import CallRecord, JournalError, RunHead
from app.executor.memory_journal import MemoryJournal, MemoryRuns
from app.executor.past import Keeping, Past
from app.executor.recalled import past_events
from app.executor.totals import totals_of
from app.sdk.errors import NodeError
from app.sdk.fields import SMALL, STRONG, ModelChoice
from app.sdk.gateway import (
    ChatMessage,
    ChatReply,
    ChatRequest,
    LabelScores,
    ModelFacts,
    ScoreRequest,
    TokenLogprob,
    Tool,
    ToolCall,
)
from tests.flows import ScriptedModels, doors, events_of, flow, frame, inputs, plan, rows_of, status

A_CALL = 15 * Decimal("0.001")


class Lives:
    """One run over several lives. `commits` are the calls that were written, `cut_at` the call that never ends."""

    def __init__(self, workflow: Workflow, models: ScriptedModels | None = None) -> None:
        self.workflow = workflow
        self.models = models or ScriptedModels()
        self.runs = MemoryRuns()
        self.begun = False
        self.cache: Any = None
        self.journal: Any = None

    async def start(self, rows: Sequence[Any] | None = None, limits: Limits | None = None) -> Execution:
        if self.begun:
            await self.runs.leave("r")
            self.journal = (await self.runs.reopen("r"))[2]
        else:
            head = RunHead(
                "r", "w", "Test", "d", "", _text_of(self.workflow), rows=len(rows) if rows else None
            )
            self.journal = await self.runs.begin(head)
        self.begun = True
        source = rows_of(rows) if rows is not None else None
        count = None if rows is None else len(rows)
        totals = await totals_of(self.journal)
        past = Past(spent=totals.cost, usage=totals.usage, calls=totals.calls)
        return Execution(
            plan(self.workflow),
            doors(self.models, "0.001"),
            limits or Limits(),
            "r",
            {},
            source,
            count,
            Keeping(self.journal, self.cache, past),
        )

    async def run(self, **more: Any) -> tuple[Execution, list[RunEvent]]:
        execution = await self.start(**more)
        return execution, await events_of(execution)

    async def cut_at(self, text: str, **more: Any) -> None:
        """A life that ends while everything that says this is under way."""
        held = _Held(self.models, text)
        execution = await self.start(**more)
        execution_doors = execution._run  # noqa: SLF001 - the door of this life alone
        execution_doors.doors = replace(execution_doors.doors, models=held)
        ending = asyncio.create_task(events_of(execution))
        await held.reached.wait()
        for _ in range(50):
            await asyncio.sleep(0)
        execution.stop()
        await ending


class _Held(ScriptedModels):
    """Calls whose text ends so are never answered."""

    def __init__(self, models: ScriptedModels, text: str) -> None:
        super().__init__()
        self._models, self._text, self.reached = models, text, asyncio.Event()

    async def chat(self, request: ChatRequest) -> ChatReply:
        if request.messages[-1].content.endswith(self._text):
            self._models.asked.append(request.messages[-1].content)
            self.reached.set()
            await asyncio.Event().wait()
        return await self._models.chat(request)


def _text_of(workflow: Workflow) -> str:
    from app.document.json_codec import write

    return write(workflow).decode()


def talk(type_id: str = "test.talk", **fields: Any) -> Workflow:
    return flow(
        {"a": "test.source", "t": (type_id, fields), "r": "test.result"},
        ["a.value>t.value", "t.value>r.value"],
    )


def bill(events: Sequence[RunEvent]) -> tuple[int, Decimal]:
    state = RunState()
    state.apply_all(events)
    return state.calls, state.cost.known


async def test_a_step_cut_off_at_its_third_call_asks_only_the_third_again() -> None:
    lives = Lives(talk())
    await lives.cut_at("three")
    assert lives.models.asked == ["x: one", "x: two", "x: three"]
    lives.models.asked.clear()
    execution, events = await lives.run()
    assert lives.models.asked == ["x: three"]
    assert execution.outputs == {"result": ["re: x: one", "re: x: two", "re: x: three"]}
    calls = [(e.tier, e.source, e.cost.known) for e in events if isinstance(e, ModelCalled)]
    assert calls == [(1, "record", A_CALL), (2, "record", A_CALL), (3, "", A_CALL)]
    assert bill(events) == (3, 3 * A_CALL)
    assert await lives.journal.calls("", "t") == [], "the step's own record says all of it now"
    assert (await totals_of(lives.journal)).cost.known == 3 * A_CALL


async def test_what_calls_took_counts_against_the_budget_of_the_next_life() -> None:
    lives = Lives(talk())
    await lives.cut_at("three")
    totals = await totals_of(await _reopened(lives))
    assert (totals.calls, totals.cost.known) == (2, 2 * A_CALL)
    assert totals.usage == Usage(20, 10)


async def _reopened(lives: Lives) -> MemoryJournal:
    await lives.runs.leave("r")
    return (await lives.runs.reopen("r"))[2]


async def test_a_run_that_was_cut_off_is_told_with_the_calls_that_it_paid() -> None:
    lives = Lives(talk())
    await lives.cut_at("three")
    head, summary, journal = await lives.runs.look("r")
    state = RunState()
    async for batch in past_events(head, summary, journal):
        state.apply_all(batch)
    assert (state.calls, state.cost.known) == (2, 2 * A_CALL)


@pytest.mark.parametrize("at_once", [True, False])
async def test_calls_side_by_side_are_each_kept_when_they_come(at_once: bool) -> None:
    lives = Lives(talk(at_once=at_once, says=["one", "two", "three", "four"]))
    await lives.cut_at("two")
    assert len(lives.models.asked) == (4 if at_once else 2)
    lives.models.asked.clear()
    execution, _ = await lives.run()
    assert lives.models.asked == (["x: two"] if at_once else ["x: two", "x: three", "x: four"])
    assert execution.outputs["result"] == [f"re: x: {one}" for one in ("one", "two", "three", "four")]


async def test_equal_requests_of_a_step_are_told_apart() -> None:
    said = iter("abcdef")
    lives = Lives(talk(says=["same", "same", "last"]), ScriptedModels(lambda _: next(said)))
    await lives.cut_at("last")
    lives.models.asked.clear()
    execution, _ = await lives.run()
    assert lives.models.asked == ["x: last"]
    assert execution.outputs["result"] == ["a", "b", "c"]


async def test_rows_and_elements_of_frames_find_their_own_calls() -> None:
    body = {"i": inputs(text="item"), "t": ("test.talk", {}), "r": "test.result"}
    each = frame("each", "flow.for_each", body, ["i.text>t.value", "t.value>r.value"])
    made = flow(
        {"a": "test.source", "each": each, "out": "test.result"},
        ["a.value>each.items", "each.result>out.value"],
    )
    lives = Lives(made)
    rows = [{"value": ["a", "b"]}, {"value": ["c", "d"]}]
    await lives.cut_at("three", rows=rows)
    before = set(lives.models.asked)
    assert {f"{one}: two" for one in "abcd"} <= before
    lives.models.asked.clear()
    execution, _ = await lives.run(rows=rows)
    assert sorted(lives.models.asked) == [f"{one}: three" for one in "abcd"]
    (first, second) = execution.outputs["result"]  # type: ignore[misc]
    assert (len(first), len(second)) == (2, 2)  # type: ignore[arg-type]


async def test_another_model_in_the_same_place_is_asked() -> None:
    lives = Lives(talk())
    await lives.cut_at("three")
    lives.models.asked.clear()
    lives.models.id = "scripted-2"
    await lives.run()
    assert lives.models.asked == ["x: one", "x: two", "x: three"]


async def test_one_call_writes_nothing_beside_the_step() -> None:
    for made, commits in ((talk(says=["one"]), 0), (talk("test.acting_talk", says=["one"]), 1), (talk(), 3)):
        lives, written = Lives(made), list[CallRecord]()
        execution = await lives.start()
        real = lives.journal.commit_call

        async def counted(record: CallRecord, real: Any = real, written: Any = written) -> None:
            written.append(record)
            await real(record)

        lives.journal.commit_call = counted
        assert status(await events_of(execution)) == "done"
        assert len(written) == commits


async def test_another_try_does_not_pay_for_what_the_first_one_had(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = iter([True, False])

    def answer(text: str) -> str:
        if text.endswith("two") and next(failing):
            raise NodeError("model.too_many_requests", retry_after=0)
        return f"re: {text}"

    node = Node("t", "test.talk", retry=Retry(attempts=2))
    made = flow({"a": "test.source", "t": node, "r": "test.result"}, ["a.value>t.value", "t.value>r.value"])
    lives = Lives(made, ScriptedModels(answer))
    execution, events = await lives.run()
    assert execution.outputs["result"] == ["re: x: one", "re: x: two", "re: x: three"]
    assert lives.models.asked == ["x: one", "x: two", "x: two", "x: three"]
    end = next(e for e in events if isinstance(e, NodeSettled) and e.node == "t")
    assert (end.attempts, end.calls, end.cost.known) == (2, 4, 3 * A_CALL)


async def test_a_failure_that_may_pass_begins_again_where_it_failed_and_is_billed_once() -> None:
    failing = iter([True, True, False])

    def answer(text: str) -> str:
        if text.endswith("three") and next(failing):
            raise NodeError("model.too_many_requests", retry_after=0)
        return f"re: {text}"

    node = Node("t", "test.talk", retry=Retry(attempts=1))
    made = flow({"a": "test.source", "t": node, "r": "test.result"}, ["a.value>t.value", "t.value>r.value"])
    lives = Lives(made, ScriptedModels(answer))
    for _ in range(2):
        _, events = await lives.run()
        assert status(events) == "failed"
        assert bill(events)[1] == 2 * A_CALL
    execution, events = await lives.run()
    assert execution.outputs["result"] == ["re: x: one", "re: x: two", "re: x: three"]
    assert lives.models.asked == ["x: one", "x: two", *["x: three"] * 3]
    assert bill(events)[1] == 3 * A_CALL
    assert (await totals_of(lives.journal)).cost.known == 3 * A_CALL


async def test_a_failure_that_does_not_pass_asks_everything_again() -> None:
    failing = iter([True, False])

    def answer(text: str) -> str:
        if text.endswith("three") and next(failing):
            raise NodeError("model.bad_reply")
        return f"re: {text}"

    lives = Lives(talk(), ScriptedModels(answer))
    await lives.run()
    await lives.run()
    assert lives.models.asked == ["x: one", "x: two", "x: three"] * 2


class Faltering(ScriptedModels):
    """It can't be reached, once, for what says this."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    async def chat(self, request: ChatRequest) -> ChatReply:
        if self._text and request.messages[-1].content.endswith(self._text):
            self._text = ""
            error = NodeError("model.unreachable")
            error.unsent = True
            raise error
        return await super().chat(request)


async def test_what_a_step_that_is_tried_again_had_asked_is_told_call_by_call() -> None:
    once = Node("t", "test.talk", retry=Retry(attempts=1))
    nodes = {"a": "test.source", "t": once, "r": "test.result"}
    lives = Lives(flow(nodes, ["a.value>t.value", "t.value>r.value"]), Faltering("three"))
    _, events = await lives.run()
    assert status(events) == "failed"
    lives.models.asked.clear()
    execution, events = await lives.run()
    assert (status(events), lives.models.asked) == ("done", ["x: three"])
    calls = [
        (e.source, e.model, e.cost.known, e.failure and e.failure.code)
        for e in events
        if isinstance(e, ModelCalled)
    ]
    kept = ("record", "scripted-1", A_CALL, None)
    lost = ("record", "scripted-1", Decimal(0), "model.unreachable")
    assert calls == [kept, kept, lost, ("", "scripted-1", A_CALL, None)]
    assert bill(events) == (4, 3 * A_CALL)
    end = next(e for e in events if isinstance(e, NodeSettled) and e.node == "t")
    assert (end.calls, end.cost.known) == (4, 3 * A_CALL)
    assert execution.outputs == {"result": ["re: x: one", "re: x: two", "re: x: three"]}


async def test_a_reply_that_cannot_be_kept_ends_the_run() -> None:
    lives = Lives(talk())
    execution = await lives.start()

    async def full(_: CallRecord) -> None:
        raise JournalError("journal.full", "here")

    lives.journal.commit_call = full
    events = await events_of(execution)
    assert [problem.code for problem in events[-1].problems] == ["journal.full"]  # type: ignore[union-attr]
    assert lives.models.asked == ["x: one"], "the second one was not sent"


class Cache:
    """In memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}

    async def get(self, key: str) -> Kept | None:
        await asyncio.sleep(0)
        return self.kept.get(key)

    def put(self, key: str, workflow_id: str, node: str, kept: Kept) -> None:
        self.kept[key] = kept

    async def clear(self, workflow_id: str = "", node: str = "") -> int:
        return 0

    async def state(self) -> CacheState:
        return CacheState()


async def test_replies_are_cached_one_by_one() -> None:
    """Another last question leaves the others' answers as they are: they cost nothing again."""
    cache = Cache()
    first, second = (
        Lives(talk("test.cached_talk")),
        Lives(talk("test.cached_talk", says=["one", "two", "last"])),
    )
    first.cache = second.cache = cache
    await first.run()
    _, events = await second.run()
    assert second.models.asked == ["x: last"]
    end = next(e for e in events if isinstance(e, NodeSettled) and e.node == "t")
    assert end.saved is not None
    assert (end.source, end.calls, end.cost.known, end.saved.known) == ("", 1, A_CALL, 2 * A_CALL)
    state = RunState()
    state.apply_all(events)
    assert (state.calls, state.cost.known, state.saved.known) == (1, A_CALL, 2 * A_CALL)
    third = Lives(talk("test.cached_talk"))
    third.cache = cache
    _, events = await third.run()
    end = next(e for e in events if isinstance(e, NodeSettled) and e.node == "t")
    assert (third.models.asked, end.source, end.calls) == ([], "cache", 0)


@pytest.mark.parametrize("finish", ["length", "repetition"])
async def test_an_answer_that_was_broken_off_is_not_cached(finish: Any) -> None:
    lives = Lives(talk("test.cached_talk"))
    lives.cache, lives.models.finish = Cache(), finish
    await lives.run()
    assert not lives.cache.kept


@pytest.mark.parametrize(("policy", "asked"), [("reuse", 3), ("fresh", 6), ("never", 6)])
async def test_the_policy_of_a_step_holds_for_its_replies(policy: CachePolicy, asked: int) -> None:
    node = Node("t", "test.cached_talk", cache=policy)
    made = flow({"a": "test.source", "t": node}, ["a.value>t.value"])
    models, cache = ScriptedModels(), Cache()
    for _ in range(2):
        lives = Lives(made, models)
        lives.cache = cache
        await lives.run()
    assert len(models.asked) == asked
    assert len(cache.kept) == (0 if policy == "never" else 3)


async def test_who_asks_the_same_at_the_same_time_is_answered_by_one_call() -> None:
    lives = Lives(talk("test.cached_talk"))
    lives.cache = Cache()
    _, events = await lives.run(rows=[{"value": "x"}] * 4)
    assert sorted(lives.models.asked) == ["x: one", "x: three", "x: two"]
    assert status(events) == "done"


def test_every_attribute_of_a_request_is_in_its_digest_or_known_to_be_beside_it() -> None:
    aside = {"model", "on_text", "waits", "tier", "part", "no_calls"}
    others: dict[str, Any] = {
        "messages": [ChatMessage("user", "b")],
        "temperature": 0.5,
        "max_tokens": 7,
        "stop": ("x",),
        "seed": 1,
        "schema": {"type": "object"},
        "tools": (Tool("t", "does it", {}),),
        "logprobs": 2,
    }
    plain = ChatRequest(SMALL, [ChatMessage("user", "a")])
    for name in ChatRequest.__struct_fields__:
        if name not in aside:
            assert content_digest(plain) != content_digest(structs.replace(plain, **{name: others[name]})), (
                name
            )
    beside = structs.replace(plain, on_text=print, tier=3, part="check", model=STRONG)
    assert content_digest(plain) == content_digest(beside)
    assert content_digest(plain) != content_digest(ScoreRequest(SMALL, "a", ("b",)))


def test_a_digest_knows_who_is_asked() -> None:
    request = ChatRequest(SMALL, [ChatMessage("user", "a")])
    one = ModelFacts("big", "Work", "openai")
    assert digest_at(request, one) == digest_at(request, replace(one, context=5))
    assert digest_at(request, one) != digest_at(request, replace(one, connection="Home"))
    other = structs.replace(request, model=ModelChoice(role="strong"))
    assert digest_at(request, None) != digest_at(other, None)


@pytest.mark.parametrize(
    "reply",
    [
        ChatReply("hé \ud800 \n", "stop", Usage(1, 2, 3, 4), "m", 0.5),
        ChatReply(
            "",
            "tool_calls",
            None,
            "m",
            0.5,
            (ToolCall("1", "find", '{"a": 1}'),),
            (TokenLogprob("a", -0.5, {"b": -1.5}),),
            doubted=True,
        ),
        LabelScores({"a": 0.25, "b": 0.75}, Usage(9), "m", 0.1),
        ChatReply("a", "stop", Usage(1), "m", 0.5, billed=Decimal("0.00027090")),
    ],
)
def test_replies_come_back_as_they_were(reply: Any) -> None:
    assert reply_of(plain_reply(reply)) == reply
