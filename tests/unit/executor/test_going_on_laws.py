"""Laws over generated workflows that ask models: cut off anywhere, a run comes to what it would have come to uncut."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.costs.usage import Usage
from app.document.workflow import Node, OnError, Retry, Workflow
from app.events.run_events import PersonAsked, RunEvent, RunPaused
from app.executor.executor import Execution
from app.executor.journal import StepRecord
from app.sdk.context import RunContext
from app.sdk.errors import NodeError
from app.sdk.fields import SMALL, TextField
from app.sdk.gateway import ChatMessage, ChatReply, ChatRequest
from app.sdk.node_type import NodeType
from app.sdk.spec import spec_of
from tests.acts import ACTING
from tests.drawn_workflows import DrawnWorkflow
from tests.flows import OneValue, OptionalValue, ScriptedModels, plan, status
from tests.lives import Lives, answered

_LIMITS = [{}, {"when_failed": "count", "stop_after": 1}, {"when_failed": "count", "stop_after": 2}]


@dataclass(frozen=True)
class TellFields:
    name: Annotated[str, TextField(label="Its name")] = ""


class Tell(NodeType[TellFields, OptionalValue, OneValue]):
    """Asks a model, and says who asks, and where."""

    id = "test.tell"
    title = "Tell"
    summary = ""
    kind = "model"
    category = "models"
    icon = "zap"
    effect = "model"

    async def run(self, fields: TellFields, inputs: OptionalValue, ctx: RunContext) -> OneValue:
        scope = ctx._instance.scope  # type: ignore[attr-defined]  # noqa: SLF001 - steps needn't know where they are
        said = ChatMessage("user", f"{fields.name}|{scope}|{_timeless(inputs.value)}")
        return OneValue((await ctx.models.chat(ChatRequest(SMALL, [said], max_tokens=10))).text)


SPECS = {**ACTING, Tell.id: spec_of(Tell)}


class Told(ScriptedModels):
    """Answers, or refuses for good, by what is asked; how long that takes is another matter in each life."""

    def __init__(self, refuses: int) -> None:
        super().__init__()
        self.refuses = refuses  # one in so many; 0: none
        self.life = 0
        self.ended = 0
        self.stops: dict[int, Callable[[], None]] = {}  # after so many answers

    async def chat(self, request: ChatRequest) -> ChatReply:
        text = request.messages[-1].content
        self.asked.append(text)
        for _ in range(_number(f"{self.life}{text}") % 6):
            await asyncio.sleep(0)
        self.ended += 1
        if self.ended in self.stops:
            self.stops[self.ended]()
        if self.refuses and _number(text) % self.refuses == 0:
            raise NodeError("model.key_refused", connection="Test")
        return ChatReply(f"{_number(text)}", "stop", Usage(10, 5), "scripted-1", 0.01)


def _timeless(value: Any) -> Any:
    """How many elements were through, or had failed, when a failure ended their For each is a matter of time."""
    if isinstance(value, list):
        return [_timeless(one) for one in value]
    if isinstance(value, Mapping):
        return {name: _timeless(one) for name, one in value.items() if name not in ("done", "failed")}
    return value


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


@st.composite
def asking_workflows(draw: st.DrawFn, races: tuple[str, ...]) -> Workflow:
    policies = st.sampled_from(["stop", "stop", "fallback", "skip"])

    def ask(name: str) -> Node:
        kind = draw(st.sampled_from([Tell.id, Tell.id, Tell.id, "test.person"]))
        fields = {"name": name} if kind == Tell.id else {}
        policy = OnError(draw(policies), "f")  # type: ignore[arg-type]
        return Node(name, kind, fields=fields, on_error=policy, retry=Retry(attempts=1))

    return DrawnWorkflow(draw, ask, races, _LIMITS, errors_lead_on=True).whole()


class Going:
    """One run, cut off after so many answers in each of its lives, and what was recorded by then."""

    def __init__(self, workflow: Workflow, refuses: int, rows: int | None) -> None:
        self.models = Told(refuses)
        self.lives = Lives(workflow, self.models, plan=plan(workflow, SPECS))
        self.rows: Any = None if rows is None else [{"value": str(number)} for number in range(rows)]
        self.kept: dict[tuple[str, str], StepRecord] = {}

    async def cut(self, after: int) -> None:
        execution = await self._next()
        self.models.stops[self.models.ended + after] = execution.stop
        async for batch in execution.batches():
            if any(isinstance(event, RunPaused) for event in batch):
                execution.stop()
            assert not _doubts(batch)
        self._look()

    async def whole(self) -> tuple[str, Any]:
        """How it ended, and its result: of a run over rows one each, None where the row failed."""
        execution = await self._next()
        events, _ = await answered(execution, "approved")
        assert not _doubts(events)
        self._look()
        return status(events), _timeless(execution.outputs.get("result"))

    async def _next(self) -> Execution:
        self.models.life += 1
        self.models.asked.clear()
        return await self.lives.start(rows=self.rows)

    def _look(self) -> None:
        """Nothing that was recorded before has been asked again, or is another now."""
        now = {
            (place, node): record
            for place, records in self.lives.runs._runs["r"].steps.items()  # noqa: SLF001
            for node, record in records.items()
        }
        asked = {tuple(text.split("|")[:2]) for text in self.models.asked}
        for where, record in self.kept.items():
            if record.status == "ok" and record.calls:
                assert (record.node, record.scope) not in asked
                assert now[where].outputs == record.outputs
        self.kept = now


def _doubts(events: list[RunEvent]) -> list[PersonAsked]:
    """Questions of the run itself: nothing changed that it would have to ask about."""
    return [event for event in events if isinstance(event, PersonAsked) and event.about]


CUTS = st.lists(st.integers(1, 12), min_size=1, max_size=3)


@settings(max_examples=150, deadline=None)
@given(asking_workflows(("all",)), CUTS, st.sampled_from([0, 3, 3, 5]), st.sampled_from([None, None, 2]))
def test_a_run_that_was_cut_off_comes_to_what_it_would_have_come_to(
    workflow: Workflow, cuts: list[int], refuses: int, rows: int | None
) -> None:
    async def scenario() -> None:
        async with asyncio.timeout(120):
            uncut = await Going(workflow, refuses, rows).whole()
            going = Going(workflow, refuses, rows)
            for after in cuts:
                await going.cut(after)
            came = await going.whole()
            assert came == uncut

    asyncio.run(scenario())


@settings(max_examples=150, deadline=None)
@given(
    asking_workflows(("first", "first", "k", "all")),
    CUTS,
    st.sampled_from([0, 3, 5]),
    st.sampled_from([None, None, 2]),
)
def test_whoever_wins_a_race_nothing_that_was_recorded_is_asked_again(
    workflow: Workflow, cuts: list[int], refuses: int, rows: int | None
) -> None:
    async def scenario() -> None:
        async with asyncio.timeout(120):
            going = Going(workflow, refuses, rows)
            for after in cuts:
                await going.cut(after)
            how, came = await going.whole()
            if how != "done":  # what failed is tried again, and another may win then
                return
            again, result = await going.whole()
            assert again == how, "a run that is through stays as it is"
            if rows is None:
                assert result == came
            else:
                assert [
                    new if old is not None else None for old, new in zip(came, result, strict=True)
                ] == came

    asyncio.run(scenario())
