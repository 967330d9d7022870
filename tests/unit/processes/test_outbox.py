"""The outbox: replies at once, events in batches, partial texts only where they are the latest."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from app.events.run_events import NodeSettled, NodeStarted, RunEvent, TextStreamed
from app.processes.message_lines import Happened, read_from_engine, reply_line
from app.processes.messages import Done
from app.processes.outbox import MOST_EVENTS, Outbox, only_latest_texts


@pytest.fixture
def pipe() -> Iterator[tuple[int, Outbox]]:
    reading, writing = os.pipe()
    channel = os.fdopen(writing, "wb", buffering=0)
    outbox = Outbox(channel)
    yield reading, outbox
    os.close(reading)  # whoever still writes is told that nobody reads
    outbox.put(b"\n")
    outbox.join()
    channel.close()


def lines(reading: int) -> list[bytes]:
    return os.read(reading, 1 << 20).splitlines(keepends=True)


async def test_events_of_a_moment_travel_as_one_line(pipe: tuple[int, Outbox]) -> None:
    reading, outbox = pipe
    for n in range(5):
        outbox.add("r", [NodeStarted(float(n), "n", f"#{n}")])
    await outbox.flush()
    (line,) = lines(reading)
    happened = read_from_engine(line)
    assert isinstance(happened, Happened)
    assert [event.scope for event in happened.events if isinstance(event, NodeStarted)] == [
        f"#{n}" for n in range(5)
    ]


async def test_a_reply_does_not_wait_for_the_next_batch(pipe: tuple[int, Outbox]) -> None:
    reading, outbox = pipe
    outbox.add("r", [NodeStarted(0.0, "n", "")])
    outbox.put(reply_line(1, Done()))
    assert b'"reply"' in await asyncio.to_thread(os.read, reading, 4096)
    await outbox.flush()


async def test_runs_have_lines_of_their_own_and_no_line_is_endless(pipe: tuple[int, Outbox]) -> None:
    reading, outbox = pipe
    outbox.add("a", [NodeStarted(0.0, "n", "")] * 10)
    outbox.add("b", [NodeStarted(0.0, "n", "")] * (MOST_EVENTS + 1))
    reader = asyncio.create_task(asyncio.to_thread(_read_all, reading, 3))
    await outbox.flush()
    got = [read_from_engine(line) for line in await reader]
    assert [(h.run, len(h.events)) for h in got if isinstance(h, Happened)] == [
        ("a", 10),
        ("b", MOST_EVENTS),
        ("b", 1),
    ]


def _read_all(reading: int, count: int) -> list[bytes]:
    data = b""
    while data.count(b"\n") < count:
        data += os.read(reading, 1 << 16)
    return data.splitlines(keepends=True)


def test_a_window_that_reads_nothing_does_not_stop_the_engine(pipe: tuple[int, Outbox]) -> None:
    _, outbox = pipe

    async def engine() -> int:
        turns = 0
        for n in range(60):
            outbox.add("r", [TextStreamed(float(n), "n", "", "x" * 20_000)])
            await asyncio.sleep(0.005)
            turns += 1
        return turns

    assert asyncio.run(asyncio.wait_for(engine(), 60)) == 60


def test_only_the_latest_partial_text_of_an_instance_is_sent() -> None:
    events: list[RunEvent] = [
        TextStreamed(0.1, "a", "", "T"),
        TextStreamed(0.2, "b", "", "O"),
        NodeStarted(0.3, "c", ""),
        TextStreamed(0.4, "a", "", "Te"),
        NodeSettled(0.5, "a", "", "ok"),
        TextStreamed(0.6, "a", "#1", "else"),
    ]
    assert only_latest_texts(events) == events[1:]
