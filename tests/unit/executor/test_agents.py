"""Agents: a model calls the steps of a frame, turn after turn; limits bind, nothing crashes, nothing is paid twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from app.costs.cost import UNKNOWN
from app.costs.usage import Usage
from app.document.json_codec import write
from app.document.workflow import Json, Node, Workflow
from app.events.run_events import (
    Message,
    ModelCalled,
    NodeSettled,
    PersonAsked,
    RunEvent,
    RunFinished,
    RunPaused,
)
from app.events.run_state import RunState
from app.executor.doors import Limits
from app.executor.executor import Execution
from app.executor.journal import StepRecord
from app.executor.memory_journal import MemoryRuns, journal_of_nothing
from app.executor.past import Keeping, Past
from app.executor.prompts import Beginning, agent_said
from app.executor.recalled import past_events
from app.executor.revisit import said_there
from app.executor.totals import totals_of
from app.planner.draft import draft_of
from app.planner.partial import before
from app.planner.plan import AgentTool
from app.sdk.context import Answer
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatReply, ChatRequest
from app.sdk.node_type import AgentRule
from tests.callers import Caller, Say
from tests.flows import (
    SPECS,
    Effect,
    doors,
    flow,
    frame,
    inputs,
    plan,
    run,
    settled,
    start,
    status,
)
from tests.journals import head

POST: dict[str, Json] = {"method": "POST", "body_kind": "json", "body": '{"q": "{{body}}"}'}
COUNT = Node("count", "data.template", title="count", fields={"text": "{{word}} has {{n}} letters"})


def agent(
    nodes: Mapping[str, Any], edges: Sequence[str] = (), joined: Sequence[str] = (), **fields: Json
) -> Workflow:
    """An agent between a source and results for its answer and its error."""
    return flow(
        {
            "in": "test.source",
            "agent": frame("agent", "flow.agent", nodes, edges, **fields),
            "out": "test.result",
            "wrong": ("test.result", {"name": "wrong"}),
        },
        ["in.value>agent.task", "agent.text>out.value", "agent.error>wrong.value", *joined],
    )


def tools(workflow: Workflow) -> tuple[AgentTool, ...]:
    step = next(step for step in plan(workflow).steps if step.id == "agent")
    assert step.frame is not None
    return step.frame.tools


async def test_the_model_calls_a_step_reads_its_result_and_answers() -> None:
    models = Caller([("count", '{"word": "pear", "n": 4}')], "Four.")
    workflow = agent({"count": COUNT})
    execution, events = await run(workflow, values={"value": "How long is pear?"}, through=doors(models))
    assert status(events) == "done"
    assert execution.outputs == {"result": "Four."}
    assert models.told == ["pear has 4 letters"]
    first, second = models.requests
    assert first.messages[-1].content == "How long is pear?"
    (tool,) = first.tools
    assert tool.name == "count"
    assert tool.parameters["required"] == ["word", "n"]
    assert [m.role for m in second.messages] == ["system", "user", "assistant", "tool"]
    assert settled(events)["count", "agent#0"] == "ok"
    said = [event.args for event in events if isinstance(event, Message) and event.code == "agent.calls"]
    assert [(args["turn"], args["tool"]) for args in said] == [(1, "count")]


async def test_every_call_has_a_scope_and_the_bill_adds_up() -> None:
    models = Caller(
        [("ask", '{"value": "a"}'), ("ask", '{"value": "b"}')], [("ask", '{"value": "c"}')], "Done."
    )
    workflow = agent({"ask": Node("ask", "test.model", title="ask")})
    state = RunState()
    execution, events = await run(workflow, through=doors(models, price="0.001"))
    state.apply_all(events)
    assert execution.outputs == {"result": "Done."}
    scopes = [event.scope for event in events if isinstance(event, NodeSettled) and event.node == "ask"]
    assert scopes == ["agent#0", "agent#1", "agent#2"]
    assert state.calls == 6
    assert state.cost.known == Decimal("0.001") * 15 * 6
    assert state.frames["agent"].cost + state.nodes["agent"].cost == state.cost
    assert state.frames["agent"].done == 3
    of_agent = next(e for e in events if isinstance(e, NodeSettled) and e.node == "agent")
    assert (of_agent.calls, of_agent.cost.known) == (6, state.cost.known)
    assert sum(node.cost.known for node in state.nodes.values()) == state.cost.known


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (("nothing", "{}"), 'there is no tool "nothing"'),
        (("", ""), 'there is no tool ""'),
        (("count", "{"), "can't be read"),
        (("count", '{"word": "a", "word": "b", "n": 1}'), "twice"),
        (("count", '{"word": NaN}'), "NaN"),
        (("count", "[" * 100 + "]" * 100), "too deeply"),
        (("count", "[" * 100_000), "longer than"),
        (("count", "[]"), "must be a JSON object"),
        (("count", '{"word": "a"}'), "missing arguments ['n']"),
        (("count", '{"word": "a", "n": 1, "x": 1}'), "unknown arguments ['x']"),
        (("text", "{}"), "missing arguments ['text']"),
        (("fails", "{}"), "Error: web.refused"),
    ],
)
async def test_what_is_wrong_with_a_call_is_told_to_the_model(call: tuple[str, str], told: str) -> None:
    models = Caller([call], "Sorry.")
    nodes = {
        "count": COUNT,
        "need": "test.text",
        "fails": Node("fails", "test.step", title="fails", fields={"fail": "web.refused"}),
    }
    execution, events = await run(agent(nodes), through=doors(models))
    assert status(events) == "done"
    assert execution.outputs == {"result": "Sorry."}
    assert told in models.told[0]


async def test_joined_steps_are_one_tool_and_inputs_are_the_workflows_own() -> None:
    nodes = {
        "given": inputs(prefix="port"),
        "first": Node("first", "data.template", title="first", fields={"text": "{{prefix}}-{{word}}"}),
        "second": ("data.template", {"text": "<{{inner}}>"}),
        "other": Node("other", "data.template", title="other", fields={"text": "{{prefix}}!"}),
    }
    edges = ["given.prefix>first.prefix", "given.prefix>other.prefix", "first.text>second.inner"]
    workflow = agent(nodes, edges, ["in.value>agent.prefix"])
    found = {tool.name: [one.name for one in tool.parameters] for tool in tools(workflow)}
    assert found == {"first": ["word"], "other": []}
    models = Caller([("first", '{"word": "w"}'), ("other", "{}")], "ok")
    await run(workflow, values={"value": "P"}, through=doors(models))
    assert models.told == ["<P-w>", "P!"]


async def test_what_leaves_by_several_ways_says_by_which() -> None:
    models = Caller([("branch", '{"value": "x"}'), ("branch", '{"value": "y"}')], "ok")
    await run(agent({"b": "test.branch"}), through=doors(models))
    yes, no = (json.loads(told) for told in models.told)
    assert (yes["yes"], no["no"], "no" in yes) == ("x", "y", False)


def test_names_are_what_providers_take() -> None:
    nodes = {
        "a": Node("a", "data.template", title="Find order!", note="Finds it."),
        "b": Node("b", "data.template", title="Find order"),
        "c": Node("c", "data.template", title="查订单"),
    }
    found = tools(agent(nodes))
    assert {tool.name for tool in found} == {"find_order", "find_order_2", "c"}
    assert {tool.about for tool in found if tool.title == "Find order!"} == {"Finds it."}


async def test_it_ends_at_its_turns_with_what_it_has() -> None:
    models = Caller([("count", '{"word": "a", "n": 1}')])
    _, events = await run(agent({"count": COUNT}, max_turns=3), through=doors(models))
    assert len(models.requests) == 3
    assert "last turn" in models.requests[-1].messages[-1].content
    record = next(e for e in events if isinstance(e, NodeSettled) and e.node == "agent")
    assert record.failure is not None
    assert record.failure.code == "agent.ended_by_turns"


async def test_it_ends_by_money_and_time_and_says_so() -> None:
    class Talks(Caller):
        async def chat(self, request: ChatRequest) -> ChatReply:
            return structs.replace(await super().chat(request), text="So far: a.")

    call = [("count", '{"word": "a", "n": 1}')]
    for limit, ended_by in (({"max_usd": 0.02}, "money"), ({"max_minutes": 0.01}, "time")):
        models = Talks(call)
        if ended_by == "time":
            models = Talks(call, after=lambda _: _wait(0.61))
        workflow = agent({"count": COUNT}, **limit)
        execution, events = await run(workflow, through=doors(models, price="0.001"))
        assert execution.outputs == {"result": "So far: a."}
        codes = [event.code for event in events if isinstance(event, Message)]
        assert f"agent.ended_by_{ended_by}" in codes
        failing = agent({"count": COUNT}, at_limit="fail", **limit)
        _, events = await run(failing, through=doors(Talks(call, after=models.after), price="0.001"))
        record = next(e for e in events if isinstance(e, NodeSettled) and e.node == "agent")
        assert record.failure is not None
        assert record.failure.code == f"agent.ended_by_{ended_by}"


async def test_it_ends_by_money_within_a_turn() -> None:
    """A turn may want twenty tools, and each may ask a model: each is looked at before it begins."""

    class Talks(Caller):
        async def chat(self, request: ChatRequest) -> ChatReply:
            return structs.replace(await super().chat(request), text="So far: a.")

    asked = Node("ask", "test.model", title="ask")
    models = Talks([("ask", f'{{"value": "{number}"}}') for number in range(20)])
    execution, events = await run(agent({"ask": asked}, max_usd=0.04), through=doors(models, price="0.001"))
    assert execution.outputs == {"result": "So far: a."}
    (told,) = (e for e in events if isinstance(e, Message) and e.code == "agent.ended_by_money")
    assert told.args == {"turns": 1}
    of_agent = next(e for e in events if isinstance(e, NodeSettled) and e.node == "agent")
    assert of_agent.cost.known == Decimal("0.045"), "its own call and two of its tool, 0.015 each"


@pytest.mark.parametrize("cut", [1, 2, 3])
async def test_a_limit_within_a_turn_holds_where_it_goes_on_after_a_crash(cut: int) -> None:
    """What an earlier life has paid is not asked again, and the limit ends it at the same call."""
    calls = 0
    stopping = list[Execution]()

    class Talks(Caller):
        async def chat(self, request: ChatRequest) -> ChatReply:
            nonlocal calls
            calls += 1
            if calls == cut + 1 and stopping:
                stopping.pop().stop()
                raise asyncio.CancelledError
            return structs.replace(await super().chat(request), text="So far: a.")

    asked = Node("ask", "test.model", title="ask")
    models = Talks([("ask", f'{{"value": "{number}"}}') for number in range(20)])
    made, runs = agent({"ask": asked}, max_usd=0.05), MemoryRuns()
    through = doors(models, price="0.001")
    execution = start(made, through=through, keeping=Keeping(await _journal(runs, 0)))
    stopping.append(execution)
    async for _ in execution.batches():
        pass
    for _ in range(2):
        execution, events = await run(made, through=through, keeping=Keeping(await _journal(runs, 1)))
        assert execution.outputs == {"result": "So far: a."}
        of_agent = next(e for e in events if isinstance(e, NodeSettled) and e.node == "agent")
        paid = calls - 1  # one was cut off; what it may have cost counts for the limit
        assert of_agent.cost.known == paid * Decimal("0.015")
        assert cut <= paid <= 4


async def test_what_nobody_knows_the_price_of_counts_against_its_money() -> None:
    class Talks(Caller):
        async def chat(self, request: ChatRequest) -> ChatReply:
            return structs.replace(await super().chat(request), text="So far: a.", usage=Usage(1000, 1000))

    models = Talks([("count", '{"word": "a", "n": 1}')])
    through = replace(doors(models), cost_of=lambda *_: UNKNOWN, upper_bound=lambda *_: None)
    _, events = await run(agent({"count": COUNT}, max_usd=0.05), through=through)
    assert "agent.ended_by_money" in [event.code for event in events if isinstance(event, Message)]
    assert len(models.requests) == 2, "estimated at 3 cents a call"
    of_agent = next(e for e in events if isinstance(e, NodeSettled) and e.node == "agent")
    assert of_agent.cost.usd is None


def _wait(seconds: float) -> None:
    import time

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


async def test_the_runs_budget_pauses_it_between_two_calls() -> None:
    models = Caller([("count", '{"word": "a", "n": 1}')], "ok")
    limits = Limits(budget=Decimal(3))
    execution = start(agent({"count": COUNT}), through=doors(models, price="0.001"), limits=limits)
    async for batch in execution.batches():
        for event in batch:
            if isinstance(event, RunPaused):
                assert event.status == "paused"
                execution.raise_budget(Decimal(100))
    assert execution.outputs == {"result": "ok"}


async def test_a_model_that_cannot_call_tools_is_refused_before_it_costs() -> None:
    models = Caller("hi")
    models.can_tools = False
    _, events = await run(agent({"count": COUNT}), through=doors(models))
    record = next(e for e in events if isinstance(e, NodeSettled) and e.node == "agent")
    assert record.failure is not None
    assert record.failure.code == "agent.model_without_tools"
    assert models.requests == []


# ---- people, where the model chooses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_id", "fields", "asks"),
    [
        ("tool.web_request", {"url": "https://a.example/orders/{{id}}"}, False),
        ("tool.web_request", {"url": "https://{{host}}/"}, True),
        (
            "tool.web_request",
            {"url": "https://a.example/x", "method": "POST", "body_kind": "json", "body": '{"q": "{{q}}"}'},
            False,
        ),
        ("tool.web_request", POST | {"url": "https://a.example/{{id}}"}, True),
        ("tool.web_request", POST | {"url": "https://a.example/x?q={{q}}"}, False),
        ("data.read_file", {"path": "notes.txt"}, False),
        ("data.read_file", {}, True),
        ("data.read_file", {"path": "{{name}}.txt"}, True),
        ("data.write_file", {"path": "out.txt"}, False),
        ("data.write_file", {"path": "{{name}}.txt"}, True),
        ("test.effect", {}, True),
        ("data.template", {}, False),
    ],
)
def test_a_person_is_asked_where_the_model_would_choose_where_it_goes(
    type_id: str, fields: dict[str, Json], asks: bool
) -> None:
    (tool,) = tools(agent({"t": (type_id, fields)}))
    assert tool.asks is asks


def test_private_and_outside_together_want_fixed_paths() -> None:
    order = ("tool.web_request", {"url": "https://a.example/orders/{{id}}"})
    found = tools(agent({"notes": ("data.read_file", {"path": "notes.txt"}), "order": order}))
    assert {tool.name: tool.asks for tool in found} == {"read_file": False, "web_request": True}


@pytest.mark.parametrize("depth", [0, 1])
def test_what_the_workflow_reads_for_an_agent_is_private_too(depth: int) -> None:
    order = ("tool.web_request", {"url": "https://a.example/orders/{{id}}"})
    nodes: dict[str, Any] = {"agent": frame("agent", "flow.agent", {"order": order}, [])}
    if depth:
        nodes = {"each": frame("each", "flow.for_each", {"item": inputs(item="item"), **nodes}, [])}
    whole = draft_of(flow({"notes": ("data.read_file", {"path": "notes.txt"}), **nodes}, []), SPECS.get)
    (level,) = [level for level in whole.levels() if level.tools]
    assert [tool.asks for tool in level.tools["agent"]] == [True]


def test_what_the_workflow_fills_in_is_no_choice_of_the_model() -> None:
    nodes = {"in2": inputs(name="port"), "w": ("data.write_file", {"path": "{{name}}.txt"})}
    (tool,) = tools(agent(nodes, ["in2.name>w.name"], ["in.value>agent.name"]))
    assert not tool.asks


@pytest.mark.parametrize("decision", ["approved", "rejected"])
async def test_nothing_happens_before_the_person_says_yes(decision: Any) -> None:
    Effect.done.clear()
    models = Caller([("effect", '{"value": "x"}')], "ok")
    execution = start(agent({"effect": "test.effect"}), through=doors(models))
    asked: list[PersonAsked] = []
    async for batch in execution.batches():
        for event in batch:
            if isinstance(event, PersonAsked):
                assert Effect.done == []
                asked.append(event)
                execution.answer(event.node, event.scope, Answer(decision, event.value))
    (question,) = asked
    assert (question.about, question.value, question.may_edit) == ("tool", {"value": "x"}, False)
    assert Effect.done == (["x"] if decision == "approved" else [])
    assert ("not allowed" in models.told[0]) is (decision == "rejected")


# ---- going on --------------------------------------------------------------------------------------------------------


async def test_a_run_cut_off_at_any_turn_goes_on_without_asking_again() -> None:
    """Every model call and every effect once, wherever it was cut; a call in flight may be made again."""
    turns: list[Say] = [[("effect", json.dumps({"value": number}))] for number in range(3)]
    for cut in range(4):
        Effect.done.clear()
        runs, paid = MemoryRuns(), list[int]()
        begun = asyncio.Event()

        def after(turn: int, cut: int = cut, begun: asyncio.Event = begun, paid: list[int] = paid) -> None:
            if turn == cut and not begun.is_set():
                begun.set()
                raise asyncio.CancelledError
            paid.append(turn)

        models = Caller(*turns, "done", after=after)
        asked = 0
        for life in range(2):
            journal = await _journal(runs, life)
            total = await totals_of(journal)
            past = Past(usage=total.usage, spent=total.cost, calls=total.calls)
            execution = Execution(
                plan(agent({"effect": "test.effect"})),
                doors(models, price="0.001"),
                Limits(),
                "r",
                {},
                None,
                None,
                Keeping(journal, past=past),
            )
            events: list[RunEvent] = []
            async for batch in execution.batches():
                for event in batch:
                    events.append(event)
                    if isinstance(event, PersonAsked):
                        assert event.about == "tool"
                        asked += 1
                        execution.answer(event.node, event.scope, Answer("approved", event.value))
                if begun.is_set() and life == 0:
                    execution.stop()
            if life == 1:
                last = events[-1]
                assert isinstance(last, RunFinished)
                assert execution.outputs == {"result": "done"}
                summary = execution.summary(last)
                assert summary.calls == 4
                assert summary.cost.known == Decimal("0.001") * 15 * 4
        assert paid == [0, 1, 2, 3]
        assert Effect.done == [0, 1, 2]
        assert asked == 3


@pytest.mark.parametrize("cut", [1, 2])
async def test_its_time_goes_on_where_an_earlier_life_left_it(cut: int) -> None:
    """An hour in its first turn was too long for the next turn that nobody had begun yet, and for none before."""
    made = agent({"count": COUNT}, max_minutes=10)
    stopping = list[Execution]()

    def after(turn: int) -> None:
        if turn == cut and stopping:
            stopping.pop().stop()
            raise asyncio.CancelledError

    class Talks(Caller):
        async def chat(self, request: ChatRequest) -> ChatReply:
            return structs.replace(await super().chat(request), text="So far: a.")

    models, runs = Talks([("count", '{"word": "a", "n": 1}')], after=after), MemoryRuns()
    execution = start(made, through=doors(models), keeping=Keeping(await _journal(runs, 0)))
    stopping.append(execution)
    async for _ in execution.batches():
        pass
    assert len(models.requests) == cut + 1
    kept = runs._runs["r"]  # noqa: SLF001 - an hour that nobody has to wait for
    ((instance, calls),) = kept.calls.items()
    first = min(calls, key=lambda key: calls[key].at)
    kept.calls[instance] = {
        key: structs.replace(call, at=call.at + 3600, seconds=3600.0 if key == first else call.seconds)
        for key, call in calls.items()
    }
    keeping = Keeping(await _journal(runs, 1), past=Past(elapsed=3700.0))
    execution, events = await run(made, through=doors(models), keeping=keeping)
    (told,) = (
        event for event in events if isinstance(event, Message) and event.code == "agent.ended_by_time"
    )
    assert told.args == {"turns": cut}
    assert len(models.requests) == cut + 1, "what was had is not asked again, and nothing more is"
    assert execution.outputs == {"result": "So far: a."}


@pytest.mark.parametrize("cut", [0, 1])
async def test_the_time_of_a_turn_under_way_is_not_given_back(
    cut: int, sleep: Callable[[float], None]
) -> None:
    made = agent({"count": COUNT}, max_minutes=10)
    stopping = list[Execution]()

    def after(turn: int) -> None:
        if turn == cut and stopping:
            sleep(700)
            stopping.pop().stop()
            raise asyncio.CancelledError

    class Talks(Caller):
        async def chat(self, request: ChatRequest) -> ChatReply:
            return structs.replace(await super().chat(request), text="So far: a.")

    models, runs = Talks([("count", '{"word": "a", "n": 1}')], after=after), MemoryRuns()
    execution = start(made, through=doors(models), keeping=Keeping(await _journal(runs, 0)))
    stopping.append(execution)
    async for _ in execution.batches():
        pass
    execution, events = await run(made, through=doors(models), keeping=Keeping(await _journal(runs, 1)))
    (told,) = (
        event for event in events if isinstance(event, Message) and event.code == "agent.ended_by_time"
    )
    assert told.args == {"turns": 1}, "the first turn is had in any case"
    assert execution.outputs == {"result": "So far: a."}


async def test_an_agent_that_is_done_has_one_record_and_is_not_asked_again_whatever_fails_behind_it() -> None:
    made = agent({"count": COUNT})
    runs, models = MemoryRuns(), Caller([("count", '{"word": "pear", "n": 4}')], "Four.")
    await runs.begin(replace(head("r"), workflow=write(made).decode()))
    for _ in range(3):
        journal = await _journal(runs, 1)
        total = await totals_of(journal)
        past = Past(usage=total.usage, spent=total.cost, calls=total.calls)
        keeping = Keeping(journal, past=past)
        _, events = await run(made, through=doors(models, price="0.001"), keeping=keeping)
        assert await journal.loose_calls() == []
        totals = await totals_of(journal)
        assert (totals.calls, totals.cost.known) == (2, Decimal("0.001") * 15 * 2)
        state = RunState()
        state.apply_all(events)
        assert (state.calls, state.cost.known) == (totals.calls, totals.cost.known)
        of_agent = next(e for e in events if isinstance(e, NodeSettled) and e.node == "agent")
        assert (of_agent.calls, of_agent.cost) == (2, totals.cost)
        tool = state.instances["count", "agent#0"].settled
        assert tool is not None
        assert (tool.status, tool.outputs["text"].text) == ("ok", "pear has 4 letters")
        assert (state.node("count").status, state.node("count").active) == ("done", 0)
    assert len(models.requests) == 2
    told = RunState()
    async for batch in past_events(*await runs.look("r")):
        told.apply_all(batch)
    assert (told.calls, told.cost.known) == (2, Decimal("0.001") * 15 * 2)


@pytest.mark.parametrize("life", ["goes on", "tries failed rows again", "from a step behind it"])
async def test_a_tool_that_failed_under_an_agent_that_is_done_does_not_run_again(
    life: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = list[str]()

    async def breaks(*_: object) -> Mapping[str, Json]:
        sent.append("a mail that went out before the line broke")
        raise NodeError("web.refused")

    monkeypatch.setattr(Effect, "run", breaks)
    made = agent({"ask": Node("ask", "test.model", title="ask"), "send": "test.effect"})
    models = Caller([("ask", '{"value": "a"}'), ("effect", '{"value": "b"}')], "Done.")
    runs = MemoryRuns()
    journal: Any = await _journal(runs, 0)
    await _approved(made, models, Keeping(journal))
    asked, mails = len(models.requests), len(sent)
    assert (asked, mails > 0) == (3, True)
    if life == "from a step behind it":
        _, _, base = await runs.look("r")
        before_it = {"in": {"value": "x"}}
        past = Past(before=before_it, stays=before(plan(made), "out"), base=base)
        journal = journal_of_nothing()
    else:
        journal = await _journal(runs, 1)
        past = Past(retry_failed=life == "tries failed rows again")
    execution, events = await _approved(made, models, Keeping(journal, past=past))
    assert execution.outputs == {"result": "Done."}
    assert (len(models.requests), len(sent)) == (asked, mails)
    of_agent = next(e for e in events if isinstance(e, NodeSettled) and e.node == "agent")
    state = RunState()
    state.apply_all(events)
    paid = 0 if life == "from a step behind it" else 3
    tools = [(state.node(name).status, state.node(name).calls) for name in ("ask", "send")]
    assert tools == ([("idle", 0)] * 2 if not paid else [("done", 1), ("failed", 0)])
    assert (of_agent.calls, state.calls) == (paid, paid)
    assert of_agent.cost == state.cost
    assert state.cost.known == paid * 15 * Decimal("0.001")


async def _approved(made: Workflow, models: Caller, keeping: Keeping) -> tuple[Execution, list[RunEvent]]:
    """A life in which a person allows every call."""
    execution = start(made, through=doors(models, price="0.001"), keeping=keeping)
    events: list[RunEvent] = []
    async for batch in execution.batches():
        events += batch
        for event in batch:
            if isinstance(event, PersonAsked):
                execution.answer(event.node, event.scope, Answer("approved", event.value))
    return execution, events


async def _journal(runs: MemoryRuns, life: int) -> Any:
    if not life:
        return await runs.begin(head("r"))
    await runs.leave("r")
    return (await runs.reopen("r"))[2]


async def test_a_run_from_a_step_behind_an_agent_asks_its_model_nothing_again() -> None:
    workflow, values = agent({"count": COUNT}), {"value": "How long is pear?"}
    turns = ([("count", '{"word": "pear", "n": 4}')], "Four.")
    last = MemoryRuns()
    journal = await last.begin(head())
    await run(workflow, values=values, through=doors(Caller(*turns)), keeping=Keeping(journal))
    _, _, base = await last.look(head().run)
    models = Caller(*turns)
    past = Past(before={"in": {"value": values["value"]}}, stays=before(plan(workflow), "out"), base=base)
    for number in range(3):  # one from the other
        journal = await last.begin(head(f"from {number}"))
        execution, events = await run(
            workflow, values=values, through=doors(models), keeping=Keeping(journal, past=past)
        )
        assert execution.outputs == {"result": "Four."}
        assert models.requests == []
        assert not [event for event in events if isinstance(event, ModelCalled)], "nothing is booked again"
        assert (await totals_of(journal)).calls == 0
        past = replace(past, base=(await last.look(f"from {number}"))[2])
    # Another question is another matter.
    past = replace(past, before={"in": {"value": "How long is plum?"}})
    await run(
        workflow, values=values, through=doors(models), keeping=Keeping(journal_of_nothing(), past=past)
    )
    assert len(models.requests) == 2


async def test_what_an_agent_and_its_model_said_is_told_from_what_is_kept() -> None:
    models = Caller([("count", '{"word": "pear", "n": 4}')], [("count", '{"word": "fig", "n": 3}')], "Pear.")
    workflow, runs, values = agent({"count": COUNT}), MemoryRuns(), {"value": "Which is longer?"}
    journal = await runs.begin(head("r1"))
    await run(workflow, values=values, through=doors(models), keeping=Keeping(journal))
    before = len(models.requests)
    said = await said_there(plan(workflow), "r1", values, journal, Past(), "", "agent")
    assert [one.message.role for one in said[:2]] == ["system", "user"]
    assert said[1].message.content == "Which is longer?"
    answers = [one.message for one in said if one.is_answer]
    assert [[call.name for call in one.tool_calls] for one in answers] == [["count"], ["count"], []]
    assert answers[-1].content == "Pear."
    assert len(models.requests) == before, "nothing was asked again"


def test_what_each_tool_gave_stands_behind_its_call() -> None:
    step = next(step for step in plan(agent({"count": COUNT})).steps if step.id == "agent")
    assert step.frame is not None
    assert isinstance(step.frame.rule, AgentRule)
    rows: list[Any] = [
        {"turn": 1, "tool": "count", "arguments": "{}", "result": "one"},
        {"turn": 1, "tool": "count", "arguments": "{}", "result": "two"},
        {"turn": 2, "tool": "count", "arguments": "{}", "result": "three"},
    ]
    record = StepRecord("agent", "agent", "ok", "", 0, "", {"calls": rows, "text": "Done."})
    said = agent_said(step.frame.rule, Beginning({"task": "?"}, None, {}, record), ())
    told = [(one.message.role, one.message.content, len(one.message.tool_calls)) for one in said[1:]]
    assert told == [
        ("user", "?", 0),
        ("assistant", "", 2),
        ("tool", "one", 0),
        ("tool", "two", 0),
        ("assistant", "", 1),
        ("tool", "three", 0),
        ("assistant", "Done.", 0),
    ]
