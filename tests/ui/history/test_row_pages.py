"""A table of 100,000 rows: only what is looked at is asked for, and looking stays quick."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from app.events.run_events import Failure, NodeSettled, NodeStarted, Preview, RowSettled, RunStarted
from app.events.run_state import RunState
from app.processes.messages import ItemLine
from app.registry.discovery import discover
from app.ui.runs.row_facts import RowBook
from app.ui.runs.row_pages import PAGE
from app.ui.runs.rows import Rows
from app.ui.step_looks import StepLook
from tests.ui.window.conftest import run_on, until
from tests.ui.window.small_flow import template_flow

MANY = 100_000


class Kept:
    """What the engine would answer, and what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    async def items(self, run: str, spans: Sequence[tuple[int, int]]) -> tuple[ItemLine, ...]:
        assert run == "r"
        self.asked += spans
        await asyncio.sleep(0)
        return tuple(
            ItemLine(n, "done", {"message": f"in {n}"}, {"reply": f"out {n}"}, seconds=0.5)
            for first, count in spans
            for n in range(first, first + count)
        )


def run_of(rows: int) -> RunState:
    run = RunState()
    run.apply(RunStarted("r", "flow", "Flow", "d", "now", ("ask", "say", "out"), rows))
    failure = Failure("file.missing", {"path": "x"})
    for row in range(rows):
        failed = row % 1000 == 7
        run.apply(RowSettled(1.0, row, "failed" if failed else "done", failure if failed else None, "say"))
    return run


@pytest.fixture
def page(loop: Any) -> Iterator[tuple[Rows, Kept]]:
    kept = Kept()
    rows = Rows(lambda node: StepLook(node, "data", "puzzle"), discover().get, kept.items)
    rows.resize(1000, 600)
    rows.show()
    yield rows, kept
    rows.close()
    rows.deleteLater()


def test_only_pages_that_are_looked_at_are_asked_for(page: tuple[Rows, Kept], loop: Any) -> None:
    rows, kept = page
    rows.show_run(run_of(MANY), template_flow())
    model = rows.table.model()
    assert model.rowCount() == MANY
    run_on(loop, until(lambda: str(model.index(0, 2).data()) == "in 0"))
    rows.table.scrollTo(model.index(54_321, 0))
    run_on(loop, until(lambda: str(model.index(54_321, 2).data()) == "in 54321"))
    assert str(model.index(54_321, 3).data()) == "out 54321"
    asked = sum(count for _, count in kept.asked)
    assert asked <= 8 * PAGE, kept.asked


def test_scrolling_through_all_of_it_takes_little(page: tuple[Rows, Kept], loop: Any) -> None:
    rows, kept = page
    run = run_of(MANY)
    rows.show_run(run, template_flow())
    bar = rows.table.verticalScrollBar()
    places = range(0, bar.maximum(), max(1, bar.maximum() // 200))
    begun = time.process_time()
    for place in places:
        bar.setValue(place)
        rows.table.viewport().repaint()
    taken = (time.process_time() - begun) / len(places)
    print(f"a scroll step of {MANY:,} rows takes {taken * 1000:.1f} ms of CPU")
    assert taken < 0.05
    again = time.process_time()
    for _ in range(10):
        rows.show_run(run, template_flow())
    print(f"looking again takes {(time.process_time() - again) * 100:.1f} ms of CPU")
    assert (time.process_time() - again) / 10 < 0.05
    run_on(loop, asyncio.sleep(0.1))
    assert sum(count for _, count in kept.asked) < MANY / 10


def test_the_failures_alone_are_shown_and_counted() -> None:
    run = run_of(5_000)
    book = RowBook(run)
    assert book.counts()["failed"] == 5
    assert list(book.chosen("failed")) == [7, 1007, 2007, 3007, 4007]
    assert book.counts()["done"] == 4_995
    assert sum(book.counts().values()) == 5_000


def test_a_failed_check_is_no_pass_however_often_one_looks() -> None:
    run = RunState()
    run.apply(RunStarted("r", "w", "W", "d", "now", ("check",), 2))
    book = RowBook(run)
    for row, word in enumerate(("passed", "failed")):
        run.apply(NodeStarted(0.1, "check", f"#{row}"))
        run.apply(
            NodeSettled(
                0.2,
                "check",
                f"#{row}",
                "ok",
                verdict={"verdict": word},
                outputs={"x": Preview("x", "text", 1)},
            )
        )
        run.apply(RowSettled(0.3, row, "done"))
        book.counts()
    assert (book.counts()["done"], book.counts()["check_failed"]) == (1, 1)
    assert list(book.chosen("check_failed")) == [1]
