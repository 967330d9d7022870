"""Parts of the Runs page on their own: the tape, the words for moments and states, questions about records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.costs.cost import Cost
from app.costs.usage import Usage
from app.document.problem import Problem
from app.document.workflow import Json
from app.events.run_events import (
    About,
    BudgetReached,
    Computed,
    NodeSettled,
    NodeStarted,
    PersonAsked,
    Preview,
    RowSettled,
    RunEvent,
    RunFinished,
    RunStarted,
    StepsComputed,
)
from app.events.run_state import RunState
from app.executor.journal import RunLine, RunSummary
from app.executor.run_request import Anew
from app.texts import text
from app.ui.history.event_spool import PAGE, EventSpool
from app.ui.history.moment_words import moment_words
from app.ui.history.resume_banner import ResumeBanner
from app.ui.history.run_list import RunList
from app.ui.history.run_words import needs_somebody, said_of
from app.ui.history.tape import Tape
from app.ui.runs.record_card import RecordCard
from app.ui.step_looks import StepLook
from app.ui.widgets.plain_label import PlainLabel

LINE = RunLine("r", "flow", "Flow", "d", "2026-03-01T10:00:00+08:00", RunSummary("done", calls=1))


def line(status: str, **changed: object) -> RunLine:
    return replace(LINE, summary=replace(LINE.summary, status=status), **changed)  # type: ignore[arg-type]


def tape_of(*events: RunEvent) -> Tape:
    started, ended = RunStarted("r", "w", "W", "d", "now", ("a", "b")), RunFinished(9.0, "done")
    return Tape(EventSpool([started, *events, ended]))


def test_a_tape_gives_the_state_at_every_stop_in_any_order() -> None:
    tape = tape_of(
        NodeStarted(1.0, "a", ""),
        NodeSettled(2.0, "a", "", "ok"),
        NodeStarted(3.0, "b", ""),
        NodeSettled(4.0, "b", "", "ok"),
    )
    forwards = [tape.at(stop).nodes["b"].status for stop in range(len(tape.stops))]
    backwards = [tape.at(stop).nodes["b"].status for stop in reversed(range(len(tape.stops)))]
    assert forwards == ["idle", "idle", "running", "done", "done"]
    assert backwards == forwards[::-1]
    assert tape.at(len(tape.stops) - 1).status == "done"


def test_records_that_were_written_one_after_the_other_are_seen_as_they_overlapped() -> None:
    tape = tape_of(
        NodeStarted(1.0, "a", ""),
        NodeSettled(5.0, "a", "", "ok"),
        NodeStarted(2.0, "b", ""),
        NodeSettled(3.0, "b", "", "ok"),
    )
    assert [type(tape.event(stop)).__name__ for stop in range(4)] == [
        "NodeStarted",
        "NodeStarted",
        "NodeSettled",
        "NodeSettled",
    ]
    assert tape.at(1).nodes["a"].active == tape.at(1).nodes["b"].active == 1


def test_steps_that_were_computed_in_one_go_are_stepped_through_one_by_one() -> None:
    both = (Computed("a", seconds=1.0), Computed("b", {"x": "a.y"}, seconds=0.5))
    tape = tape_of(StepsComputed(4.0, "", both))
    assert [tape.at(stop).nodes["b"].status for stop in range(3)] == ["idle", "done", "done"]
    assert [getattr(tape.event(stop), "t", None) for stop in range(2)] == [3.5, 4.0]


def row_events(rows: int) -> Iterator[RunEvent]:
    for row in range(rows):
        yield NodeStarted(float(row), "a", f"#{row}")
        yield NodeSettled(row + 0.5, "a", f"#{row}", "ok", 0.5)
        yield RowSettled(row + 0.6, row, "done")


def test_a_long_run_is_stepped_through_like_a_short_one() -> None:
    rows = 4 * PAGE
    events = EventSpool([RunStarted("r", "w", "W", "d", "now", ("a",), rows), *row_events(rows)])
    tape = Tape(events)
    assert events.is_long
    assert len(tape.stops) == 3 * rows
    assert tape.at(len(tape.stops) - 1).rows_done == rows
    for row in (
        0,
        rows - 1,
        PAGE,
        PAGE - 1,
        rows // 2,
        1,
        rows // 2 + 1,
    ):  # forth and back, over every border
        settled = tape.at(3 * row + 1)
        assert (settled.rows_done, settled.nodes["a"].ok, settled.nodes["a"].status) == (row, row + 1, "done")
        assert tape.at(3 * row + 2).rows_done == row + 1
        assert tape.event(3 * row + 2) == RowSettled(row + 0.6, row, "done")
    events.close()


def test_a_state_that_was_looked_at_is_not_changed_by_going_back() -> None:
    tape = tape_of(*row_events(3))
    last = tape.at(len(tape.stops) - 1)
    first = tape.at(0)
    assert (last.rows_done, first.rows_done) == (3, 0)
    assert last.nodes["a"] is not first.nodes["a"]
    assert (last.nodes["a"].ok, first.nodes["a"].ok) == (3, 0)


def test_many_events_lie_in_a_file_and_come_back_as_they_were() -> None:
    given = list(row_events(PAGE))
    events = EventSpool(given[:-1], most_in_memory=PAGE)
    events.add(given[-1:])
    assert (len(events), events.pages) == (3 * PAGE, 3)
    assert list(events) == given
    assert events.page(1) == given[PAGE : 2 * PAGE]
    events.close()
    assert len(events) == 0


def test_states_are_said_in_full() -> None:
    assert said_of(line("done")).words == "Done"
    assert said_of(line("running")).words == "Broke off"
    assert said_of(line("running", alive=True)).words == "Running"
    failed = replace(LINE, summary=replace(LINE.summary, rows_failed=2))
    assert said_of(failed).words == "Done, 2 rows failed"
    assert [
        needs_somebody(line(s)) for s in ("running", "paused", "waiting", "cancelled", "done", "failed")
    ] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    assert not needs_somebody(line("waiting", alive=True))


def test_every_moment_is_a_sentence() -> None:
    events: list[RunEvent] = [
        NodeStarted(1.0, "a", "#4"),
        NodeSettled(1.0, "a", "", "ok", source="cache"),
        NodeSettled(1.0, "a", "", "skipped"),
        PersonAsked(1.0, "a", "", "", "", None, may_edit=False),
        BudgetReached(1.0, "a", "", "1", "1", "1"),
        RowSettled(1.0, 4, "failed"),
        RunFinished(1.0, "cancelled"),
    ]
    words = [moment_words(event, lambda node: node.upper()) for event in events]
    assert words[0] == "1.0 s · Row 5: “A” began"
    assert words[1] == "1.0 s · “A” was taken from the cache"
    assert all("history." not in said and said for said in words)


@pytest.mark.parametrize(
    ("about", "take", "again"),
    [
        ("effect", "It happened", "Do it again"),
        ("inputs", "Keep the recorded result", "Run it again"),
        ("version", "Keep the recorded result", "Run it again"),
    ],
)
def test_a_question_about_a_record_says_what_changed_and_has_its_own_two_ways(
    qapp: QApplication, about: About, take: str, again: str
) -> None:
    value = None if about == "effect" else {"type": "model.text", "version": 1, "now": 2}
    question = PersonAsked(1.0, "n", "#2", "", "", value, may_edit=False, about=about)
    given = {"prompt": Preview("Dear Ann,\n" + "long " * 100, "text", 510)}
    card = RecordCard(question, StepLook("Writer", "model", "brain"), given)
    heard: list[tuple[object, ...]] = []
    card.decided.connect(lambda *said: heard.append(said))
    assert (card.take.text(), card.again.text()) == (take, again)
    words = " ".join(label.text() for label in card.findChildren(PlainLabel))
    assert "Writer" in words
    assert ("version 1" in words and "version 2" in words) == (about == "version")
    assert ("Now prompt: Dear Ann," in words) == (about == "inputs")
    assert ("no longer kept" in words) == (about == "inputs")
    assert len(words) < 700
    card.again.click()
    card.take.click()  # a second answer isn't taken
    assert [said[2] for said in heard] == ["rejected"]


def test_what_went_in_stands_above_what_goes_in_now(qapp: QApplication) -> None:
    changed: Json = [
        {"port": "prompt", "was": "Dear Ann", "now": "Dear Bob"},
        {"port": "tone", "was": "", "now": "dry"},
    ]
    value: Json = {"type": "model.text", "version": 1, "changed": changed}
    question = PersonAsked(1.0, "n", "#2", "", "", value, may_edit=False, about="inputs")
    card = RecordCard(question, StepLook("Writer", "model", "brain"), {})
    words = "\n".join(label.text() for label in card.findChildren(PlainLabel))
    assert "Then prompt: Dear Ann\nNow prompt: Dear Bob\nThen tone: –\nNow tone: dry" in words
    assert "no longer kept" not in words


def test_a_paused_run_goes_on_only_under_a_higher_limit(qapp: QApplication) -> None:
    spent = RunSummary("paused", usage=Usage(10, 10), cost=Cost(Decimal("0.9962"), "priced"), calls=3)
    run = RunState()
    run.apply(RunStarted("r", "w", "W", "d", "now", ("a",), budget="1.00"))
    banner = ResumeBanner()
    banner.show_line(replace(LINE, summary=spent), run)
    heard: list[object] = []
    banner.resumed.connect(heard.append)
    assert Decimal(banner.limit.text()) > Decimal("1.00")
    banner.limit.setText("0.50")
    assert not banner.button.isEnabled()
    banner.limit.clear()
    QTest.keyClicks(banner.limit, "1.20")
    banner.button.click()
    assert heard == [Anew(budget=Decimal("1.20"))]


def test_a_run_that_was_out_of_time_goes_on_with_as_much_again_or_what_a_person_says(
    qapp: QApplication,
) -> None:
    over = Problem("run.time_limit", args={"seconds": 90.0})
    banner = ResumeBanner()
    late = replace(LINE, summary=RunSummary("failed", timed=90.2, problems=(over,)))
    banner.show_line(late, RunState())
    heard: list[object] = []
    banner.resumed.connect(heard.append)
    assert (banner.time.isHidden(), banner.limit.isHidden()) == (False, True)
    assert banner.time.text() == "181"
    banner.time.setText("90")
    assert not banner.button.isEnabled()
    banner.time.clear()
    assert not banner.button.isEnabled()
    QTest.keyClicks(banner.time, "600")
    QTest.keyClick(banner.time, Qt.Key.Key_Return)
    assert heard == [Anew(time_limit=600.0)]
    banner.show_line(line("failed"), RunState())
    assert (banner.time.isHidden(), banner.button.isEnabled()) == (True, True)


def test_a_run_that_ended_in_doubt_waits_for_an_answer(qapp: QApplication) -> None:
    doubt = Problem("effect.in_doubt", node="a", args={"cause": "net.timeout", "host": "shop.example.com"})
    lost = replace(LINE, summary=RunSummary("failed", problems=(doubt,)))
    run = RunState()
    run.apply(RunStarted("r", "w", "W", "d", "now", ("a",)))
    run.apply(RunFinished(9.0, "failed", problems=(doubt,)))
    banner = ResumeBanner()
    banner.show_line(lost, run)
    assert needs_somebody(lost)
    assert banner.button.text() == text("history.resume.waiting")
    words = " ".join(label.text() for label in banner.findChildren(PlainLabel))
    assert "shop.example.com took too long to answer." in words


def test_a_run_that_goes_on_elsewhere_is_not_taken_from_there(qapp: QApplication) -> None:
    banner = ResumeBanner()
    banner.show_line(line("running", alive=True), RunState())
    assert (banner.isHidden(), banner.button.isHidden()) == (False, True)


def test_a_run_that_has_ended_is_not_called_going_on_while_its_books_are_closed(qapp: QApplication) -> None:
    banner = ResumeBanner()
    banner.show_line(line("done", alive=True), RunState())
    assert banner.isHidden()
    banner.show_line(line("failed", alive=True), RunState())
    assert (banner.isHidden(), banner.button.isHidden()) == (False, False)


@pytest.mark.parametrize("width", [360, 400, 460, 700])
def test_the_list_of_runs_keeps_its_costs_in_sight(qtbot: QtBot, width: int) -> None:
    runs = RunList()
    qtbot.addWidget(runs)
    runs.scope.set_value("all")
    runs.resize(width, 500)
    with qtbot.waitExposed(runs):
        runs.show()
    runs.show_lines([line("done")])
    model = runs.table.model()
    titles = [model.headerData(at, Qt.Orientation.Horizontal) for at in range(model.columnCount())]
    cost = titles.index(text("history.column.cost"))
    header = runs.table.horizontalHeader()
    qtbot.waitUntil(
        lambda: header.sectionPosition(cost) + header.sectionSize(cost) <= runs.table.viewport().width()
    )
