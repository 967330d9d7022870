"""The embedded model starts when asked for, survives crashes and stops when told."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from app.adapters.embedded_model import EmbeddedHost, Endpoint
from app.adapters.host_messages import HostConfiguration
from app.adapters.starter import Child
from app.document.workflow import Json
from app.processes import children
from app.sdk.errors import NodeError
from tests.unit.adapters.turned_clock import TurnedClock
from tests.unit.processes.processes_seen import at_work, cpu_seconds, gone_within, running, stopped

HOST_COMMAND = [sys.executable, "-P", "-m", "app.processes.model_host"]
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


class CountingStarter:
    """The real way to start a child; remembers whom it started."""

    def __init__(self) -> None:
        self.started: list[int] = []

    async def start_child(
        self, argv: Sequence[str], *, extra_environment: Mapping[str, str] = children.NOTHING
    ) -> Child:
        child = await children.start_child(argv, extra_environment=extra_environment)
        self.started.append(child.pid)
        return child

    async def end_child(self, child: Child, deadline: float) -> int:
        return await children.end_child(child, deadline)


Build = Callable[..., EmbeddedHost]


@pytest.fixture
def starter() -> CountingStarter:
    return CountingStarter()


@pytest.fixture
async def build(starter: CountingStarter, model_path: Path) -> AsyncIterator[Build]:
    """Build hosts; whatever was started is gone after the test."""
    built: list[EmbeddedHost] = []

    def make(
        command: Sequence[str] = HOST_COMMAND, path: Path = model_path, context: int = 512, **more: Any
    ) -> EmbeddedHost:
        configuration = HostConfiguration(str(path), threads=1, context=context, slots=1)
        host = EmbeddedHost(starter, command, configuration, **more)
        built.append(host)
        return host

    yield make
    await asyncio.gather(*(host.stop() for host in built))
    assert [pid for pid in starter.started if running(pid)] == []


async def chat(session: ClientSession, endpoint: Endpoint, tokens: int) -> str:
    body = {
        "messages": [{"role": "user", "content": "Count: one, two,"}],
        "max_tokens": tokens,
        "temperature": 0,
    }
    url = f"{endpoint.url}/v1/chat/completions"
    async with session.post(url, json=body, headers=endpoint.headers) as response:
        return (await response.json())["choices"][0]["message"]["content"]


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - another process sends no events
            await asyncio.sleep(0.01)


async def test_nothing_runs_before_it_is_asked_for_and_many_callers_start_one(
    build: Build, starter: CountingStarter, session: ClientSession
) -> None:
    host = build()
    assert (host.pid, starter.started) == (None, [])
    endpoints = await asyncio.gather(*(host.ensure() for _ in range(5)))
    assert len(set(endpoints)) == 1
    assert starter.started == [host.pid]
    async with host.lease() as endpoint:
        assert await chat(session, endpoint, 5)


async def test_a_caller_that_gives_up_leaves_the_model_to_the_others(
    build: Build, starter: CountingStarter
) -> None:
    host = build()
    impatient, patient = asyncio.create_task(host.ensure()), asyncio.create_task(host.ensure())
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient).slots == 1
    assert impatient.cancelled()
    assert len(starter.started) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
async def test_a_killed_host_fails_what_was_going_on_and_the_next_call_works(
    build: Build, starter: CountingStarter, session: ClientSession
) -> None:
    host, begun = build(), asyncio.Event()
    story: dict[str, Json] = {
        "messages": [{"role": "user", "content": "Write a long story."}],
        "stream": True,
    }

    async def long_answer() -> None:
        async with (
            host.lease() as endpoint,
            session.post(
                f"{endpoint.url}/v1/chat/completions", json=story, headers=endpoint.headers
            ) as answer,
        ):
            async for _ in answer.content:
                begun.set()

    going_on = asyncio.create_task(long_answer())
    await begun.wait()
    os.kill(starter.started[0], signal.SIGKILL)
    with pytest.raises(NodeError) as caught:
        await going_on
    assert caught.value.code == "model.host_killed"
    assert caught.value.args_by_name["exit"] == -signal.SIGKILL
    assert caught.value.may_pass
    async with host.lease() as endpoint:
        assert await chat(session, endpoint, 5)
    assert len(starter.started) == 2


async def test_an_error_of_the_user_stays_what_it_was(build: Build) -> None:
    with pytest.raises(ZeroDivisionError):
        async with build().lease():
            raise ZeroDivisionError


@pytest.mark.parametrize("crash", ["exit(3)", "import os; os.kill(os.getpid(), 9)"])
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
async def test_after_several_crashes_in_a_row_it_starts_ever_later(build: Build, crash: str) -> None:
    clock = TurnedClock()
    host = build(command=[sys.executable, "-c", crash], clock=clock)
    rests: list[float] = []
    for _ in range(8):
        begun = clock.now()
        trying = asyncio.create_task(host.ensure())
        while not trying.done():
            await until(lambda: trying.done() or bool(clock.alarms))  # noqa: B023 - of this turn
            await clock.turn(0.5 if clock.alarms else 0)
        with pytest.raises(NodeError) as caught:
            await trying
        assert caught.value.may_pass
        rests.append(clock.now() - begun)
    assert rests == [0, 0, 0.5, 1, 2, 4, 8, 16]


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
async def test_whoever_dies_idle_is_missed_and_the_next_call_starts_it_again(
    build: Build, starter: CountingStarter, session: ClientSession
) -> None:
    host = build()
    await host.ensure()
    os.kill(starter.started[0], signal.SIGKILL)
    await until(lambda: host.pid is None)
    async with host.lease() as endpoint:
        assert await chat(session, endpoint, 5)


@linux_only
@pytest.mark.parametrize(
    ("path", "body"),
    [
        (
            "/v1/chat/completions",
            {"messages": [{"role": "user", "content": "Write a long story."}], "stream": True},
        ),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Write a long story."}]}),
        ("/completion", {"prompt": [260] * 7900, "n_predict": 1}),
    ],
    ids=["while streaming", "while writing", "while reading a long prompt"],
)
async def test_a_stopped_call_stops_the_engine(
    build: Build, session: ClientSession, path: str, body: dict[str, Json]
) -> None:
    host = build(context=8000)
    if "messages" in body:
        body = body | {"logit_bias": [[0, False], [2, False]]}  # never the end: it would write for a minute

    async def call() -> None:
        async with (
            host.lease() as endpoint,
            session.post(endpoint.url + path, json=body, headers=endpoint.headers) as response,
        ):
            await response.read()

    await host.ensure()
    pid = host.pid
    assert pid is not None
    loaded = cpu_seconds(pid)
    going_on = asyncio.create_task(call())
    await until(lambda: cpu_seconds(pid) > loaded + 0.2)
    with stopped(pid):  # what it does while a busy machine keeps us from hanging up is not what is asked here
        before = cpu_seconds(pid)
        going_on.cancel()
        await asyncio.gather(going_on, return_exceptions=True)
    # The engine looks once a second, and between batches, whether somebody still listens.
    await until_still(pid)
    assert cpu_seconds(pid) - before < 8


async def until_still(pid: int) -> None:
    """Wait until a process uses no CPU for a third of a second, and wants none."""
    async with asyncio.timeout(60):
        before = -1.0
        while before != (before := cpu_seconds(pid)) or at_work(pid):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.3)


async def test_unloading_while_it_loads_leaves_nothing(build: Build, starter: CountingStarter) -> None:
    host = build()
    loading = asyncio.create_task(host.ensure())
    await until(lambda: bool(starter.started))
    await host.stop()
    assert gone_within(60, starter.started[0])
    with pytest.raises(asyncio.CancelledError):
        await loading


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("raise SystemExit('no luck')", "model.host_crashed"),
        ("import time; time.sleep(600)", "model.load_slow"),
        ("print('hello', flush=True); input(); input()", "model.host_failed"),
    ],
)
async def test_a_host_that_does_not_come_up_says_why(build: Build, script: str, code: str) -> None:
    host = build(
        command=[sys.executable, "-c", script], load_seconds=0.5 if code == "model.load_slow" else 60
    )
    with pytest.raises(NodeError) as caught:
        await host.ensure()
    assert caught.value.code == code
    assert host.pid is None


async def test_a_program_that_is_not_there_says_so(build: Build) -> None:
    with pytest.raises(NodeError, match=r"model\.host_failed"):
        await build(command=["no-such-program"]).ensure()


async def test_a_bad_model_file_says_which_and_why(build: Build, tmp_path: Path) -> None:
    path = tmp_path / "page.gguf"
    path.write_text("<html>")
    with pytest.raises(NodeError) as caught:
        await build(path=path).ensure()
    assert caught.value.code == "model.file_not_gguf"
    assert caught.value.args_by_name["model"] == str(path)
