"""The run form by hand: questions, samples, tables, what is missing, what is remembered, what it may cost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import texts
from app.adapters.shelf import UNREAD_SHELF
from app.document.workflow import Graph, Json, Node, Workflow
from app.registry.discovery import discover
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.node_type import AskedInput
from app.sdk.typed_values import typed
from app.ui.appearance import appearance
from app.ui.run_form.asks import Asks, asks_of
from app.ui.run_form.cost_words import cost_words
from app.ui.run_form.input_specs import problems_of, values_of
from app.ui.run_form.last_values import LastValues
from app.ui.run_form.run_form import RunForm
from app.ui.run_stream import RunWish
from tests.ui.inspector.world import SHELF

REGISTRY = discover()
LEFT = Qt.MouseButton.LeftButton
MESSAGE = AskedInput("message", "What does the <b>customer</b> say?", "text")
DUE = AskedInput("due", "Due", "date", required=False)
COUNT = AskedInput("count", "How many", "number", required=False, default=2)


@pytest.fixture(autouse=True)
def _look(qapp: object) -> Iterator[None]:
    del qapp  # it only has to be there
    appearance().set_language("en")
    yield
    texts.set_language("en")


def form(
    qtbot: QtBot, *inputs: AskedInput, samples: int = 0, remembered: dict[str, Json] | None = None
) -> tuple[RunForm, list[RunWish]]:
    made = RunForm(Asks(inputs, samples, ()), remembered or {}, "Costs nothing.", None)
    qtbot.addWidget(made)
    wishes: list[RunWish] = []
    made.chosen.connect(wishes.append)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made, wishes


def test_a_filled_form_runs_once_with_its_values(qtbot: QtBot) -> None:
    made, wishes = form(qtbot, MESSAGE, DUE, COUNT)
    made.form.point_at("message")
    QTest.keyClicks(QApplication.focusWidget(), "Where is it?")
    QTest.mouseClick(made.start, LEFT)
    assert wishes == [RunWish(values={"message": "Where is it?", "count": 2})]
    assert not made.isVisible()


def test_what_is_missing_is_said_at_its_field_and_only_after_trying(qtbot: QtBot) -> None:
    made, wishes = form(qtbot, MESSAGE, DUE)
    row = made.form.row("message")
    assert row.faults() == ""
    QTest.mouseClick(made.start, LEFT)
    assert wishes == []
    assert "is empty" in row.faults()
    assert QApplication.focusWidget() is row.editor.focusProxy()
    QTest.keyClicks(QApplication.focusWidget(), "x")
    assert row.faults() == ""
    made.form.point_at("due")
    QTest.keyClicks(QApplication.focusWidget(), "soon")
    QTest.mouseClick(made.start, LEFT)
    assert made.form.row("due").faults()
    assert not made.form.row("due").faults().startswith("problem.")
    assert wishes == []


def test_the_cursor_stands_in_the_first_question_and_ctrl_enter_runs(qtbot: QtBot) -> None:
    made, wishes = form(qtbot, MESSAGE, DUE)
    field = QApplication.focusWidget()
    assert field is made.form.row("message").editor.focusProxy()
    QTest.keyClicks(field, "Where is it?")
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert wishes == [RunWish(values={"message": "Where is it?"})]
    assert not made.isVisible()


def test_samples_are_proposed_until_something_was_filled_in(qtbot: QtBot) -> None:
    made, wishes = form(qtbot, MESSAGE, samples=60)
    assert made.mode.value() == "samples"
    assert QApplication.focusWidget() is made.start
    QTest.keyClick(made.start, Qt.Key.Key_Return)
    assert wishes == [RunWish(rows="samples")]
    again, _wishes = form(qtbot, MESSAGE, samples=60, remembered={"message": "As before"})
    assert again.mode.value() == "once"


def test_a_click_on_once_puts_the_cursor_into_the_question(qtbot: QtBot) -> None:
    made, _wishes = form(qtbot, MESSAGE, samples=60)
    QTest.mouseClick(made.mode, LEFT, pos=QPoint(20, made.mode.height() // 2))
    assert made.mode.value() == "once"
    assert QApplication.focusWidget() is made.form.row("message").editor.focusProxy()


def test_questions_are_shown_as_they_were_written(qtbot: QtBot) -> None:
    made, _wishes = form(qtbot, MESSAGE)
    assert made.form.row("message")._label.text() == "What does the <b>customer</b> say?"
    assert made.form.row("message")._label.textFormat() == Qt.TextFormat.PlainText


def test_samples_and_tables_need_no_answers(qtbot: QtBot) -> None:
    made, wishes = form(qtbot, MESSAGE, samples=60, remembered={"message": "As before"})
    made.mode.setFocus()
    QTest.keyClick(made.mode, Qt.Key.Key_Right)
    assert "60 sample rows" in made._samples.text()
    QTest.mouseClick(made.start, LEFT)
    assert wishes == [RunWish(rows="samples")]


def test_a_table_has_to_be_chosen(qtbot: QtBot) -> None:
    made, wishes = form(qtbot, MESSAGE)
    assert made.mode.value() == "once"
    QTest.keyClick(made.mode, Qt.Key.Key_Right)
    assert made.mode.value() == "table"
    QTest.mouseClick(made.start, LEFT)
    assert wishes == []
    assert made._fault.text() == "Choose a table first."
    QTest.keyClicks(QApplication.focusWidget(), "rows.csv")
    QTest.mouseClick(made.start, LEFT)
    assert wishes == [RunWish(rows="rows.csv")]


def test_the_last_values_stand_there_again(qtbot: QtBot) -> None:
    made, wishes = form(qtbot, MESSAGE, remembered={"message": "As before", "gone": 1})
    QTest.mouseClick(made.start, LEFT)
    assert wishes == [RunWish(values={"message": "As before"})]
    assert made.values() == {"message": "As before"}


def test_a_workflow_without_questions_says_so(qtbot: QtBot) -> None:
    made, wishes = form(qtbot)
    assert not made._nothing.isHidden()
    QTest.mouseClick(made.start, LEFT)
    assert wishes == [RunWish()]


def test_escape_runs_nothing(qtbot: QtBot) -> None:
    made, wishes = form(qtbot, MESSAGE)
    QTest.keyClick(made, Qt.Key.Key_Escape)
    assert wishes == []
    assert not made.isVisible()


async def test_a_wish_is_awaited() -> None:
    made = RunForm(Asks((), 0, ()), {}, "", None)
    waiting = asyncio.get_running_loop().create_task(made.wish())
    async with asyncio.timeout(60):
        while not made.isVisible():
            QApplication.processEvents()
            await asyncio.sleep(0.002)
    QTest.mouseClick(made.start, LEFT)
    assert await waiting == RunWish()


# --- values --------------------------------------------------------------------------------------------------

TYPES = ["text", "number", "yesno", "date", "list", "table", "file", "record", "any"]
ANY = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=10)
    | st.lists(st.text(max_size=4), max_size=2)
)


@given(st.lists(st.tuples(st.sampled_from(TYPES), st.booleans()), max_size=4), st.data())
def test_a_form_without_problems_gives_what_the_engine_takes(
    asked: list[tuple[str, bool]], data: Any
) -> None:
    inputs = [AskedInput(f"i{at}", f"Input {at}", kind, needed) for at, (kind, needed) in enumerate(asked)]  # type: ignore[arg-type]
    fields = {one.name: data.draw(ANY) for one in inputs if data.draw(st.booleans())}
    faulty = {problem.field for problem in problems_of(inputs, fields)}
    values = values_of(inputs, fields)
    for one in inputs:
        if one.name in faulty:
            continue
        assert one.name in values or not one.required
        if one.name in values:
            try:
                typed(values[one.name], one.type, one.label)
            except NodeError:
                pytest.fail(f"{one} took {values[one.name]!r}")


def test_what_a_workflow_asks_for() -> None:
    questions = [{"name": "message", "label": "Message"}, {"name": "note", "required": False}]
    graph = Graph(
        {
            "a": Node("a", "intent.ask", fields={"asked": questions, "samples": [{"message": "Hi"}] * 3}),
            "b": Node("b", "intent.ask", fields={"asked": [{"name": "message"}]}),
            "off": Node("off", "intent.ask", disabled=True, fields={"asked": [{"name": "never"}]}),
            "broken": Node("broken", "intent.ask", fields={"asked": 7}),
            "odd": Node("odd", "nobody.knows"),
            "m": Node("m", "model.text", fields={"model": {"role": "strong"}}),
        }
    )
    asks = asks_of(Workflow("w", "W", graph=graph), REGISTRY.get)
    assert [one.name for one in asks.inputs] == ["message", "note"]
    assert asks.samples == 3
    assert asks.models == (ModelChoice(role="strong"),)


# --- what is remembered --------------------------------------------------------------------------------------


def test_values_are_remembered_by_workflow(tmp_path: Path) -> None:
    values = LastValues(tmp_path)
    assert values.of("w") == {}
    values.keep("w", {"message": "Hi 你好"})
    values.keep("x", {"n": 1})
    assert LastValues(tmp_path).of("w") == {"message": "Hi 你好"}
    for at in range(60):
        values.keep(f"more{at}", {})
    assert values.of("w") == {}  # only the newest are kept


@pytest.mark.parametrize("content", ["not json", "[]", '{"w": 3}'])
def test_a_broken_memory_is_no_trouble(tmp_path: Path, content: str) -> None:
    (tmp_path / "run-inputs.json").write_text(content, "utf-8")
    values = LastValues(tmp_path)
    assert values.of("w") == {}
    values.keep("w", {"a": 1})
    assert values.of("w") == {"a": 1}


def test_very_large_values_are_not_kept(tmp_path: Path) -> None:
    values = LastValues(tmp_path)
    values.keep("w", {"a": 1})
    values.keep("w", {"a": "x" * 300_000})
    assert values.of("w") == {}


# --- what it may cost ----------------------------------------------------------------------------------------

SMALL = ModelChoice(role="small")
OPUS = ModelChoice(connection="Company Anthropic", model="claude-opus")
UNKNOWN = ModelChoice(connection="Gateway", model="llama")


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ((), "Costs nothing: no step asks a model."),
        ((SMALL,), "Costs nothing: every model runs on this computer."),
        ((SMALL, OPUS), "Waits before it costs more than $0.50."),
        ((UNKNOWN,), "Waits before it costs more than $0.50. The price of llama is unknown."),
        (
            (ModelChoice(role="strong"),),
            "Waits before it costs more than $0.50. Not on this computer: Strong · no model chosen yet.",
        ),
    ],
)
def test_the_cost_is_said_before(models: tuple[ModelChoice, ...], words: str) -> None:
    assert cost_words(models, SHELF, Decimal("0.5")) == words


def test_nothing_is_missing_before_the_models_are_known() -> None:
    assert cost_words((SMALL,), UNREAD_SHELF, None) == "Looking at the models of this computer…"
    assert cost_words((), UNREAD_SHELF, None) == "Costs nothing: no step asks a model."


def test_who_stands_in_for_a_role_costs_what_it_costs() -> None:
    choice = ModelChoice(role="strong", otherwise="small")
    assert cost_words((choice,), SHELF, None) == "Costs nothing: every model runs on this computer."


def test_no_limit_is_said_too() -> None:
    assert cost_words((OPUS,), SHELF, None) == "There is no spend limit."


def test_a_table_is_there_again_next_time(qtbot: QtBot, tmp_path: Path) -> None:
    table = str(tmp_path / "rows.csv")
    first, _ = form(qtbot, MESSAGE, samples=3)
    first.show_mode("table")
    first.table.show_fields({"table": table})
    again, _ = form(qtbot, MESSAGE, samples=3, remembered=first.values())
    assert again.mode_now == "table"
    assert again.considered() == RunWish(rows=table)
    again.show_mode("once")
    other, _ = form(qtbot, MESSAGE, remembered=again.values())
    assert other.mode_now == "once"
