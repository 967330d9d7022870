"""Models of this computer with their real hosts: loaded when there is room, in turns where there isn't, set up anew."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import ClientSession

from app.adapters.local_models import LocalModels, gguf_facts, need_of
from app.adapters.machine_facts import GpuFacts, MachineFacts
from app.adapters.machine_memory import resident
from app.adapters.model_notes import ModelNotes
from app.adapters.model_setup import LoraAdapter, ModelSetup
from app.processes import children
from app.sdk.errors import NodeError
from app.sdk.gateway import Waiting, WaitListener
from app.settings import Preferences
from tests.gguf_files import write_gguf
from tests.unit.processes.processes_seen import running

pytestmark = pytest.mark.xdist_group("embedded")
HOST_COMMAND = [sys.executable, "-P", "-m", "app.processes.model_host"]
# A host that begins once there is a file, so that a test has all the time that it needs before the model is loaded.
LATE_HOST = """
import runpy, sys, time
from pathlib import Path
gate = Path(sys.argv.pop())
while not gate.exists():
    time.sleep(0.01)
runpy.run_module("app.processes.model_host", run_name="__main__")
"""
MIB = 2**20


@dataclass
class Setups:
    """InstalledModels whose setups a test changes."""

    all: dict[str, ModelSetup] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        return tuple(self.all)

    def setup(self, name: str) -> ModelSetup | None:
        return self.all.get(name)


@pytest.fixture
def setups(model_path: Path) -> Setups:
    """Two names for one file, which makes two models of the same need."""
    return Setups({name: ModelSetup(str(model_path), context=512, slots=1) for name in ("first", "second")})


Make = Callable[..., LocalModels]


@pytest.fixture
async def make(setups: Setups) -> AsyncIterator[Make]:
    made: list[LocalModels] = []

    def models(preferences: Preferences, command: Sequence[str] = HOST_COMMAND) -> LocalModels:
        made.append(LocalModels(children, command, setups, lambda: preferences, turn=0.1))
        return made[-1]

    yield models
    for one in made:
        await one.stop()


def need(setup: ModelSetup) -> int:
    facts = gguf_facts(Path(setup.path))
    assert facts is not None
    return need_of(setup, facts).total


async def states(models: LocalModels) -> list[tuple[str, str]]:
    return [(one.model, one.status) for one in (await models.memory()).models]


def names(models: LocalModels) -> list[str]:
    return [one.name for one in models._planner.inside]  # noqa: SLF001


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - another process sends no events
            await asyncio.sleep(0.01)


async def test_with_room_for_one_the_other_waits_and_the_first_leaves_when_it_is_through(
    make: Make, setups: Setups
) -> None:
    models = make(Preferences(threads=1, model_memory_mb=need(setups.all["first"]) // MIB + 50))
    async with models.lease("first"):
        pid = models.pid("first")
        assert pid is not None
        entering = asyncio.create_task(use(models, "second"))
        await until(lambda: models.waits_for("second") is not None)
        assert await states(models) == [("first", "busy"), ("second", "waiting")]
        state = (await models.memory()).models[1]
        assert (state.waiting, state.behind) == (1, ("first",))
        assert running(pid)
    await entering
    assert not running(pid), "both at once would have been too much"
    assert await states(models) == [("second", "idle")]


async def use(models: LocalModels, name: str, waits: WaitListener | None = None) -> None:
    async with models.lease(name, waits):
        pass


class Heard:
    """A WaitListener."""

    def __init__(self) -> None:
        self.waiting = self.called = 0

    def begins(self) -> None:
        self.waiting += 1

    def waits(self, why: Waiting) -> None:
        """It waits still."""

    def ends(self) -> None:
        self.waiting -= 1

    def calls(self) -> None:
        self.called += 1


async def test_no_call_goes_out_before_its_model_has_memory_and_is_loaded(
    make: Make, setups: Setups, tmp_path: Path
) -> None:
    room = Preferences(threads=1, model_memory_mb=need(setups.all["first"]) // MIB + 50)
    models = make(room, [sys.executable, "-P", "-c", LATE_HOST, str(tmp_path / "gate")])
    first, second = Heard(), Heard()
    loading = asyncio.create_task(use(models, "first", first))
    await until(lambda: bool(first.waiting))
    waiting = asyncio.create_task(use(models, "second", second))
    await until(lambda: bool(second.waiting))
    for task in (loading, waiting):
        task.cancel()
    await asyncio.gather(loading, waiting, return_exceptions=True)
    assert (first.called, first.waiting, second.called, second.waiting) == (0, 0, 0, 0)
    (tmp_path / "gate").touch()
    await use(models, "first", first)
    assert (first.called, first.waiting) == (1, 0)


async def test_what_the_machine_has_free_holds_both(make: Make) -> None:
    models = make(Preferences(threads=1))
    async with models.lease("first"), models.lease("second"):
        assert await states(models) == [("first", "busy"), ("second", "busy")]
    state = await models.memory()
    assert state.limit <= state.machine.memory
    assert state.taken == sum(one.memory for one in state.models)
    assert models.free("first")
    await until(lambda: "first" not in names(models))
    assert await states(models) == [("second", "idle")]


async def test_a_model_that_is_too_large_for_the_limit_says_so_before_it_is_loaded(make: Make) -> None:
    with pytest.raises(NodeError) as caught:
        async with make(Preferences(model_memory_mb=100)).lease("first"):
            pass
    assert caught.value.code == "model.no_room"
    assert caught.value.args_by_name["room"] == "0.1"


async def test_another_setup_holds_from_the_next_call_on(make: Make, setups: Setups) -> None:
    models = make(Preferences(threads=1))
    async with models.lease("first") as endpoint:
        assert endpoint.context == 512
        before = models.pid("first")
        assert before is not None
        setups.all["first"] = ModelSetup(setups.all["first"].path, context=768, slots=2)
        async with models.lease("first") as changed:
            assert (changed.context, changed.slots) == (768, 2)
        assert running(before), "a call goes on there"
    await until(lambda: not running(before))


async def test_an_idle_model_leaves_after_the_time_that_was_set(make: Make) -> None:
    models = make(Preferences(threads=1, model_idle_minutes=0.001))
    async with models.lease("first"):
        pid = models.pid("first")
    assert pid is not None
    await until(lambda: not names(models))
    assert not running(pid)


@pytest.mark.parametrize("how", ["missing", "foreign", "no model"])
async def test_a_wrong_adapter_is_named_and_the_model_works_without_it(
    make: Make, setups: Setups, tmp_path: Path, how: str
) -> None:
    adapter, models = tmp_path / "adapter.gguf", make(Preferences(threads=1))
    lora = {"general.type": "adapter", "adapter.type": "lora", "general.architecture": "llama"}
    if how == "foreign":
        write_gguf(adapter, lora, {"blk.0.attn_q.weight.lora_a": (64, 4)})
    plain = setups.all["first"]
    setups.all["first"] = ModelSetup(plain.path, 512, 1, (LoraAdapter(str(adapter)),))
    if how == "no model":
        write_gguf(adapter, lora, {"blk.0.attn_q.weight.lora_a": (576, 4)})
        setups.all["first"] = ModelSetup(str(adapter))
    with pytest.raises(NodeError) as caught:
        async with models.lease("first"):
            pass
    codes = {"missing": "adapter_unreadable", "foreign": "adapter_other_model", "no model": "file_is_adapter"}
    assert caught.value.code == f"model.{codes[how]}"
    assert how == "no model" or caught.value.args_by_name["file"] == str(adapter)
    setups.all["first"] = plain
    async with models.lease("first") as endpoint:
        assert endpoint.context == 512


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(("context", "slots"), [(256, 1), (128, 4)])
async def test_the_estimate_holds_what_the_host_really_takes(
    make: Make, setups: Setups, context: int, slots: int
) -> None:
    """With every slot full and its prompts kept for later: no more than thought, and no less than a third of it."""
    setup = setups.all["first"] = ModelSetup(setups.all["first"].path, context, slots)
    models = make(Preferences(threads=1))

    async def fill(session: ClientSession, word: int) -> None:
        async with models.lease("first") as endpoint:
            body = {"prompt": [260 + word] * (context - 16), "n_predict": 2}
            async with session.post(
                f"{endpoint.url}/completion", json=body, headers=endpoint.headers
            ) as answer:
                assert answer.status == 200

    async with ClientSession() as session:
        await asyncio.gather(*(fill(session, word) for word in range(2 * slots)))
    pid = models.pid("first")
    assert pid is not None
    taken = resident(pid)
    assert taken is not None
    assert need(setup) / 3 < taken <= need(setup)


@dataclass
class Card:
    """A machine whose graphics processor has so much memory free as the test says."""

    free: int
    memory_there: int = 8 * 2**30

    async def facts(self) -> MachineFacts:
        gpu = GpuFacts("Test", "nvidia", memory=8 * 2**30, free=self.free)
        return MachineFacts(self.memory_there, self.memory_there, (gpu,))

    def memory(self) -> tuple[int, int]:
        return self.memory_there, self.memory_there


async def test_a_model_is_split_anew_when_graphics_memory_has_shrunk(setups: Setups, tmp_path: Path) -> None:
    """The program isn't there, which is found out only once there is a place for the model."""
    preferences = Preferences(threads=1, llama_server=str(tmp_path / "no-such-program"))
    card = Card(free=4 * 2**30)
    models = LocalModels(children, HOST_COMMAND, setups, lambda: preferences, machine=card)
    try:
        for name, free in (("first", 4 * 2**30), ("second", 0), ("first", 0), ("first", 4 * 2**30)):
            card.free = free
            with pytest.raises(NodeError) as caught:
                await use(models, name)
            assert caught.value.code == "model.program_missing"
            assert bool(models._placed[name].tenant.need.gpu) == bool(free)  # noqa: SLF001
    finally:
        await models.stop()


async def test_two_engines_of_a_person_share_one_limit(setups: Setups, tmp_path: Path) -> None:
    """What the one has idle leaves for the other; what it is at work with is waited for, and told."""
    preferences = Preferences(threads=1, model_memory_mb=need(setups.all["first"]) // MIB + 50)
    one, other = (
        LocalModels(
            children,
            HOST_COMMAND,
            setups,
            lambda: preferences,
            notes=ModelNotes(tmp_path / "notes"),
            turn=0.1,
        )
        for _ in range(2)
    )
    try:
        await use(one, "first")
        pid = one.pid("first")
        assert pid is not None
        await use(other, "second")
        assert not running(pid)
        assert await states(one) == []
        elsewhere = (await one.memory()).elsewhere
        assert [(state.model, state.status) for state in elsewhere] == [("second", "elsewhere")]
        async with one.lease("first"):
            assert other.pid("second") is None
            entering = asyncio.create_task(use(other, "second"))
            await until(lambda: other.waits_for("second") is not None)
            why = other.waits_for("second")
            assert why is not None
            assert why.behind == ("first",)
            assert [(state.model, state.status) for state in (await one.memory()).elsewhere] == [
                ("second", "waiting")
            ]
        await entering
        assert one.pid("first") is None
    finally:
        await one.stop()
        await other.stop()
    assert list((tmp_path / "notes").iterdir()) == []
