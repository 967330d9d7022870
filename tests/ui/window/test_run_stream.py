"""Runs in a real engine process: they finish, wait, stop, and survive the engine's death in the window."""

from __future__ import annotations

import asyncio
import os
import signal
from decimal import Decimal

import pytest

from app.document.problem import ProblemError
from app.document.workflow import Node
from app.processes.messages import Check, Ping, StartRun
from app.ui.run_stream import RunWish
from app.ui.session import Place
from app.ui.workflow_text import text_of
from tests.ui.window.conftest import Desk
from tests.ui.window.small_flow import edge, model_flow, person_flow, template_flow, workflow
from tests.unit.processes.processes_seen import gone_within

HELLO = RunWish(values={"message": "Hello"})


def is_over(desk: Desk) -> bool:
    return desk.window.session.run.is_over and not desk.window.stream.is_running


def test_a_run_shows_what_came_out_and_stays_when_the_next_one_is_refused(live: Desk) -> None:
    session, stream = live.window.session, live.window.stream
    session.open(template_flow(), Place())
    live.run(stream.start(HELLO))
    live.wait(lambda: is_over(live))
    assert session.run.status == "done"
    assert session.run.outputs["reply"].text == "Dear customer: Hello"
    assert {node.status for node in session.run.nodes.values()} == {"done"}
    assert session.run_workflow is session.workflow
    done = session.run
    with pytest.raises(ProblemError) as refused:
        live.run(stream.start(RunWish(values={"nobody_asked": 1})))
    assert {problem.code for problem in refused.value.problems} == {"run.input_unknown", "run.input_missing"}
    assert not stream.is_running
    assert session.run is done


def test_a_run_does_every_row_and_a_long_value_is_fetched_whole(live: Desk) -> None:
    session = live.window.session
    session.open(template_flow(), Place())
    live.run(live.window.stream.start(RunWish(rows="samples")))
    live.wait(lambda: is_over(live))
    assert (session.run.rows, session.run.rows_done) == (3, 3)
    assert [settled.status for settled in session.run.rows_settled.values()] == ["done"] * 3
    long = "word " * 2000
    live.run(live.window.stream.start(RunWish(values={"message": long})))
    live.wait(lambda: is_over(live))
    preview = session.run.outputs["reply"]
    assert len(preview.text.encode()) <= 2048
    assert live.run(live.window.stream.value(preview.ref)) == f"Dear customer: {long}"


def test_work_from_outside_does_not_run_unreviewed_and_what_was_saved_here_does(live: Desk) -> None:
    session, stream = live.window.session, live.window.stream
    session.open(template_flow(), Place(trust="new"))
    with pytest.raises(ProblemError) as refused:
        live.run(stream.start(HELLO))
    assert [problem.code for problem in refused.value.problems] == ["run.not_reviewed"]
    session.open(template_flow(), Place())
    live.run(stream.remember_own())
    session.set_place(Place(trust="reviewed"))  # not said to be our own: the store must know it
    live.run(stream.start(HELLO))
    live.wait(lambda: is_over(live))
    assert session.run.status == "done"


def test_a_person_is_asked_and_the_answer_or_a_stop_ends_the_run(live: Desk) -> None:
    session, stream = live.window.session, live.window.stream
    session.open(person_flow(), Place())
    live.run(stream.start(HELLO))
    live.wait(lambda: session.run.status == "waiting")
    assert [question.value for question in session.run.questions.values()] == ["Hello"]
    assert stream.is_running
    live.run(stream.answer("who", "", "edited", "Good day"))
    live.wait(lambda: is_over(live))
    assert session.run.outputs["reply"].text == "Good day"
    with pytest.raises(ProblemError):
        live.run(stream.answer("who", "", "approved", "again"))
    live.run(stream.start(HELLO))
    live.wait(lambda: session.run.status == "waiting")
    live.run(stream.stop())
    assert session.run.status == "cancelled"
    assert not stream.is_running
    assert live.window.link.state == "ready"


def test_stop_kills_an_engine_that_does_not_answer(live: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.ui.run_stream.STOP_PATIENCE", 0.3)
    session, stream, link = live.window.session, live.window.stream, live.window.link
    session.open(person_flow(), Place())
    live.run(stream.start(HELLO))
    live.wait(lambda: session.run.status == "waiting")
    process = link.process
    assert process is not None
    os.kill(process, signal.SIGSTOP)  # it hangs
    live.run(stream.stop())
    live.wait(lambda: is_over(live))
    assert session.run.status == "cancelled"
    assert gone_within(60, process)


def test_killed_in_mid_run_the_window_stays_says_so_and_runs_again(live: Desk) -> None:
    session, stream, link = live.window.session, live.window.stream, live.window.link
    session.open(model_flow(), Place())
    live.run(stream.start(HELLO))
    live.wait(lambda: session.run.node("mod").status == "streaming")
    first = link.process
    assert first is not None
    os.kill(first, signal.SIGKILL)
    live.wait(lambda: is_over(live))
    assert session.run.status == "failed"
    assert [problem.code for problem in session.run.problems] == ["engine.ended"]
    assert session.run.nodes["mod"].status == "cancelled"
    assert not any(node.active for node in session.run.nodes.values())
    assert live.window.isVisible()
    assert live.window.strips.has("run")
    live.wait(lambda: link.state == "ready")
    assert link.process != first
    session.open(template_flow(), Place())
    live.run(stream.start(HELLO))
    live.wait(lambda: is_over(live))
    assert session.run.status == "done"
    assert not live.window.strips.has("run")


def test_a_problem_is_found_a_moment_after_the_edit(live: Desk) -> None:
    session = live.window.session
    step = Node("mod", "model.text", fields={"model": {"role": "strong"}})
    links = (edge("ask", "message", "mod", "text"), edge("mod", "text", "out", "value"))
    session.open(workflow(step, edges=links), Place())
    live.wait(lambda: "role.not_mapped" in {problem.code for problem in session.problems})
    assert live.window.canvas.scene.problems_of("mod")


def test_requests_that_wait_when_the_engine_dies_are_answered(live: Desk) -> None:
    link = live.window.link
    assert link.process is not None
    os.kill(link.process, signal.SIGSTOP)

    async def ask() -> None:
        waiting = asyncio.create_task(link.ask(Ping()))
        await asyncio.sleep(0.05)
        link.kill()
        await waiting

    with pytest.raises(ProblemError) as gone:
        live.run(ask())
    assert gone.value.problems[0].code == "engine.gone"


def test_a_broken_workflow_and_a_fault_in_one_answer_do_not_end_the_engine(live: Desk) -> None:
    link = live.window.link
    with pytest.raises(ProblemError) as refused:
        live.run(link.ask(Check("{")))
    assert refused.value.problems[0].code.startswith("file.")
    with pytest.raises(ProblemError) as fault:
        live.run(link.ask(StartRun(text_of(template_flow()), own=True, budget="not a number")))
    assert fault.value.problems[0].code == "engine.fault"
    assert live.run(link.ask(Ping())).process == link.process


def test_a_paused_run_goes_on_with_a_raised_budget(live: Desk) -> None:
    live.window.session.open(person_flow(), Place())
    live.run(live.window.stream.start(RunWish(values={"message": "Hello"}, budget=Decimal("0.50"))))
    live.wait(lambda: live.window.session.run.status == "waiting")
    assert live.window.session.run.budget == "0.50"
    live.run(live.window.stream.raise_budget(Decimal("2.00")))
    live.wait(lambda: live.window.session.run.budget == "2.00")
