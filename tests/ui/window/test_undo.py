"""The laws of undo: whatever was done, undoing all gives the beginning back and redoing all the end."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.document.operations import SetFields
from app.document.problem import ProblemError
from app.ui.session import Session
from app.ui.undo import EditCommand
from tests.strategies import operations, workflows


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_undo_all_is_the_beginning_and_redo_all_is_the_end(qapp: object, data: st.DataObject) -> None:
    session = Session(data.draw(workflows()))
    begun = session.workflow
    states = [begun]
    for _ in range(data.draw(st.integers(1, 6))):
        operation = data.draw(operations(session.workflow))
        try:
            session.do(operation, continues=data.draw(st.booleans()))
        except ProblemError:
            continue
        states.append(session.workflow)
    stack = session.undo_stack
    while stack.canUndo():
        stack.undo()
    assert session.workflow == begun
    while stack.canRedo():
        stack.redo()
    assert session.workflow == states[-1]
    while stack.canUndo():
        stack.undo()
        assert session.workflow in states


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_continued_edits_of_one_thing_are_one_step(qapp: object, data: st.DataObject) -> None:
    session = Session(data.draw(workflows()))
    nodes = sorted(session.workflow.graph.nodes)
    if not nodes:
        return
    node = data.draw(st.sampled_from(nodes))
    begun = session.workflow
    words = data.draw(st.lists(st.text(max_size=4), min_size=2, max_size=6))
    for at, word in enumerate(words):
        session.do(SetFields(node, {"prompt": word}), continues=at > 0)
    assert session.undo_stack.count() == 1
    assert isinstance(session.undo_stack.command(0), EditCommand)
    session.undo_stack.undo()
    assert session.workflow == begun
    session.undo_stack.redo()
    assert session.workflow.graph.nodes[node].fields["prompt"] == words[-1]
