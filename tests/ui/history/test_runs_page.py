"""The Runs page over a real engine: runs are listed, opened, stepped through, compared, resumed and answered."""

from __future__ import annotations

import csv
import os
import signal
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPushButton, QWidget

from app.document import json_codec
from app.document.workflow import Graph, Json, Node, Workflow
from app.executor.run_request import Anew
from app.registry.part_fields import part_fields
from app.settings import folders
from app.ui.history.history_desk import HistoryDesk
from app.ui.history.step_panel import StepPanel
from app.ui.run_form.run_form import RunForm
from app.ui.run_stream import RunWish
from app.ui.session import Place
from app.ui.widgets.segmented import Segmented
from tests.ui.fit import clipped
from tests.ui.window.conftest import Desk, _started, until
from tests.ui.window.small_flow import edge, model_flow, person_flow, template_flow, workflow

HELLO = RunWish(values={"message": "Hello"})


def ran(desk: Desk, flow: Workflow, wish: RunWish, folder: Path | None = None) -> str:
    """Runs to the end in the window; gives the run."""
    window = desk.window
    window.session.open(flow, Place(folder / "flow.baton.json" if folder else None))
    desk.run(window.stream.start(wish))
    desk.wait(lambda: window.session.run.is_over and not window.stream.is_running)
    return window.session.run.run


def shown(desk: Desk, run: str = "") -> HistoryDesk:
    """The Runs page with a run on it."""
    history = desk.window.history
    desk.window.show_history(run)
    desk.wait(
        lambda: history.page.details.past is not None and (not run or history.page.details.past.run == run)
    )
    return history


@pytest.mark.parametrize("page", ["history", "compare"])
def test_without_runs_the_page_has_the_button_that_makes_one(live: Desk, page: str) -> None:
    window = live.window
    window.session.open(template_flow(), Place())
    (window.show_history if page == "history" else window.pages.show_compare)()
    empty = window.history.page.list.empty if page == "history" else window.compare.page.empty
    live.wait(empty.button.isVisible)

    async def click() -> None:
        QTest.mouseClick(empty.button, Qt.MouseButton.LeftButton)

    live.run(click())
    assert window.canvas.isVisible()
    live.wait(lambda: [form for form in window.findChildren(RunForm) if form.isVisible()])


def press(desk: Desk, inside: QWidget, name: str) -> None:
    button = next(b for b in inside.findChildren(QPushButton, name) if b.isVisibleTo(inside))

    async def click() -> None:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    desk.run(click())


def press_side(desk: Desk, step: StepPanel, words: str) -> None:
    """A click on one of the segments above what a step took and gave."""
    sides = step.data._side
    at = [name for _, name in sides._options].index(words)
    desk.run(_picked(sides, at))


def reading_flow() -> Workflow:
    """Fails in a row whose file isn't there."""
    fields: dict[str, Json] = {"path": "{{message}}"}
    step = Node("read", "data.read_file", title="Read", fields=fields)
    return workflow(
        step, edges=(edge("ask", "message", "read", "message"), edge("read", "text", "out", "value"))
    )


def test_runs_are_listed_with_their_sums_and_open_with_their_results_and_steps(live: Desk) -> None:
    first = ran(live, template_flow(), HELLO)
    second = ran(live, template_flow(), RunWish(rows="samples"))
    history = shown(live)
    lines = history.page.list.shown()
    assert [line.run for line in lines] == [second, first]
    assert [line.rows for line in lines] == [3, None]
    details = history.page.details
    assert details.past is not None
    assert details.past.run == second
    assert history.session.run.rows_done == 3
    QTest.keyClick(history.page.list.table, Qt.Key.Key_Down)
    live.wait(lambda: details.past is not None and details.past.run == first)
    assert history.session.run.nodes["say"].status == "done"
    assert details.canvas.scene.nodes["say"].card.badge is not None
    assert history.session.run.outputs["reply"].text == "Dear customer: Hello"
    assert live.window.session.run.run == second, "the open document keeps its own last run"
    QTest.keyClick(details.stepper.slider, Qt.Key.Key_Home)
    assert history.session.run.nodes["say"].status == "idle"
    seen = [history.session.run.nodes["say"].status]
    while details.stepper.slider.value() < details.stepper.slider.maximum():
        QTest.keyClick(details.stepper.slider, Qt.Key.Key_Right)
        seen.append(history.session.run.nodes["say"].status)
    assert list(dict.fromkeys(seen)) == ["idle", "done"]  # it only computes: nobody ever saw it run
    assert history.session.run.status == "done"
    assert history.session.elapsed == history.session.run.elapsed, "time stands still in the past"


def test_a_workflow_that_has_run_before_says_so_when_it_is_opened_again(live: Desk) -> None:
    run = ran(live, template_flow(), HELLO)
    window = live.window
    window.session.open(loop_flow(), Place())
    window.panels.show_panel("runs", True)
    live.wait(lambda: window.history._looked_back == "flow")
    assert not window.runs.timeline.earlier.isVisibleTo(window), (
        "it is the same workflow, and its run stands there"
    )
    live.close()
    live.window = window = live.open_window()
    live.run(_started(live))
    window.session.open(template_flow(), Place())
    window.panels.show_panel("runs", True)
    live.wait(window.runs.timeline.earlier.isVisible)
    live.run(_clicked(window.runs.timeline.earlier))
    live.wait(lambda: window.history.page.details.past is not None)
    assert window.history.page.details.past is not None
    assert window.history.page.details.past.run == run


def test_a_step_inside_a_frame_is_pinned_as_it_is_looked_at(live: Desk) -> None:
    ran(live, loop_flow(), HELLO)
    window = live.window
    window.show_step("wrap")
    page = window.inspector.step
    assert page is not None
    live.trigger("step.pin")
    live.wait(lambda: window.strips.has("refused"))
    assert window.pinning.now == {}, "it ran twice, and nobody said which one"
    page.show_tab("data")
    page.data.show_scope("loop#1")
    live.trigger("step.pin")
    live.wait(lambda: window.pinning.now == {"wrap": {"text": "<<Hello>>"}})
    assert window.canvas.scene.nodes["wrap"].card.pinned
    live.run(window.stream.start(RunWish(values={"message": "Bye"}, pins=window.pinning.now)))
    live.wait(lambda: window.session.run.is_over and not window.stream.is_running)
    assert window.session.run.outputs["reply"].text == "<<Hello>>"
    live.trigger("step.unpin")
    assert window.pinning.now == {}


def test_two_runs_are_compared_step_by_step(live: Desk) -> None:
    first = ran(live, template_flow(), HELLO)
    second = ran(live, template_flow(), RunWish(values={"message": "Bye"}))
    history = shown(live, second)
    menu = history.page.details.head.compare.menu()

    async def choose() -> None:
        menu.actions()[0].trigger()

    live.run(choose())
    page = live.window.compare.page
    table = page.table.table.model()
    live.wait(lambda: page.isVisible() and table.rowCount() > 1)
    assert page.picked == (second, first)
    texts = [str(table.index(row, column).data()) for row in range(table.rowCount()) for column in range(4)]
    assert {"Dear customer: Hello", "Dear customer: Bye", "other"} <= set(texts)
    page.table.pick("say")
    assert [side.value.value() for side in page.answers.sides] == [
        "Dear customer: Bye",
        "Dear customer: Hello",
    ]
    live.run(_clicked(page.swap))
    live.wait(lambda: page.answers.sides[0].value.value() == "Dear customer: Hello")
    assert page.picked == (first, second)


def test_steps_of_a_sub_workflow_go_by_titles(live: Desk, tmp_path: Path) -> None:
    inner = template_flow()
    (tmp_path / "inner.baton.json").write_bytes(json_codec.write(inner))
    fields = {**part_fields(inner, live.window.registry.get), "file": "inner.baton.json"}
    part = Node("sub", "flow.workflow", title="Ask nicely", fields=fields)
    links = (edge("ask", "message", "sub", "message"), edge("sub", "reply", "out", "value"))
    run = ran(live, workflow(part, edges=links, ident="outer"), HELLO, tmp_path)
    history = shown(live, run)
    history.page.details.panel.show_tab("steps")
    steps = history.page.details.panel.steps.table.model()

    def titles() -> set[str]:
        return {str(steps.index(row, 0).data()) for row in range(steps.rowCount())}

    live.wait(lambda: "Ask nicely › Wrap" in titles())
    assert not any("/" in title for title in titles())
    _panel_of_an_inner_step(live, history)
    past = history.page.details.past
    assert past is not None
    compare = live.window.compare.page
    compare.show_runs(past, past)
    assert compare.look("sub/say").title == "Ask nicely › Wrap"


def _panel_of_an_inner_step(live: Desk, history: HistoryDesk) -> None:
    """What came in and went out, as of any step."""
    panel = history.page.details.step
    panel.show_node("sub/say")
    live.wait(lambda: panel.data._value.value() == "Dear customer: Hello")
    assert panel._title.text() == "Ask nicely › Wrap"
    panel.data.show_side("in")
    live.wait(lambda: panel.data._value.value() == "Hello")


def test_elements_are_stepped_through_inside_a_sub_workflow(live: Desk, tmp_path: Path) -> None:
    body = Graph(
        {
            "given": Node("given", "flow.inputs"),
            "say": Node("say", "data.template", title="Wrap", fields={"text": "Dear {{item}}"}),
            "done": Node("done", "output.output", fields={"name": "said"}),
        },
        (edge("given", "item", "say", "item"), edge("say", "text", "done", "value")),
    )
    names: dict[str, Json] = {"asked": [{"name": "names", "label": "Names", "type": "list"}]}
    rows: list[Json] = [{"names": ["Ann", "Bob"]}, {"names": ["Eve"]}]
    each = Node("each", "flow.for_each", title="Each", body=body)

    def asking(middle: Node, into: str, out: str) -> Workflow:
        ask = Node("ask", "intent.ask", fields={**names, "samples": rows})
        end = Node("out", "output.output", fields={"name": "reply"})
        links = (edge("ask", "names", middle.id, into), edge(middle.id, out, "out", "value"))
        nodes = {node.id: node for node in (ask, middle, end)}
        return Workflow(middle.id, middle.title, graph=Graph(nodes, links))

    inner = asking(each, "items", "said")
    (tmp_path / "inner.baton.json").write_bytes(json_codec.write(inner))
    fields = {**part_fields(inner, live.window.registry.get), "file": "inner.baton.json"}
    part = Node("sub", "flow.workflow", title="Greet", fields=fields)
    run = ran(live, asking(part, "names", "reply"), RunWish(rows="samples"), tmp_path)
    panel = shown(live, run).page.details.step
    panel.show_node("sub/say")
    panel.data.show_scope("#0/sub/each#0")
    live.wait(lambda: panel.data._value.value() == "Dear Ann")
    row, element = panel.data.stepper.lines[:2]
    assert (row.words(), element.words()) == ("Row 1 of 2", "Element of “Each” 1 of 2")

    async def on() -> None:
        QTest.mouseClick(element.after, Qt.MouseButton.LeftButton)

    live.run(on())
    live.wait(lambda: panel.data._value.value() == "Dear Bob")


def test_the_compare_segment_offers_the_latest_two_runs_and_their_rows_that_differ(live: Desk) -> None:
    window = live.window
    window.session.open(template_flow(), Place())
    segments = window.top.pages
    QTest.mouseClick(segments, Qt.MouseButton.LeftButton, pos=QPoint(segments.width() - 20, 15))
    page = window.compare.page
    live.wait(lambda: any(label.text().startswith("Two runs are needed") for label in _labels(page)))
    first = ran(live, template_flow(), RunWish(rows="samples"))
    flow = template_flow()
    other = replace(flow.graph.nodes["say"], fields={"text": "{{message}}"})
    flow = replace(flow, graph=replace(flow.graph, nodes={**flow.graph.nodes, "say": other}))
    second = ran(live, flow, RunWish(rows="samples"))
    window.pages.show_compare()
    table = page.table.table.model()
    live.wait(lambda: page.picked == (first, second) and table.rowCount() > 1)
    texts = [str(table.index(row, 3).data()) for row in range(table.rowCount())]
    assert texts[0] == "the same"
    assert "3 of 3 differ" in texts
    page.table.pick("say")
    assert page.answers.sides[1].value.value() == "My parcel is lost"
    live.run(_clicked(page.answers.after))
    assert page.answers.sides[0].value.value() == "Dear customer: Where is my invoice?"
    page.only.setChecked(True)
    assert table.rowCount() == 3  # what wraps, what sends, and the total


def _labels(inside: QWidget) -> list[QLabel]:
    return [label for label in inside.findChildren(QLabel) if label.isVisibleTo(inside)]


async def _clicked(button: QAbstractButton) -> None:
    button.click()


def test_a_run_that_waits_for_a_person_outlives_the_window_and_is_answered_later(live: Desk) -> None:
    window = live.window
    window.session.open(person_flow(), Place())
    live.run(window.stream.start(HELLO))
    live.wait(lambda: window.session.run.status == "waiting")
    live.close()  # the program goes, days pass
    live.window = live.open_window()
    live.run(_started(live))
    window = live.window
    live.wait(lambda: window.strips.has("unfinished"))
    assert any("1 run did not finish" in words for words in window.strips.words())
    strip = window.strips.findChild(QWidget, "strip.unfinished")
    assert strip is not None

    async def look() -> None:
        strip.findChildren(QPushButton)[0].click()

    live.run(look())
    history = window.history
    live.wait(lambda: history.page.details.past is not None)
    line = history.page.details.line
    assert line is not None
    assert line.summary.status == "waiting"
    assert history.page.details.banner.isVisibleTo(window)
    live.wait(lambda: bool(history.page.details.panel.questions.findChildren(QPushButton, "person.approve")))
    press(live, history.page.details.panel.questions, "person.approve")
    live.wait(lambda: history.session.run.is_over)
    assert history.session.run.status == "done"
    assert history.session.run.outputs["reply"].text == "Hello"
    live.wait(
        lambda: history.page.details.line is not None and history.page.details.line.summary.status == "done"
    )
    assert not history.page.details.banner.isVisibleTo(window)
    details = history.page.details
    live.wait(lambda: details.stepper.slider.maximum() > 0)
    details.stepper.slider.setValue(details.stepper.slider.maximum())
    while not history.session.run.questions and details.stepper.slider.value() > 0:
        details.stepper.slider.setValue(details.stepper.slider.value() - 1)
    live.wait(lambda: bool(details.panel.questions.findChildren(QPushButton, "person.approve")))
    (approve,) = details.panel.questions.findChildren(QPushButton, "person.approve")
    assert not approve.isEnabled(), "what was asked then is answered"


def test_failed_rows_alone_are_tried_again_and_written_as_a_table(live: Desk, tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text("message\na.txt\nb.txt\nc.txt\n", "utf-8")
    for name in ("a", "c"):
        (tmp_path / f"{name}.txt").write_text(f"text of {name}", "utf-8")
    run = ran(live, reading_flow(), RunWish(rows=str(table)), tmp_path)
    assert (live.window.session.run.rows_done, live.window.session.run.rows_failed) == (2, 1)
    (tmp_path / "b.txt").write_text("text of b", "utf-8")
    history = shown(live, run)
    details = history.page.details
    rows = details.panel.rows.table.model()
    details.panel.show_tab("rows")
    live.wait(lambda: "b.txt" in {str(rows.index(1, column).data()) for column in range(rows.columnCount())})
    press(live, details, "history.retry")
    # That the run is over was so before, too: the engine is only asked after the click.
    live.wait(lambda: history.session.run.rows_done == 3 and not history.is_busy)
    assert history.session.run.rows_failed == 0
    out = tmp_path / "out.csv"
    assert live.run(history.archive.export(run, out, {"status": "State", "done": "fine"}, {})) == 3
    with out.open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.DictReader(file))
    assert [row["reply"] for row in written] == ["text of a", "text of b", "text of c"]
    assert {row["State"] for row in written} == {"fine"}


def test_a_new_limit_outranks_the_one_that_the_workflow_says(live: Desk) -> None:
    flow = person_flow()
    window = live.window
    window.session.open(replace(flow, settings=replace(flow.settings, budget_usd="0.50")), Place())
    live.run(window.stream.start(HELLO))
    live.wait(lambda: window.session.run.status == "waiting")
    assert window.session.run.budget == "0.50"
    live.run(window.stream.stop())
    history = shown(live, window.session.run.run)
    live.wait(lambda: not history.is_busy)
    history.resume(Anew(budget=Decimal("2.00")), retry_failed=False)
    live.wait(lambda: history.session.run.status == "waiting")
    assert history.session.run.budget == "2.00"
    press(live, history.page.details, "history.stop")
    live.wait(lambda: history.session.run.status == "cancelled" and not history.is_busy)


def test_a_run_whose_engine_was_killed_is_resumed_and_done(live: Desk) -> None:
    window = live.window
    window.session.open(model_flow(250), Place())  # so that it is still writing when the engine ends
    live.run(window.stream.start(HELLO))
    live.wait(lambda: window.session.run.node("mod").status == "streaming")
    run, process = window.session.run.run, window.link.process
    assert process is not None
    os.kill(process, signal.SIGKILL)
    live.wait(lambda: window.link.state == "ready" and window.link.process != process)
    history = shown(live, run)
    line = history.page.details.line
    assert line is not None
    assert (line.summary.status, line.alive) == ("running", False)
    live.wait(lambda: history.page.details.banner.isVisibleTo(window))
    press(live, history.page.details.banner, "history.resume")
    live.wait(lambda: history.session.run.status == "done" and not history.is_busy)
    assert history.session.run.nodes["ask"].status == "done"
    assert history.session.run.outputs["reply"].text


def test_failures_are_tried_again_from_the_open_document_too(live: Desk, tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text("message\na.txt\nb.txt\n", "utf-8")
    (tmp_path / "a.txt").write_text("text of a", "utf-8")
    run = ran(live, reading_flow(), RunWish(rows=str(table)), tmp_path)
    (tmp_path / "b.txt").write_text("text of b", "utf-8")
    window = live.window
    window.panels.show_panel("runs", True)
    window.runs.show_tab("rows")
    live.wait(lambda: window.runs.rows.retry.isVisibleTo(window))
    press(live, window.runs.rows, "rows.retry")
    live.wait(lambda: window.session.run.rows_done == 2 and not window.stream.is_running)
    assert window.session.run.run == run, "it is the same run that goes on"
    assert window.session.run.rows_failed == 0


def test_runs_are_searched_filtered_kept_for_good_and_thrown_away(live: Desk) -> None:
    first = ran(live, template_flow(), HELLO)
    second = ran(live, template_flow(), RunWish(values={"message": "Zebra"}))
    history = shown(live, second)
    page = history.page.list
    search = page.findChild(QLineEdit, "history.search")
    assert search is not None
    QTest.keyClicks(search, "zebra")
    assert [line.run for line in page.shown()] == [second]
    search.clear()
    assert len(page.shown()) == 2
    page.show_filter("failed")
    assert page.shown() == []
    assert page.buttons["all"].isEnabled()
    page.show_filter("all")

    async def keep() -> None:
        history.page.details.head.pin.click()

    live.run(keep())
    live.wait(lambda: any(line.pinned for line in history.page.list.shown()))
    history.page.list.show_filter("pinned")
    assert [line.run for line in history.page.list.shown()] == [second]
    history.page.list.show_filter("all")
    history.open(first)
    live.wait(lambda: history.page.details.past is not None and history.page.details.past.run == first)

    async def drop() -> None:
        history.page.details.head.drop.click()

    live.run(drop())
    live.answer("Throw it away")
    live.wait(lambda: [line.run for line in history.page.list.shown()] == [second])


def test_nothing_on_the_page_is_cut_off_or_without_a_name(live: Desk) -> None:
    from app.ui.appearance import appearance

    for language in ("en", "zh-CN"):
        run = ran(live, template_flow(), RunWish(rows="samples"))
        appearance().set_language(language)
        history = shown(live, run)
        live.run(until(lambda history=history: history.page.details.canvas.scene.nodes))
        assert clipped(history.page) == []
        for button in history.page.details.findChildren(QPushButton):
            assert not button.isVisibleTo(history.page) or button.text() or button.accessibleName()


def test_a_wide_workflow_stays_readable_in_a_small_window(live: Desk, tmp_path: Path) -> None:
    steps = [
        Node(f"t{at}", "data.template", title=f"Step {at}", fields={"text": "{{text}}"}) for at in range(6)
    ]
    read = Node("read", "data.read_file", title="Read", fields={"path": "{{text}}"})
    line = ["ask", *(step.id for step in steps), "read", "out"]
    ports = {"ask": "message", "read": "text"}
    ways = [edge(a, ports.get(a, "text"), b, "value" if b == "out" else "text") for a, b in pairwise(line)]
    run = ran(live, workflow(*steps, read, edges=tuple(ways)), HELLO, tmp_path)
    live.window.resize(1100, 700)
    history = shown(live, run)
    canvas = history.page.details.canvas
    live.wait(lambda: canvas.zoom >= 0.5)
    failed = canvas.scene.nodes["read"].area
    live.wait(lambda: canvas.view.visible().contains(failed))
    assert clipped(history.page) == []
    head = history.page.details.head
    assert head.more.isVisibleTo(history.page)
    head.more.menu().aboutToShow.emit()
    assert [action.text() for action in head.more.menu().actions()] == [
        head.pin.toolTip(),
        head.drop.toolTip(),
    ]


def loop_flow() -> Workflow:
    """Wraps its message twice."""
    body = Graph(
        {
            "in": Node("in", "flow.inputs", fields={"given": [{"name": "text", "source": "variable"}]}),
            "wrap": Node("wrap", "data.template", title="Wrap", fields={"text": "<{{text}}>"}),
            "res": Node("res", "output.output", fields={"name": "text"}),
        },
        tuple(sorted((edge("in", "text", "wrap", "text"), edge("wrap", "text", "res", "value")))),
    )
    step = Node("loop", "flow.loop", title="Again", fields={"max_turns": 2}, body=body)
    return workflow(
        step, edges=(edge("ask", "message", "loop", "text"), edge("loop", "text", "out", "value"))
    )


def test_turns_of_a_loop_are_listed_and_each_shows_what_came_in(live: Desk) -> None:
    run = ran(live, loop_flow(), RunWish(rows="samples"))
    for file in (folders().data / "runs").glob("*.events.jsonl"):
        file.unlink()  # as for every run but the last twenty
    history = shown(live, run)
    step = history.page.details.step
    step.show_node("loop")
    step.data.show_scope("#1")
    step.data.show_side("each")
    table = step.data.elements.table.model()
    live.wait(lambda: table.rowCount() == 2 and "Where" in str(table.index(1, 2).data()))
    assert str(table.index(1, 2).data()) == "<<Where is my invoice?>>"
    place = step.data.elements.table.visualRect(table.index(1, 2)).center()
    QTest.mouseClick(step.data.elements.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    whole = step.data.element
    live.wait(lambda: whole.value.value() == "<<Where is my invoice?>>")
    assert whole.place.words() == "Turn 2 of 2"
    live.run(_clicked(whole.place.before))
    live.wait(lambda: whole.value.value() == "<Where is my invoice?>")
    live.run(_clicked(whole.place.after))
    live.wait(lambda: whole.value.value() == "<<Where is my invoice?>>")
    live.run(_clicked(whole.enter))
    step.show_node("wrap")
    step.data.show_side("in")
    live.wait(lambda: step.data._value.value() == "<Where is my invoice?>")
    lines = step.data.stepper.lines
    live.wait(lambda: lines[-1].words().endswith("of 2"))
    assert [line.words() for line in lines] == ["Row 2 of 3", "Turn of “Again” 2 of 2"]


@pytest.mark.xdist_group("embedded")
def test_a_step_shows_what_it_asked_and_each_try_of_it(live: Desk) -> None:
    flow = model_flow()
    short = replace(flow.graph.nodes["mod"], fields={"prompt": "Say hello to {{message}}", "max_tokens": 4})
    flow = replace(flow, graph=replace(flow.graph, nodes={**flow.graph.nodes, "mod": short}))
    run = ran(live, flow, RunWish(values={"message": "Ann"}))
    history = shown(live, run)
    step = history.page.details.step
    step.show_node("ask")
    sides = step.data._side
    assert sides._options[-1][0] == "out", "a step without a model has no prompt"
    step.show_node("mod")
    live.run(_picked(sides, 2))
    live.wait(lambda: len(step.data.prompt.words) == 2)
    answered = history.session.run.nodes["mod"].latest
    assert answered is not None
    assert answered.settled is not None
    said = answered.settled.outputs["text"].text
    assert step.data.prompt.words == ["Say hello to Ann", said], "and what the model answered"
    live.run(_picked(sides, 3))
    table = step.data.tries.table.model()
    assert table.rowCount() == 1
    assert str(table.index(0, 1).data()).endswith("answered")
    assert str(table.index(0, 3).data()) == "free"
    assert history.session.run.nodes["mod"].calls == 1, "nothing was asked again"


async def _picked(segments: Segmented, at: int) -> None:
    width = segments.width() / len(segments._options)
    QTest.mouseClick(segments, Qt.MouseButton.LeftButton, pos=QPoint(round(width * (at + 0.5)), 15))
