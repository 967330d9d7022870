"""The session: one document, its history and its run, behind four signals."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication

from app.document.change import Change
from app.document.operations import Connect, MoveNodes, RemoveNodes, SetFields, SetNode, SetWorkflow
from app.document.problem import Problem, ProblemError
from app.events.run_events import NodeSettled, NodeStarted, RunFinished, RunStarted
from app.ui.session import Place, Session
from tests.ui.window.small_flow import edge, template_flow


@pytest.fixture
def session(qapp: QApplication) -> Session:
    return Session(template_flow())


@pytest.fixture
def changes(session: Session) -> list[Change]:
    heard: list[Change] = []
    session.changed.connect(heard.append)
    return heard


def test_an_operation_changes_the_document_and_tells_exactly_what(
    session: Session, changes: list[Change]
) -> None:
    session.do(SetNode("say", {"title": "Greet"}))
    assert session.workflow.graph.nodes["say"].title == "Greet"
    assert changes == [Change(nodes=frozenset({"say"}))]


def test_undo_and_redo_go_back_and_forth(session: Session) -> None:
    before = session.workflow
    session.do(RemoveNodes(("say",)))
    assert "say" not in session.workflow.graph.nodes
    session.undo_stack.undo()
    assert session.workflow == before
    session.undo_stack.redo()
    assert "say" not in session.workflow.graph.nodes
    assert session.undo_stack.undoText()


def test_a_refused_operation_leaves_everything_as_it_was(session: Session, changes: list[Change]) -> None:
    before = session.workflow
    with pytest.raises(ProblemError):
        session.do(Connect(edge("ask", "message", "say", "message")))
    assert session.workflow is before
    assert not session.undo_stack.canUndo()
    assert changes == []


def test_edits_that_continue_are_one_step_of_undo(session: Session) -> None:
    for words in ("D", "De", "Dear"):
        session.do(SetFields("say", {"text": words}), continues=words != "D")
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert session.workflow == template_flow()


def test_edits_of_other_things_are_steps_of_their_own(session: Session) -> None:
    session.do(SetFields("say", {"text": "a"}))
    session.do(SetFields("ask", {"text": "a"}), continues=True)
    session.do(MoveNodes({"say": (1, 1)}), continues=True)
    session.do(MoveNodes({"say": (2, 2)}), continues=False)
    assert session.undo_stack.count() == 4


def test_saved_or_not(session: Session) -> None:
    assert session.is_saved
    session.do(SetWorkflow({"name": "Other"}))
    assert not session.is_saved
    session.mark_saved()
    assert session.is_saved
    session.undo_stack.undo()
    assert not session.is_saved
    session.undo_stack.redo()
    assert session.is_saved


def test_typing_after_a_save_is_not_merged_into_what_was_saved(session: Session) -> None:
    session.do(SetFields("say", {"text": "a"}))
    session.mark_saved()
    session.do(SetFields("say", {"text": "ab"}), continues=True)
    assert not session.is_saved
    session.undo_stack.undo()
    assert session.is_saved


def test_opening_another_document_begins_anew(session: Session, changes: list[Change]) -> None:
    session.do(SetWorkflow({"name": "Other"}))
    session.begin_run(session.workflow)
    session.fold([RunStarted("r", "flow", "Small", "d", "now", ("say",))])
    session.show_problems([Problem("workflow.empty")])
    session.open(replace(template_flow(), id="second"), Place(trust="new"))
    assert changes[-1].all
    assert not session.undo_stack.canUndo()
    assert session.run.status == "none"
    assert session.run_workflow is None
    assert session.problems == ()
    assert session.place.trust == "new"
    assert session.is_saved


def test_recovered_work_is_not_saved(session: Session) -> None:
    session.open(template_flow(), Place(), saved=False)
    assert not session.is_saved


def test_events_fold_into_the_run_and_name_the_nodes_that_moved(session: Session) -> None:
    heard: list[frozenset[str]] = []
    session.begin_run(session.workflow)
    session.ran.connect(heard.append)
    session.fold([RunStarted("r", "flow", "Small", "d", "now", ("ask", "say"))])
    session.fold(
        [NodeStarted(0.0, "ask", ""), NodeSettled(0.1, "ask", "", "ok"), NodeStarted(0.1, "say", "")]
    )
    assert heard == [frozenset(), frozenset({"ask", "say"})]
    assert session.run.nodes["ask"].status == "done"
    assert session.run.nodes["say"].status == "running"


def test_the_clock_goes_on_between_events_and_stops_with_the_run(session: Session) -> None:
    session.begin_run(session.workflow)
    session.fold([RunStarted("r", "flow", "Small", "d", "now", ("ask",)), NodeStarted(5.0, "ask", "")])
    first = session.elapsed
    assert first >= 5.0
    assert session.elapsed > first
    session.fold([RunFinished(6.0, "done")])
    assert session.elapsed == session.elapsed == 6.0


def test_the_graph_of_a_run_is_the_one_that_ran(session: Session) -> None:
    session.begin_run(session.workflow)
    ran = session.workflow
    session.do(RemoveNodes(("say",)))
    assert session.run_workflow is ran


def test_problems_stand_errors_first_and_are_told_once(session: Session) -> None:
    told: list[int] = []
    session.checked.connect(lambda: told.append(1))
    found = [Problem("b", severity="warning"), Problem("a")]
    session.show_problems(found)
    session.show_problems(found)
    assert [problem.code for problem in session.problems] == ["a", "b"]
    assert told == [1]
