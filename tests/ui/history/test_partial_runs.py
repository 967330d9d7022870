"""Parts of a workflow run, results are pinned, and what an edit has made doubtful is marked; over a real engine."""

from __future__ import annotations

import json

from PySide6.QtWidgets import QApplication, QPushButton

from app.document.operations import SetFields, SetNode
from app.document.workflow import Node, Workflow
from app.settings import folders
from app.ui.canvas.selection import only
from app.ui.inspector.editors.inputs import TextInput
from app.ui.pin_dialog import PinDialog
from app.ui.run_form.run_form import RunForm
from app.ui.run_stream import RunWish
from app.ui.session import Place
from tests.ui.window.conftest import Desk, pressed
from tests.ui.window.small_flow import edge, workflow

HELLO = RunWish(values={"message": "Hello"})


def two_steps() -> Workflow:
    say = Node("say", "data.template", title="Wrap", fields={"text": "Dear {{message}}"})
    end = Node("end", "data.template", title="Sign", fields={"text": "{{text}}, yours"})
    return workflow(
        say,
        end,
        edges=(
            edge("ask", "message", "say", "message"),
            edge("say", "text", "end", "text"),
            edge("end", "text", "out", "value"),
        ),
    )


def ran(desk: Desk) -> None:
    window = desk.window
    window.session.open(two_steps(), Place())
    desk.run(window.stream.start(HELLO))
    over(desk)


def over(desk: Desk) -> None:
    window = desk.window
    desk.wait(lambda: window.session.run.is_over and not window.stream.is_running)


def pick(desk: Desk, node: str) -> None:
    desk.window.canvas.select(only("nodes", node))
    desk.window.update_actions()


def filled_in(desk: Desk) -> None:
    """The run form comes; its values are those of the last time."""

    def form() -> RunForm | None:
        return next(
            (f for f in QApplication.topLevelWidgets() if isinstance(f, RunForm) and f.isVisible()), None
        )

    desk.wait(lambda: form() is not None)
    found = form()
    assert found is not None
    found.form.show_fields({"message": "Hello"})
    desk.run(pressed(found.start))


def test_run_to_here_runs_what_leads_to_the_step_and_nothing_else(live: Desk) -> None:
    window = live.window
    window.session.open(two_steps(), Place())
    pick(live, "say")
    live.trigger("step.run_to")
    form = next(iter(window.findChildren(RunForm)), None)
    live.wait(lambda: bool(window.findChildren(RunForm)))
    form = window.findChildren(RunForm)[0]
    form.form.show_fields({"message": "Hello"})
    live.run(pressed(form.start))
    over(live)
    assert set(window.session.run.nodes) == {"ask", "say"}
    assert window.session.run.nodes["say"].status == "done"


def test_run_from_here_takes_what_the_last_run_had_before(live: Desk) -> None:
    ran(live)
    window = live.window
    window.session.do(SetFields("end", {"text": "{{text}}, truly"}))
    pick(live, "end")
    live.trigger("step.run_from")
    # It may be over before anybody looks.
    live.wait(
        lambda: "reply" in (now := window.session.run.outputs) and now["reply"].text == "Dear Hello, truly",
        20,
    )
    over(live)
    run = window.session.run
    assert run.nodes["say"].sources["record"] == 1
    assert run.nodes["end"].sources["record"] == 0


def test_a_pinned_result_stands_in_is_edited_and_let_go(live: Desk) -> None:
    ran(live)
    window = live.window
    pick(live, "say")
    live.trigger("step.pin")
    live.wait(lambda: "say" in window.pinning.now)
    assert window.canvas.scene.nodes["say"].card.pinned
    kept = folders().data / "pins" / f"{window.session.workflow.id}.json"
    assert json.loads(kept.read_text("utf-8")) == {"say": {"text": "Dear Hello"}}
    live.trigger("step.edit_pin")
    dialog = window.findChildren(PinDialog)[0]
    edit = dialog.findChild(TextInput, "pin.text")
    assert edit is not None
    edit.show_text("Pinned")
    live.run(pressed(dialog.save))
    live.wait(lambda: window.pinning.now["say"]["text"] == "Pinned")
    live.run(window.stream.start(RunWish(values=HELLO.values, pins=window.pinning.now)))
    over(live)
    assert window.session.run.outputs["reply"].text == "Pinned, yours"
    assert window.session.run.nodes["say"].sources["pin"] == 1
    assert "ask" not in window.session.run.nodes, "what only a pinned step needs does not run"
    pick(live, "say")
    live.trigger("step.unpin")
    assert not window.pinning.now
    assert not kept.exists()


def test_an_edit_makes_the_results_behind_it_stale_and_taking_it_back_does_not(live: Desk) -> None:
    ran(live)
    window = live.window

    def stale() -> set[str]:
        nodes = window.canvas.scene.nodes
        return {node for node, item in nodes.items() if any(fact.text == "stale" for fact in item.card.facts)}

    assert stale() == set()
    window.session.do(SetFields("end", {"text": "{{text}}!"}))
    live.wait(lambda: stale() == {"end", "out"})
    window.session.undo_stack.undo()
    live.wait(lambda: not stale())
    window.session.do(SetNode("end", {"title": "Another name"}))
    live.run(_moment())
    assert stale() == set(), "a title changes no result"


async def _moment() -> None:
    import asyncio

    await asyncio.sleep(0.3)


def test_a_dry_run_is_asked_for_as_such(live: Desk) -> None:
    window = live.window
    window.session.open(two_steps(), Place())
    live.trigger("run.dry")
    live.wait(lambda: bool(window.findChildren(RunForm)))
    form = window.findChildren(RunForm)[0]
    form.form.show_fields({"message": "Hello"})
    live.run(pressed(form.start))
    over(live)
    past = live.run(window.history.archive.open(window.session.run.run))
    assert past.dry
    assert not window.findChildren(QPushButton, "nothing")
