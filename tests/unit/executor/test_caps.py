"""A run's cap binds each call before it is made, wherever it is made: inside frames, turns, tools and retries."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from app.document.workflow import Node, Retry
from app.events.run_events import ModelCalled, RunEvent, RunPaused
from app.executor.doors import Limits
from app.executor.executor import Execution
from app.planner.planner import make_plan
from app.registry.part_fields import part_fields
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatReply, ChatRequest
from tests.callers import Caller
from tests.flows import SPECS, ScriptedModels, doors, flow, frame, inputs, status

PRICE = "0.001"  # a token; a call takes 15 of them, and more are held for it
MANY = 20  # calls of models inside, at least


class Busy(Caller):
    """Calls a tool many times in its first turn. The tools' own models answer as others do; `fails` ones are billed."""

    def __init__(self) -> None:
        super().__init__([("ask", '{"value": "x"}')] * 20, [("ask", '{"value": "y"}')] * 20, "Done.")
        self.fails = False

    async def chat(self, request: ChatRequest) -> ChatReply:
        if request.tools:
            return await super().chat(request)
        reply = await ScriptedModels.chat(self, request)
        if self.fails and len(self.asked) % 3:
            error = NodeError("model.server_error", connection="Test", retry_after=0.001)
            error.used = reply.usage
            raise error
        return reply


PART = flow(
    {
        "i": ("intent.ask", {"asked": [{"name": "text"}]}),
        "m": "test.model",
        "o": ("output.output", {"name": "item"}),
    },
    ["i.text>m.value", "m.value>o.value"],
)
MODEL = {"m": Node("m", "test.model", retry=Retry(attempts=9))}
EACH = frame(
    "e",
    "flow.for_each",
    {"i": inputs(item="item"), **MODEL, "o": ("output.output", {"name": "item"})},
    ["i.item>m.value", "m.value>o.value"],
    at_a_time=8,
)
LOOP = frame(
    "f",
    "flow.loop",
    {"i": inputs(item="variable"), "e": EACH, "o": ("output.output", {"name": "item"})},
    ["i.item>e.items", "e.item>o.value"],
    max_turns=3,
)
SUBS = frame(
    "f",
    "flow.for_each",
    {
        "i": inputs(item="item"),
        "s": Node("s", "flow.workflow", fields=dict(part_fields(PART, SPECS.get))),
        "o": ("output.output", {"name": "item"}),
    },
    ["i.item>s.text", "s.item>o.value"],
    at_a_time=8,
)
AGENT = frame("f", "flow.agent", {"m": Node("m", "test.model", title="ask", retry=Retry(attempts=9))}, [])
# With two caps, at each of which it pauses; of an agent much is held for an answer whose length nobody knows.
KINDS = {
    "a loop of elements": (LOOP, "item", "item", "0.5", "0.8"),
    "sub-workflows": (SUBS, "items", "item", "0.25", "0.35"),
    "tools of an agent": (AGENT, "task", "text", "3.4", "3.8"),
}


@pytest.mark.parametrize("fails", [False, True], ids=["well", "with retries"])
@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_is_spent_beyond_the_cap_and_it_goes_on_with_a_higher_one(
    kind: str, fails: bool
) -> None:
    made, into, out, first, second = KINDS[kind]
    workflow = flow(
        {"a": "test.source", "f": made, "r": "test.result"}, [f"a.value>f.{into}", f"f.{out}>r.value"]
    )
    planned = make_plan(workflow, "d", SPECS.get, Busy().facts, part_of=lambda _: PART)
    assert planned.plan, planned.problems
    models = Busy()
    models.fails = fails
    values = {"value": [f"v{n}" for n in range(20)]}
    limits = Limits(budget=Decimal(first))
    execution = Execution(planned.plan, doors(models, PRICE), limits, "r", values)
    caps, events = [Decimal(first), Decimal(second), None], list[RunEvent]()
    async for batch in execution.batches():
        events += batch
        assert caps[0] is None or spent(events) <= caps[0]
        if any(isinstance(event, RunPaused) for event in batch):
            assert spent(events) > 0
            caps.pop(0)
            execution.raise_budget(caps[0])
    assert caps == [None], "it paused twice"
    assert status(events) == "done"
    assert len(models.asked) >= MANY


def spent(events: Sequence[RunEvent]) -> Decimal:
    return sum((event.cost.known for event in events if isinstance(event, ModelCalled)), Decimal(0))
