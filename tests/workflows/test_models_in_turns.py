"""Two models of this computer and memory for one: a hundred calls from one run, in turns, and none is cut off."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.adapters.local_models import need_of
from app.adapters.model_files import bundled_model_path
from app.adapters.model_setup import ModelSetup
from app.adapters.starter import Child
from app.document.workflow import Edge, Graph, Node, PortRef, Workflow
from app.engine import Engine
from app.events.run_events import Message, ModelCalled, RunEvent
from app.events.run_state import RunState
from app.executor.run_request import RunRequest
from app.processes import children
from app.settings import Preferences, folders
from tests.unit.processes.processes_seen import running

pytestmark = pytest.mark.xdist_group("embedded")
ROWS, SLOTS, CONTEXT = 50, 4, 256
MODELS = ("alpha", "beta")
MIB = 2**20


@dataclass
class Watched:
    """The real way to start children; remembers each model host, and how many others lived when it began."""

    hosts: list[int] = field(default_factory=list)
    beside: list[int] = field(default_factory=list)

    async def start_child(
        self, argv: Sequence[str], *, extra_environment: Mapping[str, str] = children.NOTHING
    ) -> Child:
        if "model-host" in argv:
            self.beside.append(sum(map(running, self.hosts)))
        child = await children.start_child(argv, extra_environment=extra_environment)
        if "model-host" in argv:
            self.hosts.append(child.pid)
        return child

    def own_command(self, verb: str) -> list[str]:
        return children.own_command(verb)

    async def end_child(self, child: Child, deadline: float) -> int:
        return await children.end_child(child, deadline)


def both_asked() -> Workflow:
    fields: dict[str, Any] = {"prompt": "{{text}}", "max_tokens": 2, "temperature": 0.0}
    asked = {name: {**fields, "model": {"connection": "This computer", "model": name}} for name in MODELS}
    nodes = {
        "ask": Node("ask", "intent.ask", fields={"asked": [{"name": "message"}]}),
        **{name: Node(name, "model.text", fields=asked[name]) for name in MODELS},
    }
    edges = tuple(Edge(PortRef("ask", "message"), PortRef(name, "text")) for name in MODELS)
    return Workflow("w", "Two models", graph=Graph(nodes, edges))


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
async def engine(watched: Watched) -> AsyncIterator[Engine]:
    """With two models in the models folder and a limit that holds one of them."""
    bundled, where = bundled_model_path(), folders()
    assert bundled is not None
    (where.data / "models").mkdir(parents=True)
    for name in MODELS:
        (where.data / "models" / f"{name}.gguf").symlink_to(bundled)
    made = Engine(where, Preferences(threads=1), watched, children.own_command("model-host"), {})
    files = made.outside.model_files
    for name in MODELS:
        files.set_up(name, CONTEXT, SLOTS, ())
    need = need_of(ModelSetup(str(bundled), CONTEXT, SLOTS), files.facts("alpha")).total
    made.use(Preferences(threads=1, model_memory_mb=need * 3 // 2 // MIB))
    yield made
    await made.close()
    assert not any(map(running, watched.hosts))


async def test_a_hundred_mixed_calls_take_turns_and_none_is_cut_off(
    engine: Engine, watched: Watched, tmp_path: Path, record_property: Any
) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("message\n" + "".join(f"Say {number}\n" for number in range(ROWS)))
    handle = await engine.start(
        RunRequest(both_asked(), rows=str(table), rows_at_a_time=10, own=True, fresh=True)
    )
    state, events = RunState(), list[RunEvent]()
    async for batch in handle.batches():
        for event in batch:
            state.apply(event)
            events.append(event)
    assert (state.status, state.rows_done, state.rows_failed) == ("done", ROWS, 0)
    calls = [event for event in events if isinstance(event, ModelCalled)]
    assert [call for call in calls if call.failure is not None] == []
    assert {name: sum(call.model == name for call in calls) for name in MODELS} == dict.fromkeys(MODELS, ROWS)
    assert all(call.usage is not None and call.usage.output > 0 for call in calls)
    assert set(watched.beside) == {0}, "a host began while another was still there"
    loads = len(watched.hosts)
    assert 2 <= loads <= ROWS // 2, "they take turns, and not one for every call"
    # Where the other one is just leaving there is nobody to wait behind, only for its room.
    waits = ("model.waits_memory", "model.waits_room")
    told = [event for event in events if isinstance(event, Message) and event.code in waits]
    # A model that finds the other one idle takes its room at once and has nothing to tell.
    assert told
    assert {event.node for event in told} <= set(MODELS)
    for event in told:
        assert event.args["model"] == event.node
        if event.code == "model.waits_memory":
            assert event.args["behind"] == tuple(name for name in MODELS if name != event.node)
    ended = [event for event in events if isinstance(event, Message) and event.code == "model.waited_memory"]
    assert {event.node for event in ended} == {event.node for event in told}
    assert len(ended) <= len(told), "a long wait is told again, and ends once"
    assert [node for node in state.nodes.values() if node.memory_wait] == []
    record_property(
        "counted",
        f"two models in turns: {len(calls)} calls, 0 cut off, {loads} loads, {len(told)} waits told",
    )
