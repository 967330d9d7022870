"""The inspector on a real session: edits and undo, links from texts, problems, runs, selections, languages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow
from pytestqt.qtbot import QtBot

from app.costs.cost import Cost
from app.costs.usage import Usage
from app.document.operations import AddNodes, Connect, Disconnect, RemoveNodes, SetFields
from app.document.problem import Problem
from app.document.workflow import Edge, Graph, Group, Layout, Node, OnError, PortRef, Retry, Workflow
from app.events.run_events import (
    Argument,
    Message,
    ModelCalled,
    NodeSettled,
    NodeStarted,
    Preview,
    RunStarted,
    TextStreamed,
)
from app.registry.discovery import discover
from app.ui.action_set import ActionSet
from app.ui.appearance import appearance
from app.ui.inspector.inspector import Inspector
from app.ui.inspector.step_page import StepPage
from app.ui.session import Place, Session
from tests.ui.fit import clipped
from tests.ui.inspector.world import SHELF

REGISTRY = discover()
GRAPH = Graph(
    {
        "ask": Node("ask", "intent.ask", title="Customer request"),
        "look": Node("look", "tool.web_request", title="Order lookup"),
        "write": Node("write", "model.text", fields={"prompt": "Answer: {{message}}"}),
        "check": Node("check", "verifier.check"),
        "odd": Node("odd", "nobody.knows"),
    },
    (
        Edge(PortRef("ask", "message"), PortRef("write", "message")),
        Edge(PortRef("write", "text"), PortRef("check", "value")),
    ),
)
WORKFLOW = Workflow(
    "w", "Support triage", graph=GRAPH, layout=Layout(groups={"g": Group("Measure", ("write", "check"))})
)


class World:
    """An inspector beside a session, in a window with the product's actions."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.session = Session(WORKFLOW, self.window)
        self.actions = ActionSet(self.window, {})
        self.actions.on({"edit.undo": self.session.undo_stack.undo})
        self.inspector = Inspector(self.session, REGISTRY.get, self.actions.__getitem__)
        self.inspector.show_shelf(SHELF)
        self.window.setCentralWidget(self.inspector)
        self.window.resize(340, 800)
        with qtbot.waitExposed(self.window):
            self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    @property
    def page(self) -> StepPage:
        assert self.inspector.step is not None
        return self.inspector.step

    def node(self, node: str) -> Node:
        return self.session.workflow.graph.nodes[node]

    @property
    def steps(self) -> int:
        return self.session.undo_stack.count()


@pytest.fixture
def world(qtbot: QtBot) -> Iterator[World]:
    return World(qtbot)


def keys(words: str) -> None:
    QTest.keyClicks(QApplication.focusWidget(), words)


def test_a_smart_pick_says_from_how_many_runs_it_could_learn(world: World) -> None:
    asked: list[None] = []
    world.inspector.cards_wanted.connect(lambda: asked.append(None))
    world.session.do(AddNodes((Node("pick", "model.pick"),)))
    world.inspector.select({"pick"})
    assert asked
    assert world.inspector.wants_count
    learn = world.page.learn
    assert (learn.text(), learn.isEnabled()) == ("Learn from past runs", True)
    world.inspector.show_judged_runs("pick", 1)
    assert (learn.text(), learn.isEnabled()) == ("Learn from 1 judged run", True)
    world.inspector.show_judged_runs("pick", 0)
    assert (learn.text(), learn.isEnabled()) == ("No judged runs to learn from", False)
    world.inspector.show_judged_runs("ask", 7)
    assert learn.text() == "No judged runs to learn from", "that was about another step"
    asked.clear()
    world.session.do(SetFields("pick", {"how": "first"}))
    assert (asked, learn.text()) == ([], "No judged runs to learn from"), "it asks the same as before"
    world.session.do(SetFields("pick", {"prompt": "Another"}))
    assert (len(asked), learn.text()) == (1, "Learn from past runs")
    world.inspector.select({"ask"})
    assert not world.inspector.wants_count
    assert not world.page.learn.isVisible()


def test_a_title_is_typed_as_one_step_and_undone(world: World) -> None:
    world.inspector.select({"write"})
    title = world.page.header.title
    assert title.text() == "Cheap model"
    title.setFocus()
    title.selectAll()
    keys("Expert")
    assert world.node("write").title == "Expert"
    assert world.steps == 1
    QTest.keyClick(title, Qt.Key.Key_Return)
    world.session.undo_stack.undo()
    assert world.node("write").title == ""
    assert title.text() == "Cheap model"


def test_typing_the_types_own_name_is_no_title(world: World) -> None:
    world.inspector.select({"ask"})
    title = world.page.header.title
    title.setFocus()
    title.selectAll()
    keys("Ask")
    assert world.node("ask").title == ""


def test_a_prompt_is_typed_and_the_windows_undo_takes_it_back(world: World) -> None:
    world.inspector.select({"write"})
    world.page.point_at("prompt")
    keys("!")
    keys("?")
    assert world.node("write").fields["prompt"] == "Answer: {{message}}!?"
    assert world.steps == 1
    world.actions["edit.undo"].setEnabled(True)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert world.node("write").fields["prompt"] == "Answer: {{message}}"
    assert world.page.form.fields()["prompt"] == "Answer: {{message}}"  # type: ignore[union-attr]


def test_a_field_back_at_its_default_leaves_the_file(world: World) -> None:
    world.inspector.select({"write"})
    row = world.page.form.row("max_tokens")  # type: ignore[union-attr]
    row.editor.setFocus()
    QApplication.focusWidget().selectAll()  # type: ignore[union-attr]
    keys("99")
    assert world.node("write").fields["max_tokens"] == 99
    QApplication.focusWidget().selectAll()  # type: ignore[union-attr]
    keys("1024")
    assert "max_tokens" not in world.node("write").fields


def test_picking_a_step_adds_link_and_input_in_one_step(world: World, qtbot: QtBot) -> None:
    world.inspector.select({"write"})
    world.page.point_at("prompt")
    field = QApplication.focusWidget()
    keys(" {{Order lookup")
    menu = field._menu  # type: ignore[union-attr]
    qtbot.waitUntil(menu.list.isVisible)
    before = world.steps
    QTest.keyClick(menu.list, Qt.Key.Key_Return)
    assert world.steps == before + 1
    (new,) = set(world.session.workflow.graph.edges) - set(GRAPH.edges)
    assert new.source.node == "look"
    assert new.target.node == "write"
    reference = "{{" + new.target.port + "}}"
    assert world.node("write").fields["prompt"] == f"Answer: {{{{message}}}} {reference}"
    assert field.text() == f"Answer: {{{{message}}}} {reference}"  # type: ignore[union-attr]
    keys("!")
    assert str(world.node("write").fields["prompt"]).endswith(f"{reference}!")
    world.session.undo_stack.undo()
    world.session.undo_stack.undo()
    assert set(world.session.workflow.graph.edges) == set(GRAPH.edges)


def test_steps_below_are_never_offered(world: World) -> None:
    world.inspector.select({"write"})
    offered = {source.node for source in world.page._around.sources()}
    assert offered == {"ask", "look"}


def test_a_link_that_goes_takes_its_name_with_it(world: World) -> None:
    world.inspector.select({"write"})
    legend = world.page.form.row("prompt").editor._legend  # type: ignore[union-attr]
    assert [line.text() for line in legend._lines] == ["message: Customer request › Message"]
    world.session.do(Disconnect(GRAPH.edges[0]))
    assert [line.text() for line in legend._lines] == ["message: nothing is joined to it yet"]
    world.session.do(Connect(GRAPH.edges[0]))
    world.session.do(SetFields("write", {"prompt": "{{message}}"}))
    assert [line.text() for line in legend._lines] == ["message: Customer request › Message"]


def test_problems_stand_at_their_field_with_the_fix(world: World) -> None:
    world.inspector.select({"write"})
    world.session.show_problems(
        [
            Problem("field.empty", "write", "prompt", args={"field": "Prompt"}),
            Problem("input.missing", "write", args={"port": "order"}),
            Problem("field.empty", "check", "rules", args={"field": "Rules"}),
        ]
    )
    row = world.page.form.row("prompt")  # type: ignore[union-attr]
    assert row.faults() == "“Prompt” is empty. Fill it in."
    assert "order" in world.page._problems.text()
    world.session.show_problems([])
    assert row.faults() == world.page._problems.text() == ""


def test_a_problem_leads_to_its_field_even_if_it_is_folded_away(world: World) -> None:
    world.inspector.point_at("write", "stop")
    row = world.page.form.row("stop")  # type: ignore[union-attr]
    assert row.isVisibleTo(world.page)
    assert QApplication.focusWidget() is row.editor.focusProxy()
    world.inspector.point_at("write", "timeout")
    assert world.page.trouble.is_open


def test_what_goes_wrong_is_set_step_by_step(world: World) -> None:
    world.inspector.select({"write"})
    world.page.trouble.open()
    form = world.page.trouble.form
    form.row("again").editor.beside_label().click()  # type: ignore[union-attr]
    assert world.node("write").retry == Retry(attempts=1)
    assert form.row("attempts").isHidden()
    box = form.row("policy").editor._box  # type: ignore[attr-defined]
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert world.node("write").on_error == OnError("fallback", None)
    assert "go on with another value" in world.page.trouble._fold._button.text()
    form.row("timeout").editor.setFocus()
    keys("30")
    assert world.node("write").retry.timeout == 30.0
    form.row("disabled").editor.beside_label().click()  # type: ignore[union-attr]
    assert world.node("write").disabled
    assert world.page.header._badge.text() == "switched off"


def run(world: World, rows: int | None = None) -> None:
    cost, usage = Cost(Decimal("0.0311"), "priced"), Usage(1200, 300)
    world.session.begin_run(world.session.workflow)
    world.session.fold([RunStarted("r1", "w", "n", "d", "2026-11-22T09:00:00Z", tuple(GRAPH.nodes), rows)])
    for scope in [f"#{at}" for at in range(rows)] if rows else [""]:
        text = f"Dear {scope or 'you'}"
        world.session.fold(
            [
                NodeStarted(
                    0.1, "write", scope, {"message": Preview('{"subject": "Order 17"}', "record", 1)}
                ),
                ModelCalled(1.0, "write", scope, "claude-opus", "Company Anthropic", usage, cost, 2.0),
                NodeSettled(
                    2.0,
                    "write",
                    scope,
                    "ok",
                    2.0,
                    1,
                    1,
                    usage,
                    cost,
                    "claude-opus",
                    ("text",),
                    {"text": Preview(text, "text", len(text))},
                ),
            ]
        )


def test_a_run_shows_state_figures_and_data(world: World) -> None:
    world.inspector.select({"write"})
    assert world.page._figures.isHidden()
    run(world)
    assert world.page.header._badge.text() == "Done"
    assert not world.page._figures.isHidden()
    shown = [value.text() for value, _ in world.page._figures._cells]
    assert shown == ["$0.0311", "2.0 s", "1.5k"]
    world.page.show_tab("data")
    assert world.page.data._value.value() == "Dear you"
    world.page.data.show_side("in")
    assert world.page.data._value.value() == {"subject": "Order 17"}


def test_a_title_has_the_whole_width_beside_any_state(world: World) -> None:
    world.inspector.select({"write"})
    run(world)
    header = world.page.header
    QApplication.processEvents()
    before = header.title.width()
    header._badge.show_fact("3 of 1,000 failed", "error", "x")
    QApplication.processEvents()
    assert header._badge.isVisible()
    assert header.title.width() == before
    assert not clipped(header)


def test_what_a_step_told_of_itself_stands_below_its_figures(world: World) -> None:
    world.inspector.select({"write"})
    run(world)
    before = world.page._figures._note.text()
    args: dict[str, Argument] = {"before": 980, "after": 410, "n": 3}
    world.session.fold(
        [
            Message(2.0, "write", "", "compress.came_to", args),
            Message(2.1, "write", "#7", "compress.by_words"),
            Message(2.2, "ask", "", "compress.by_words"),
        ]
    )
    told = "From about 980 tokens to about 410; 3 paragraphs were left out or summarised."
    assert world.page._figures._note.text() == f"{before}\n{told}"
    run(world, rows=3)
    world.session.fold([Message(2.0, "write", "#2", "compress.came_to", args)])
    assert world.page._figures._note.text().endswith(f"Row 3: {told}")


def test_rows_are_averaged_and_stepped_through(world: World) -> None:
    world.inspector.select({"write"})
    run(world, rows=3)
    assert [value.text() for value, _ in world.page._figures._cells] == ["$0.0311", "2.0 s", "1.5k"]
    assert "$0.0933 together" in world.page._figures._note.text()
    world.page.show_tab("data")
    assert world.page.data._value.value() == "Dear #2"
    line = world.page.data.stepper.lines[0]
    assert line.words() == "Row 3 of 3"
    QTest.mouseClick(line.before, Qt.MouseButton.LeftButton)
    assert world.page.data._value.value() == "Dear #1"
    assert line.words() == "Row 2 of 3"
    line.field.setFocus()
    QTest.keyClicks(line.field, "\b7\r")  # there are no more than 3
    assert line.words() == "Row 3 of 3"
    assert world.page.data._value.value() == "Dear #2"


def test_parts_of_what_came_in_are_offered_by_name(world: World) -> None:
    run(world)
    world.inspector.select({"write"})
    offered = [source.reference for source in world.page._around.sources() if source.input]
    assert offered == ["{{message}}", "{{message.subject}}"]


def test_nothing_selected_is_the_workflow(world: World) -> None:
    form = world.inspector._workflow.form
    form.row("budget").editor.setFocus()
    keys("0.25")
    assert world.session.workflow.settings.budget_usd == "0.25"
    form.row("name").editor.setFocus()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_End)
    keys("!")
    assert world.session.workflow.name == "Support triage!"
    run(world)
    assert [total.name for total in world.inspector._workflow._totals._shown] == ["Measure", "All steps"]
    assert world.inspector._workflow._totals._shown[0].cost == "$0.0311"


def test_several_selected_offer_the_windows_actions(world: World) -> None:
    done: list[str] = []
    world.actions.on({"step.disable": lambda: done.append("disable")})
    world.actions["step.disable"].setEnabled(True)
    world.inspector.select({"write", "check"})
    page = world.inspector._selection
    assert page._title.text() == "2 steps selected"
    button, _ = page._buttons[0]
    button.setEnabled(True)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert done == ["disable"]


def test_a_removed_step_leaves_the_panel(world: World) -> None:
    world.inspector.select({"check"})
    world.session.do(RemoveNodes(("check",)))
    assert world.inspector.step is None
    world.session.undo_stack.undo()
    world.inspector.select({"check"})
    assert world.page.node_id == "check"


def test_a_half_typed_number_settles_on_its_own_step(world: World) -> None:
    world.inspector.select({"write"})
    world.page.form.row("temperature").editor.setFocus()  # type: ignore[union-attr]
    keys("7")  # more than it may be
    world.inspector.select({"check"})
    assert world.node("write").fields["temperature"] == 2.0
    assert "temperature" not in world.node("check").fields


def test_an_unknown_step_can_still_be_named_and_switched_off(world: World) -> None:
    world.inspector.select({"odd"})
    assert not world.page._unknown.isHidden()
    world.page.header.title.setFocus()
    world.page.header.title.selectAll()
    keys("Strange")
    assert world.node("odd").title == "Strange"


def test_another_language_takes_effect_at_once(world: World) -> None:
    world.inspector.select({"write"})
    appearance().set_language("zh-CN")
    assert world.page.tabs.tabText(0) == "设置"
    assert world.page.form._more._button.text() == "更多设置"  # type: ignore[union-attr]
    appearance().set_language("en")
    assert world.page.tabs.tabText(0) == "Settings"


def test_another_document_begins_anew(world: World) -> None:
    world.inspector.select({"write"})
    world.session.open(replace(WORKFLOW, id="other", name="Other"), world.session.place)
    assert world.inspector.step is None
    assert world.inspector._workflow.form.fields()["name"] == "Other"


def test_help_is_plain_text(world: World) -> None:
    world.inspector.select({"check"})
    world.page.show_tab("help")
    words = world.page.help.toPlainText()
    assert "Checks by your rules" in words
    assert "What goes in" in words


def test_what_is_being_written_is_shown_as_it_comes(world: World) -> None:
    world.inspector.select({"write"})
    world.page.show_tab("data")
    world.session.begin_run(world.session.workflow)
    world.session.fold(
        [
            RunStarted("r1", "w", "n", "d", "2026-11-22T09:00:00Z", tuple(GRAPH.nodes)),
            NodeStarted(0.1, "write", "", {}),
            TextStreamed(0.2, "write", "", "Dear cust"),
        ]
    )
    assert world.page.data._value.value() == "Dear cust"
    world.session.fold([TextStreamed(0.3, "write", "", "Dear customer")])
    assert world.page.data._value.value() == "Dear customer"


def test_a_read_only_document_can_only_be_looked_at(world: World) -> None:
    world.inspector.select({"write"})
    world.session.set_place(Place(read_only=True))
    assert not world.page.form.isEnabled()  # type: ignore[union-attr]
    world.inspector.select({"check"})
    assert not world.page.header.title.isEnabled()
    world.session.set_place(Place())
    assert world.page.form.isEnabled()  # type: ignore[union-attr]
