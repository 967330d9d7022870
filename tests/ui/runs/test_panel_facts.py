"""What the run panel computes from a run: bars, costs, rows, accuracy, problems."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.document.workflow import Group
from app.events.accuracy import Accuracy, wilson
from app.events.run_events import (
    NodeSettled,
    NodeStarted,
    PersonAnswered,
    PersonAsked,
    Retrying,
    RowSettled,
    RunFinished,
    RunStarted,
    TextStreamed,
)
from app.events.run_state import RunState
from app.processes.messages import ItemLine
from app.ui.runs.accuracy_bars import comparison
from app.ui.runs.axis import tick_text, time_ticks
from app.ui.runs.bars import bars
from app.ui.runs.cost_rows import cost_rows
from app.ui.runs.costs import Costs
from app.ui.runs.person_card import PersonCard
from app.ui.runs.problem_list import run_problems
from app.ui.runs.row_facts import RowBook, ValueColumn
from app.ui.runs.steps import Steps
from app.ui.runs.totals import Figure, Totals
from app.ui.step_looks import StepLook
from tests.ui.runs.demo_run import TIMEOUT, called, checked, over_rows

# --- timeline ---


def test_bars_stand_in_the_order_of_beginning_and_end_where_steps_ended() -> None:
    run = RunState()
    run.apply(RunStarted("r", "w", "W", "d", "now", ("b", "a", "never")))
    run.apply_all([*called("a", "0.5", t=2.0), NodeStarted(2.0, "b", "")])
    first, second = bars(run, 5.0)
    assert (first.node, first.start, first.end, first.live, first.words) == (
        "a",
        1.0,
        2.0,
        False,
        "1.0 s · $0.5000",
    )
    assert (second.node, second.start, second.end, second.live) == ("b", 2.0, 5.0, True)


def test_a_bar_says_what_its_step_is_at() -> None:
    run = RunState()
    run.apply(RunStarted("r", "w", "W", "d", "now", ("a",)))
    run.apply(NodeStarted(0.0, "a", ""))
    assert bars(run, 1.0)[0].words == "Running…"
    run.apply(TextStreamed(0.5, "a", "", "Hel"))
    assert bars(run, 1.0)[0].words == "Writing…"
    run.apply(Retrying(0.6, "a", "", 1, 3, 1.0, TIMEOUT))
    assert bars(run, 1.0)[0].words == "Try 2 of 3"
    run.apply(PersonAsked(0.7, "a", "", "?", "", "x", may_edit=True))
    assert (bars(run, 1.0)[0].words, bars(run, 1.0)[0].tone) == ("Waiting for you", "person")


def test_bars_over_rows_count_them() -> None:
    by_node = {bar.node: bar for bar in bars(over_rows(), 5.0)}
    assert by_node["ask"].words == "5 rows"
    assert by_node["cheap"].words == "1 row at work, 3 done"
    assert by_node["first"].words == "1 of 3 passed"


@given(st.floats(0.1, 200_000), st.integers(1, 30))
def test_ticks_are_round_and_never_too_many(span: float, most: int) -> None:
    ticks = time_ticks(span, most)
    assert ticks[0] == 0
    assert len(ticks) <= most + 1
    assert ticks[-1] <= span
    assert tick_text(ticks[-1], 1, span)


# --- costs ---


def test_steps_and_groups_add_up_to_the_total() -> None:
    run = RunState()
    run.apply(RunStarted("r", "w", "W", "d", "now", ("a", "b", "c", "free")))
    for at, (node, amount) in enumerate((("a", "0.00005"), ("b", "0.00005"), ("c", "0.00005"))):
        run.apply_all(called(node, amount, t=float(at + 1)))
    run.apply_all([NodeStarted(9.0, "free", "")])
    rows = cost_rows(run, [Group("Measure", ("b", "c")), Group("Empty", ())])
    assert [(row.kind, row.name) for row in rows] == [
        ("step", "a"),
        ("step", "free"),
        ("group", "Measure"),
        ("step", "b"),
        ("step", "c"),
        ("total", ""),
    ]
    total = rows[-1]
    assert total.calls == 3
    assert total.usage.total == 45
    steps = [row.cost.known for row in rows if row.kind == "step"]
    assert sum(steps, Decimal(0)) == total.cost.known
    assert rows[2].cost.known == rows[3].cost.known + rows[4].cost.known


# --- rows ---


def test_a_row_that_a_person_approved_is_done() -> None:
    run = over_rows()
    asked = PersonAsked(3.2, "person", "#2", "Right?", "", "x", may_edit=True)
    run.apply_all([NodeStarted(3.2, "person", "#2"), asked])
    run.apply(PersonAnswered(3.3, "person", "#2", "approved", "me", "now"))
    run.apply(NodeSettled(3.3, "person", "#2", "ok"))
    book = RowBook(run)
    assert book.facts(2).status == "done"
    assert (book.facts(2).passed, book.facts(2).verdicts) == (0, 2), "its checks failed all the same"
    assert (book.counts()["done"], book.counts()["check_failed"]) == (3, 0)
    assert list(book.chosen("done")) == [0, 1, 2]


@pytest.mark.parametrize(("decision", "at"), [("rejected", 3.3), ("approved", 2.9)])
def test_a_no_of_a_person_helps_no_check_nor_does_a_yes_before_it(decision: str, at: float) -> None:
    run = over_rows()
    asked = PersonAsked(2.8, "person", "#2", "Right?", "", "x", may_edit=True)
    run.apply_all([NodeStarted(2.8, "person", "#2"), asked])
    run.apply(PersonAnswered(at, "person", "#2", decision, "me", "now"))
    run.apply(NodeSettled(at, "person", "#2", "ok"))
    assert RowBook(run).facts(2).status == "check_failed"


def test_rows_are_told_apart_and_add_up() -> None:
    book = RowBook(over_rows(), (ValueColumn("ask", "message", "Message", "out"),))
    statuses = [book.facts(row).status for row in range(book.count)]
    assert statuses == ["done", "done", "check_failed", "failed", "running", "waiting"]
    assert sum(book.counts().values()) == book.count == 6
    assert list(book.chosen("failed")) == [3]
    assert list(book.chosen(None)) == list(range(6))
    assert book.facts(2).failed_checks
    assert not book.facts(0).failed_checks
    third = book.facts(3)
    assert (third.where, third.failure) == ("cheap", TIMEOUT)
    first = book.facts(0)
    assert first.values[0] is not None
    assert (first.values[0].text, first.cost.known, first.verdicts, first.passed) == (
        "message 0",
        Decimal("0.001"),
        1,
        1,
    )
    assert book.facts(4).where == "cheap"


def test_a_row_that_was_running_when_the_run_ended_was_stopped_and_one_behind_it_never_begun() -> None:
    run = over_rows()
    run.apply(RunFinished(9.0, "cancelled"))
    book = RowBook(run)
    assert [book.facts(row).status for row in (4, 5)] == ["cancelled", "not_begun"]
    assert (book.counts()["cancelled"], book.counts()["not_begun"]) == (1, 1)
    assert list(book.chosen("not_begun")) == [5]
    assert sum(book.counts().values()) == book.count


def test_what_records_leave_out_of_a_row_comes_from_what_is_kept_of_it() -> None:
    run = RunState()
    run.apply(RunStarted("r", "w", "W", "d", "now", ("ask", "out"), 1))
    run.apply_all(
        [NodeStarted(2.0, "out", "#0"), NodeSettled(5.5, "out", "#0", "ok"), RowSettled(0.0, 0, "done")]
    )
    run.apply(RunFinished(0.0, "cancelled"))
    column = ValueColumn("out", "value", "Reply", "in", "reply")
    kept = ItemLine(0, "done", outputs={"reply": "Dear Ann"})
    facts = RowBook(run, [column], lambda _: kept).facts(0)
    assert [value and value.text for value in facts.values] == ["Dear Ann"]
    assert facts.seconds == 3.5, "the end of its last step, not of the run, which nobody saw"


def test_a_failure_that_hit_many_rows_is_one_problem() -> None:
    run = over_rows()
    problems = run_problems(run)
    assert [(problem.code, problem.node) for problem in problems] == [("model.timeout", "cheap")]


# --- accuracy ---


@pytest.mark.parametrize(
    ("passed", "n", "baseline", "said"),
    [
        (90, 100, 0.4, "better"),
        (10, 100, 0.4, "worse"),
        (42, 100, 0.4, "unclear"),
        (3, 3, 0.4, "better"),
        (2, 3, 0.4, "unclear"),
    ],
)
def test_better_is_said_only_where_the_interval_says_so(
    passed: int, n: int, baseline: float, said: str
) -> None:
    low, high = wilson(passed, n)
    assert comparison(Accuracy(passed, n, low, high, baseline)) == said


def test_without_known_answers_nothing_is_compared() -> None:
    assert comparison(Accuracy(3, 3, 0.4, 1.0)) == ""


def test_a_verifier_that_never_spoke_has_no_bar() -> None:
    run = RunState()
    run.apply(RunStarted("r", "w", "W", "d", "now", ("v",), 2))
    assert not run.nodes["v"].verdicts.n
    run.apply_all(checked("v", "#0", True, 1.0))
    assert run.nodes["v"].verdicts.n == 1


# --- a person's decision ---


def card(
    qapp: QApplication, value: object, *, may_edit: bool = True
) -> tuple[PersonCard, list[tuple[object, ...]]]:
    question = PersonAsked(0.0, "n", "#4", "Is this right?", "Look closely.", value, may_edit)  # type: ignore[arg-type]
    made = PersonCard(question, StepLook("Step", "human", "user-check"))
    heard: list[tuple[object, ...]] = []
    made.decided.connect(lambda *said: heard.append(said))
    return made, heard


def press(made: PersonCard, name: str) -> None:
    button = made.findChild(QPushButton, name)
    assert button is not None
    button.click()


def test_approved_as_it_is(qapp: QApplication) -> None:
    made, heard = card(qapp, {"a": [1]})
    press(made, "person.approve")
    press(made, "person.reject")  # a second answer isn't taken
    assert heard == [("n", "#4", "approved", {"a": [1]}, "")]


def test_approved_as_changed(qapp: QApplication) -> None:
    made, heard = card(qapp, {"a": [1]})
    made._value.setPlainText('{"a": [2]}')
    assert made._approve.text() == "Approve as changed"
    press(made, "person.approve")
    assert heard == [("n", "#4", "edited", {"a": [2]}, "")]


@pytest.mark.parametrize("value", ["5\u00a0%", "two\r\nlines", "hid\u200bden"])
def test_what_was_not_touched_is_approved_exactly(qapp: QApplication, value: str) -> None:
    made, heard = card(qapp, value)
    assert made._approve.text() == "Approve"
    press(made, "person.approve")
    assert heard == [("n", "#4", "approved", value, "")]


def test_a_change_keeps_its_no_break_spaces(qtbot: QtBot, qapp: QApplication) -> None:
    made, heard = card(qapp, "5\u00a0%")
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    made._value.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClicks(made._value, "!")
    press(made, "person.approve")
    assert heard == [("n", "#4", "edited", "5\u00a0%!", "")]


def test_a_change_is_taken_back_where_it_was_typed(qtbot: QtBot, qapp: QApplication) -> None:
    made, _heard = card(qapp, "Hello")
    qtbot.addWidget(made)
    made.resize(900, 300)
    with qtbot.waitExposed(made):
        made.show()
    assert made._value.height() < 80  # the buttons stay in sight
    QTest.keyClicks(made._value, "!")
    assert made._approve.text() == "Approve as changed"
    QTest.keyClick(made._value, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert made._approve.text() == "Approve"


def test_a_change_that_breaks_the_form_is_not_sent(qapp: QApplication) -> None:
    made, heard = card(qapp, {"a": [1]})
    made._value.setPlainText('{"a": [2')
    press(made, "person.approve")
    assert heard == []
    assert not made._fault.isHidden()


def test_rejected_with_a_comment(qapp: QApplication) -> None:
    made, heard = card(qapp, "Hello", may_edit=False)
    assert made._value.isReadOnly()
    made._comment.setText("too short")
    press(made, "person.reject")
    assert heard == [("n", "#4", "rejected", "Hello", "too short")]


# --- little room ---


def test_totals_say_less_where_there_is_less_room(qtbot: QtBot) -> None:
    totals = Totals()
    qtbot.addWidget(totals)
    totals.show_run(over_rows(), 3.0)
    with qtbot.waitExposed(totals):
        totals.show()
    full = totals.sizeHint().width()
    assert totals.minimumSizeHint().width() == 0, "whoever holds it may get narrower"
    for room in (full, full - 1, full // 2, full // 3, full):
        totals.fit(room)
        qtbot.waitUntil(lambda room=room: totals.sizeHint().width() <= max(room, full // 2))
        assert "elapsed" in totals.findChildren(Figure)[-1].toolTip()
    assert totals.sizeHint().width() == full


@pytest.mark.parametrize(("width", "step"), [(1600, 400), (500, 150)])
def test_a_name_can_be_read_at_any_width(qtbot: QtBot, width: int, step: int) -> None:
    costs = Costs(lambda node: StepLook(node, "unknown", "puzzle"))
    qtbot.addWidget(costs)
    costs.resize(width, 300)
    costs.show()
    costs.show_run(over_rows(), None)
    qtbot.waitUntil(lambda: costs.table.columnWidth(0) >= step)
    costs.resize(2200 - width, 300)
    qtbot.waitUntil(lambda: costs.table.columnWidth(0) >= 150)


def test_what_an_agent_hands_to_its_tools_is_no_step_of_the_list(qtbot: QtBot) -> None:
    run = RunState()
    run.apply(RunStarted("r", "w", "W", "d", "now", ("ag", "look")))
    run.apply_all([NodeStarted(0.0, "look", "ag#0"), NodeStarted(0.0, "ag/look", "ag#0")])
    steps = Steps(lambda node: StepLook(node, "unknown", "puzzle", aside="/" in node))
    qtbot.addWidget(steps)
    steps.show_run(run)
    table = steps.table.model()
    assert [table.index(row, 0).data() for row in range(table.rowCount())] == ["look", "ag", "Total"]
