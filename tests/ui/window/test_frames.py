"""Frames in the window: made from the library, opened, edited inside, left, undone, found, wrapped and unpacked."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QPushButton

from app.document.frames import frame_of, graph_at
from app.document.graph import every_node
from app.document.problem import Problem
from app.document.workflow import Edge, Graph, Layout, Node, Note, PortRef, Workflow
from app.ui.canvas.breadcrumb import Breadcrumb
from app.ui.canvas.interactions.drop import LibraryDrop
from app.ui.canvas.selection import Selection, only
from app.ui.session import Place
from app.ui.widgets.icon_button import IconButton
from tests.ui.window.conftest import Desk
from tests.ui.window.small_flow import edge, template_flow

CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def framed() -> Workflow:
    """Ask → For each (Inputs → Template → Output, and a Loop in it with one step) → Output."""
    loop = Node("loop", "flow.loop", title="Improve", body=Graph({"deep": Node("deep", "data.template")}))
    inner = Graph(
        {
            "in": Node("in", "flow.inputs"),
            "say": Node("say", "data.template", title="Wrap", fields={"text": "Dear {{item}}"}),
            "res": Node("res", "output.output", fields={"name": "letters"}),
            "loop": loop,
        },
        (edge("in", "item", "say", "item"), edge("say", "text", "res", "value")),
    )
    graph = Graph(
        {
            "ask": Node("ask", "intent.ask", fields={"asked": [{"name": "names", "type": "list"}]}),
            "each": Node("each", "flow.for_each", title="For each name", body=inner),
            "out": Node("out", "output.output"),
        },
        (edge("ask", "names", "each", "items"), edge("each", "letters", "out", "value")),
    )
    layout = Layout(
        positions={
            "ask": (0, 0),
            "each": (312, 0),
            "out": (624, 0),
            "in": (0, 0),
            "say": (312, 0),
            "res": (624, 0),
            "loop": (312, 240),
            "deep": (0, 0),
        },
        notes={"why": Note("Only inside", 0, 240, frame="each")},
    )
    return Workflow("framed", "Letters", graph=graph, layout=layout)


@pytest.fixture
def letters(desk: Desk) -> Desk:
    desk.window.session.open(framed(), Place())
    desk.wait(lambda: desk.window.canvas.scene.nodes.keys() == {"ask", "each", "out"})
    desk.window.canvas.setFocus()
    return desk


def shown(desk: Desk) -> set[str]:
    return set(desk.window.canvas.scene.nodes)


def crumbs(desk: Desk) -> list[QPushButton]:
    bar = desk.window.canvas.findChild(Breadcrumb)
    return [b for b in bar.findChildren(QPushButton) if b.isVisible()]


async def _dropped(drop: LibraryDrop, at: QPointF) -> None:
    drop.move(at)
    drop.drop(at)


# --- opening ------------------------------------------------------------------------------------------------


def test_a_double_click_opens_a_frame_and_the_breadcrumb_leads_back(letters: Desk) -> None:
    canvas = letters.window.canvas
    bar = canvas.findChild(Breadcrumb)
    assert not bar.isVisible()
    letters.hand.double_click(letters.hand.body("each"))
    assert shown(letters) == {"in", "say", "res", "loop"}
    assert set(canvas.scene.notes) == {"why"}
    assert bar.isVisible()
    assert [button.text() for button in crumbs(letters)] == ["Letters"]
    letters.hand.double_click(letters.hand.header("loop"))
    assert shown(letters) == {"deep"}
    assert [button.accessibleName() for button in crumbs(letters)] == ["Go to Letters", "Go to For each name"]
    assert canvas.view.accessibleDescription() == "For each name › Improve"
    QTest.mouseClick(bar.findChild(IconButton), Qt.MouseButton.LeftButton)
    assert shown(letters) == {"in", "say", "res", "loop"}
    QTest.mouseClick(crumbs(letters)[0], Qt.MouseButton.LeftButton)
    assert shown(letters) == {"ask", "each", "out"}
    assert canvas.view.hasFocus()
    assert not bar.isVisible()


def test_keys_open_and_leave_a_frame(letters: Desk) -> None:
    canvas = letters.window.canvas
    canvas.select(only("nodes", "each"))
    letters.hand.key(Qt.Key.Key_Return)
    assert canvas.level == "each"
    canvas.select(only("nodes", "loop"))
    letters.hand.key(Qt.Key.Key_Down, ALT)
    assert canvas.level == "loop"
    letters.hand.key(Qt.Key.Key_Up, ALT)
    assert (canvas.level, canvas.selection) == ("each", only("nodes", "loop"))
    letters.hand.key(Qt.Key.Key_Up, ALT)
    assert (canvas.level, canvas.selection) == ("", only("nodes", "each"))
    assert not letters.window.action_set["view.up"].isEnabled()


def test_each_level_is_looked_at_as_it_was_left(letters: Desk) -> None:
    canvas = letters.window.canvas
    canvas.view.set_zoom(0.6)
    canvas.view.look_at(QPointF(500, 300))
    before = canvas.view.visible().center()
    canvas.open_level("each")
    canvas.view.set_zoom(1.5)
    canvas.go_up()
    assert canvas.zoom == pytest.approx(0.6)
    assert (canvas.view.visible().center() - before).manhattanLength() < 4
    canvas.open_level("each")
    assert canvas.zoom == pytest.approx(1.5)


def test_another_workflow_begins_at_its_top(letters: Desk) -> None:
    letters.window.canvas.open_level("loop")
    letters.window.session.open(template_flow(), Place())
    assert letters.window.canvas.level == ""
    assert "say" in shown(letters)


# --- editing inside -----------------------------------------------------------------------------------------


def test_a_frame_from_the_library_comes_with_its_border_and_its_steps_fit_between(desk: Desk) -> None:
    window, session = desk.window, desk.window.session
    spec = window.registry.get("flow.for_each")
    assert spec is not None
    desk.run(_dropped(LibraryDrop(window.canvas.view, "flow.for_each", spec.fixed_ports), QPointF(0, 0)))
    (frame,) = session.workflow.graph.nodes.values()
    assert frame.body is not None
    assert [node.type for node in frame.body.nodes.values()] == ["flow.inputs", "output.output"]
    first, last = frame.body.nodes
    places = session.workflow.layout.positions
    assert places[last][0] - places[first][0] >= 216 + 216  # a step has room between them
    window.canvas.open_level(frame.id)
    item = next(iter(window.canvas.scene.edges.values()))
    middle = item.path().pointAtPercent(0.5)
    template = window.registry.get("data.template")
    assert template is not None
    ports = template.ports(template.decode({}))
    desk.run(_dropped(LibraryDrop(window.canvas.view, "data.template", ports), middle))
    inside = graph_at(session.workflow, frame.id)
    assert inside is not None
    assert len(inside.nodes) == 3
    assert len(session.workflow.graph.nodes) == 1
    assert len(inside.edges) == 2  # spliced in
    desk.hand.key(Qt.Key.Key_Z, CTRL)
    desk.hand.key(Qt.Key.Key_Z, CTRL)
    assert window.canvas.level == ""
    assert not session.workflow.graph.nodes
    desk.hand.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert session.workflow.graph.nodes == {frame.id: frame}


def test_steps_inside_are_joined_moved_deleted_and_all_of_it_undone(letters: Desk) -> None:
    session, canvas, hand = letters.window.session, letters.window.canvas, letters.hand
    canvas.open_level("each")
    hand.drag(hand.body("say"), hand.body("say") + QPointF(0, -80))
    assert session.workflow.layout.positions["say"] == (312, -80)
    hand.click(hand.body("say"))
    hand.key(Qt.Key.Key_Delete)
    assert shown(letters) == {"in", "res", "loop"}
    hand.drag(hand.output("in", "item"), hand.input("res", "value"))
    inside = graph_at(session.workflow, "each")
    assert inside is not None
    assert inside.edges == (edge("in", "item", "res", "value"),)
    assert session.workflow.graph.edges == framed().graph.edges
    for _ in range(3):
        hand.key(Qt.Key.Key_Z, CTRL)
    assert session.workflow == framed()


def test_undo_shows_the_level_of_the_edit(letters: Desk) -> None:
    canvas, hand = letters.window.canvas, letters.hand
    canvas.open_level("loop")
    hand.click(hand.body("deep"))
    hand.key(Qt.Key.Key_D)
    canvas.open_level("")
    hand.key(Qt.Key.Key_Z, CTRL)
    assert canvas.level == "loop"
    canvas.open_level("each")
    hand.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert canvas.level == "loop"
    canvas.open_level("")
    canvas.select(only("nodes", "each"))
    hand.key(Qt.Key.Key_Delete)
    assert canvas.level == ""
    hand.key(Qt.Key.Key_Z, CTRL)
    assert shown(letters) == {"ask", "each", "out"}


def test_a_level_that_goes_is_left(letters: Desk) -> None:
    canvas, session = letters.window.canvas, letters.window.session
    hand = letters.hand
    hand.click(hand.body("each"))
    letters.trigger("edit.duplicate")
    (copy,) = shown(letters) - {"ask", "each", "out"}
    inside = graph_at(session.workflow, copy)
    assert inside is not None
    assert {"in", "say", "res", "loop", "deep"}.isdisjoint(n.id for n in every_node(inside))
    canvas.open_level(copy)
    assert len(shown(letters)) == 4
    session.undo_stack.undo()
    assert canvas.level == ""
    assert shown(letters) == {"ask", "each", "out"}


def test_copies_notes_and_new_steps_go_where_one_is(letters: Desk) -> None:
    canvas, session, hand = letters.window.canvas, letters.window.session, letters.hand
    canvas.open_level("each")
    canvas.select(Selection(frozenset({"in", "say"}), notes=frozenset({"why"})))
    letters.trigger("edit.copy")
    canvas.open_level("loop")
    letters.trigger("edit.paste")
    inside = graph_at(session.workflow, "loop")
    assert inside is not None
    assert len(inside.nodes) == 3
    assert len(inside.edges) == 1
    assert [note.frame for note in session.workflow.layout.notes.values()] == ["each", "loop"]
    letters.trigger("step.note")
    assert sorted(n.frame for n in session.workflow.layout.notes.values()) == ["each", "loop", "loop"]
    canvas.view.setFocus()
    hand.key(Qt.Key.Key_N)
    popup = QApplication.activePopupWidget()
    assert popup is not None
    field = popup.findChild(QLineEdit)
    assert field is not None
    QTest.keyClicks(field, "merge")
    QTest.keyClick(field, Qt.Key.Key_Return)
    merge = next(n.id for n in every_node(session.workflow.graph) if n.type == "flow.merge")
    assert frame_of(session.workflow, merge) == "loop"


def test_the_settings_of_a_step_inside_are_shown_and_changed(letters: Desk) -> None:
    window = letters.window
    window.canvas.show_node("say")
    assert window.canvas.level == "each"
    step = window.inspector.step
    assert step is not None
    assert step.node_id == "say"
    step.header.title.setFocus()
    step.header.title.selectAll()
    QTest.keyClicks(step.header.title, "Greet")
    found = graph_at(window.session.workflow, "each")
    assert found is not None
    assert found.nodes["say"].title == "Greet"


def test_tidy_lays_out_the_open_level_only(letters: Desk) -> None:
    session, canvas = letters.window.session, letters.window.canvas
    canvas.open_level("each")
    before = session.workflow.layout.positions
    letters.trigger("step.tidy")
    letters.wait(lambda: session.workflow.layout.positions != before)
    after = session.workflow.layout.positions
    assert {n for n in after if after[n] != before[n]} <= {"in", "say", "res", "loop"}


# --- finding ------------------------------------------------------------------------------------------------


def test_a_problem_inside_marks_the_frame_and_leads_to_its_step(letters: Desk) -> None:
    window = letters.window
    window.session.show_problems((Problem("node.unknown_type", node="deep", args={"type": "x"}),))
    card = window.canvas.scene.nodes["each"].card
    assert card.badge is not None
    window.runs.chosen.emit("deep", "")
    assert window.canvas.level == "loop"
    assert window.canvas.selection == only("nodes", "deep")
    assert window.canvas.scene.nodes["deep"].card.badge is not None


def test_the_outline_lists_all_levels_and_goes_there(letters: Desk) -> None:
    letters.trigger("view.outline")
    tree, canvas = letters.window.outline.tree, letters.window.canvas
    tops = [tree.topLevelItem(i) for i in range(tree.topLevelItemCount())]
    each = next(item for item in tops if item is not None and item.text(0) == "For each name")
    below = [each.child(i) for i in range(each.childCount())]
    loop = next(item for item in below if item.text(0) == "Improve")
    deep = loop.child(0)
    assert deep is not None
    assert any(item.text(0).startswith("Note") for item in below)
    tree.setCurrentItem(deep)
    assert (canvas.level, canvas.selection) == ("loop", only("nodes", "deep"))
    letters.hand.key(Qt.Key.Key_Up, ALT)
    assert loop.isSelected()


def test_find_in_workflow_finds_what_is_inside(letters: Desk) -> None:
    letters.trigger("edit.find")
    finder = letters.window.finders.finder
    field = finder.findChild(QLineEdit)
    assert field is not None
    QTest.keyClicks(field, "Dear")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert letters.window.canvas.level == "each"
    assert letters.window.canvas.selection == only("nodes", "say")
    letters.window.canvas.open_level("")
    letters.trigger("edit.find")
    QTest.keyClicks(field, "Only inside")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert letters.window.canvas.selection == only("notes", "why")


# --- into a frame and out -----------------------------------------------------------------------------------


def test_steps_are_put_into_a_frame_and_taken_out_in_one_step_each(desk: Desk) -> None:
    window = desk.window
    flow = template_flow()
    window.session.open(flow, Place())
    window.canvas.select_all()
    desk.trigger("step.into_map")
    after = window.session.workflow
    (frame,) = after.graph.nodes.keys() - flow.graph.nodes.keys()
    assert set(after.graph.nodes) == {"ask", "out", frame}  # questions and results stay outside
    assert window.canvas.selection == only("nodes", frame)
    ports = window.canvas.scene.nodes[frame].placed.ports
    assert [port.name for port in ports.inputs] == ["items", "message"]
    assert [port.name for port in ports.outputs] == ["text", "failed"]
    assert edge("ask", "message", frame, "message") in after.graph.edges
    assert edge(frame, "text", "out", "value") in after.graph.edges
    desk.trigger("step.unpack")
    assert window.session.workflow.graph == flow.graph
    window.session.undo_stack.undo()
    assert window.session.workflow == after
    window.session.undo_stack.undo()
    assert window.session.workflow == flow


def test_a_list_that_came_in_is_gone_through(letters: Desk) -> None:
    window = letters.window
    window.canvas.select(only("nodes", "each"))
    letters.trigger("step.into_map")
    (outer,) = window.session.workflow.graph.nodes.keys() - {"ask", "out"}
    joined = Edge(PortRef("ask", "names"), PortRef(outer, "items"))
    assert joined in window.session.workflow.graph.edges
    assert frame_of(window.session.workflow, "each") == outer
    assert window.session.workflow.layout.notes["why"].frame == "each"


def test_steps_around_another_can_not_be_put_into_one_frame(desk: Desk) -> None:
    window = desk.window
    chain = {name: Node(name, "data.template", fields={"text": "{{a}}"}) for name in ("x", "y", "z")}
    joined = (edge("x", "text", "y", "a"), edge("y", "text", "z", "a"))
    window.session.open(Workflow("w", "", graph=Graph(chain, joined)), Place())
    refused: list[Problem] = []
    window.editing.refused.connect(refused.extend)
    window.canvas.select(Selection(frozenset({"x", "z"})))
    desk.trigger("step.into_loop")
    assert [problem.code for problem in refused] == ["edit.would_surround"]
    assert window.session.workflow.graph.nodes == chain


def test_a_group_inside_a_frame_is_one_of_its_level(letters: Desk) -> None:
    canvas, session = letters.window.canvas, letters.window.session
    canvas.open_level("each")
    canvas.select(Selection(frozenset({"in", "say"})))
    letters.trigger("step.group")
    (name,) = session.workflow.layout.groups
    assert canvas.selection == only("groups", name)
    canvas.open_level("")
    assert not canvas.scene.groups
    canvas.select(only("nodes", "each"))
    letters.hand.key(Qt.Key.Key_Delete)
    assert not session.workflow.layout.groups
    letters.hand.key(Qt.Key.Key_Z, CTRL)
    assert session.workflow.layout.groups[name].nodes == ("in", "say")


def test_the_menu_of_a_frame_opens_and_unpacks_it(letters: Desk) -> None:
    hand = letters.hand
    at = letters.window.canvas.view.mapFromScene(hand.body("each"))
    where = letters.window.canvas.view.viewport().mapToGlobal(at)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, where)
    QApplication.sendEvent(letters.window.canvas.view.viewport(), event)
    menu = letters.window.findChild(QMenu, "menu.frame")
    assert menu is not None
    names = [action.objectName() for action in menu.actions() if action.isEnabled()]
    assert names[0] == "step.open"
    assert {"step.into_map", "step.into_loop", "step.unpack"} <= set(names)
    menu.actions()[0].trigger()
    menu.close()
    assert letters.window.canvas.level == "each"


# --- what the card says -------------------------------------------------------------------------------------


def test_a_frame_says_how_many_steps_are_inside(letters: Desk) -> None:
    card = letters.window.canvas.scene.nodes["each"].card
    assert "5 steps inside" in card.subtitle
    assert card.opens
    assert not letters.window.canvas.scene.nodes["ask"].card.opens


def test_in_sight_are_the_steps_of_the_open_level_and_none_behind_another_page(letters: Desk) -> None:
    window = letters.window
    assert set(window.stream.in_sight()) == {"ask", "each", "out"}
    window.canvas.open_level("each")
    assert set(window.stream.in_sight()) == {"in", "say", "res", "loop"}
    window.show_history()
    assert not window.stream.in_sight()
    window.show_work()
    assert set(window.stream.in_sight()) == {"in", "say", "res", "loop"}
