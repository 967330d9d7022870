"""Each gesture with real mouse and key events: what it shows, what it asks for, what it leaves alone."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.document.document import Document
from app.document.operations import (
    Batch,
    Connect,
    Disconnect,
    MoveNodes,
    ResizeNodes,
    SetGroup,
    SetNode,
    SetNote,
)
from app.document.problem import Problem
from app.document.workflow import Edge, Graph, Layout, Node, PortRef, Workflow
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.interactions.drop import mime_for
from app.ui.canvas.selection import Selection, only
from tests.ui.canvas.conftest import Hand
from tests.ui.canvas.triage import PLACES, edge, triage

SHIFT = Qt.KeyboardModifier.ShiftModifier
EMPTY = QPointF(900, 330)  # nothing lies here


# --- picking -----------------------------------------------------------------------------------------------


def test_click_picks_a_node_and_a_click_on_nothing_lets_go(canvas: Canvas, hand: Hand) -> None:
    hand.click(hand.body("draft"))
    assert canvas.selection == only("nodes", "draft")
    hand.click(EMPTY)
    assert not canvas.selection
    assert hand.asked == []


def test_shift_click_adds_and_takes_away(canvas: Canvas, hand: Hand) -> None:
    hand.click(hand.body("draft"))
    hand.click(hand.body("check"), keys=SHIFT)
    assert canvas.selection.nodes == {"draft", "check"}
    hand.click(hand.body("draft"), keys=SHIFT)
    assert canvas.selection.nodes == {"check"}


def test_click_on_an_edge_picks_it(canvas: Canvas, hand: Hand) -> None:
    item = canvas.scene.edges[edge("check.passed", "send.draft").id]
    hand.click(item.path().pointAtPercent(0.5))
    assert canvas.selection == only("edges", item.id)


def test_rubber_band_picks_what_it_touches(canvas: Canvas, hand: Hand) -> None:
    hand.drag(QPointF(270, 90), QPointF(800, 300))
    assert canvas.selection == Selection(nodes=frozenset({"draft", "check"}))
    assert canvas.view.overlay.band is None


def test_escape_calls_the_rubber_band_off(canvas: Canvas, hand: Hand) -> None:
    canvas.select(only("nodes", "send"))
    hand.drag(QPointF(270, 90), QPointF(800, 300), drop=False)
    assert canvas.selection.nodes == {"draft", "check"}
    hand.key(Qt.Key.Key_Escape)
    assert canvas.selection == only("nodes", "send")


# --- moving ------------------------------------------------------------------------------------------------


def test_a_drag_shows_the_move_and_asks_for_it_once(canvas: Canvas, hand: Hand) -> None:
    before = canvas.scene.edges[edge("draft.text", "check.value").id].path()
    hand.drag(hand.body("draft"), hand.body("draft") + QPointF(43, -61), drop=False)
    assert canvas.scene.nodes["draft"].pos() == QPointF(336, 56)  # on the snapping grid
    assert canvas.scene.edges[edge("draft.text", "check.value").id].path() != before
    assert hand.asked == []
    hand.release(hand.body("draft"))
    assert hand.operations() == [MoveNodes({"draft": (336, 56)})]


def test_a_move_stays_only_if_the_document_took_it(canvas: Canvas, hand: Hand) -> None:
    hand.drag(hand.body("draft"), hand.body("draft") + QPointF(80, 80))
    assert canvas.scene.nodes["draft"].pos() == QPointF(*PLACES["draft"])


def test_a_document_that_takes_the_move(canvas: Canvas, hand: Hand, document: Document) -> None:
    hand.drag(hand.body("draft"), hand.body("draft") + QPointF(80, 80))
    assert document.workflow.layout.positions["draft"] == (376, 200)
    assert canvas.scene.nodes["draft"].pos() == QPointF(376, 200)


def test_all_that_is_picked_moves_with_one(canvas: Canvas, hand: Hand) -> None:
    canvas.select(Selection(nodes=frozenset({"draft", "check"}), notes=frozenset({"n1"})))
    hand.drag(hand.body("check"), hand.body("check") + QPointF(0, 40))
    (operation,) = hand.operations()
    assert isinstance(operation, Batch)
    move, note = operation.operations
    assert move == MoveNodes({"draft": (296, 160), "check": (560, 160)})
    assert isinstance(note, SetNote)
    assert note.note is not None
    assert note.note.y == 480


def test_the_title_of_a_group_moves_its_members(canvas: Canvas, hand: Hand) -> None:
    title = canvas.scene.groups["g1"].area.topLeft() + QPointF(60, 16)
    hand.drag(title, title + QPointF(24, 24))
    assert hand.operations() == [MoveNodes({"again": (848, 456), "expert": (584, 456)})]


def test_escape_calls_a_move_off(canvas: Canvas, hand: Hand) -> None:
    hand.drag(hand.body("draft"), hand.body("draft") + QPointF(80, 80), drop=False)
    hand.key(Qt.Key.Key_Escape)
    hand.release(EMPTY)
    assert canvas.scene.nodes["draft"].pos() == QPointF(*PLACES["draft"])
    assert hand.asked == []


def test_a_trembling_click_moves_nothing(canvas: Canvas, hand: Hand) -> None:
    hand.drag(hand.body("draft"), hand.body("draft") + QPointF(2, 1))
    assert hand.asked == []
    assert canvas.selection == only("nodes", "draft")


# --- linking -----------------------------------------------------------------------------------------------


def test_port_to_port(hand: Hand) -> None:
    hand.drag(hand.output("order", "found"), hand.input("draft", "context"))
    assert hand.asked == [("connect_requested", (PortRef("order", "found"), PortRef("draft", "context")))]


def test_backward_from_a_free_input(hand: Hand) -> None:
    hand.drag(hand.input("draft", "context"), hand.output("order", "found"))
    assert hand.asked == [("connect_requested", (PortRef("order", "found"), PortRef("draft", "context")))]


def test_dropped_on_a_card_it_finds_the_port_that_fits(hand: Hand) -> None:
    hand.drag(hand.output("order", "found"), hand.header("draft"))
    assert hand.asked == [("connect_requested", (PortRef("order", "found"), PortRef("draft", "context")))]


def test_types_that_do_not_fit_are_refused_with_the_reason(canvas: Canvas, hand: Hand) -> None:
    hand.drag(hand.output("ask", "message"), hand.input("draft", "context"), drop=False)
    draft = canvas.view.overlay.draft
    assert draft is not None
    assert draft.refusal == "This port takes record, not text"
    hand.release(hand.input("draft", "context"))
    assert hand.asked == [("refused", ("This port takes record, not text",))]
    assert canvas.view.overlay.draft is not None  # stays readable for a while


def test_a_circle_is_refused(hand: Hand) -> None:
    hand.drag(hand.output("again", "failed"), hand.input("expert", "prompt"))
    assert hand.asked == [("refused", ("This would go round in a circle",))]


def test_a_second_edge_to_an_input_is_for_others_to_judge(hand: Hand) -> None:
    hand.drag(hand.output("check", "failed"), hand.input("send", "draft"))
    assert hand.asked == [("connect_requested", (PortRef("check", "failed"), PortRef("send", "draft")))]


def test_dropped_on_nothing_it_asks_for_steps_that_fit(hand: Hand) -> None:
    hand.drag(hand.output("ask", "message"), EMPTY)
    ((name, (port, forward, at, _)),) = hand.asked
    assert (name, port, forward) == ("fitting_requested", PortRef("ask", "message"), True)
    assert isinstance(at, QPointF)
    assert (at - EMPTY).manhattanLength() < 2


def test_a_joined_input_gives_its_edge_to_another_port(hand: Hand) -> None:
    hand.drag(hand.input("send", "expert"), hand.input("send", "draft"))
    old = edge("again.passed", "send.expert")
    assert hand.asked == [("replug_requested", (old, PortRef("again", "passed"), PortRef("send", "draft")))]


def test_a_joined_input_pulled_off_loses_its_edge(hand: Hand) -> None:
    hand.drag(hand.input("check", "value"), EMPTY)
    assert hand.operations() == [Disconnect(edge("draft.text", "check.value"))]


def test_the_end_of_an_edge_can_be_taken(canvas: Canvas, hand: Hand) -> None:
    item = canvas.scene.edges[edge("check.passed", "send.draft").id]
    start = item.path().pointAtPercent(0.035)
    hand.drag(start, hand.output("expert", "text"))
    assert hand.asked == [
        ("replug_requested", (item.edge, PortRef("expert", "text"), PortRef("send", "draft")))
    ]


def test_escape_calls_a_link_off(canvas: Canvas, hand: Hand) -> None:
    hand.drag(hand.output("ask", "message"), hand.input("check", "value"), drop=False)
    hand.key(Qt.Key.Key_Escape)
    hand.release(EMPTY)
    assert hand.asked == []
    assert canvas.view.overlay.draft is None


def test_the_error_port_can_be_joined(canvas: Canvas, hand: Hand) -> None:
    hand.move(hand.body("order"))
    assert canvas.view.overlay.hovered is canvas.scene.nodes["order"]
    hand.drag(hand.output("order", "error"), hand.input("draft", "context"))
    assert hand.asked == [("connect_requested", (PortRef("order", "error"), PortRef("draft", "context")))]


def test_quiet_ports_show_on_a_flap_when_the_pointer_rests(qtbot: QtBot, canvas: Canvas, hand: Hand) -> None:
    order = canvas.scene.nodes["order"]
    assert [port.name for port in order.card.outputs] == ["found", "amount"]
    assert canvas.scene.hit(hand.output("order", "page"), 1.0).port == ""

    def rested() -> bool:
        # The window system may tell of its own pointer in between; a person's hand trembles too.
        hand.move(hand.body("order"))
        hand.move(hand.header("order"))
        return canvas.view.overlay.flap_open

    hand.move(EMPTY)
    qtbot.waitUntil(rested)
    hand.move(QPointF(order.area.center().x(), order.area.bottom() + 3))  # the gap doesn't close it
    hand.move(hand.output("order", "page"))
    hand.drag(hand.output("order", "page"), hand.input("check", "value"))
    assert hand.asked == [("connect_requested", (PortRef("order", "page"), PortRef("check", "value")))]
    hand.move(EMPTY)
    assert not canvas.view.overlay.flap_open


def test_a_quiet_port_that_is_joined_is_a_port_like_others(canvas: Canvas, document: Document) -> None:
    order = canvas.scene.nodes["order"]
    low = order.area.height()
    document.apply(Connect(edge("order.page", "expert.prompt")))
    assert [port.name for port in order.card.outputs] == ["found", "amount", "page"]
    assert [port.name for port in order.card.quiet_outputs] == ["status"]
    assert order.area.height() == low + 24
    item = canvas.scene.edges[edge("order.page", "expert.prompt").id]
    assert item.path().pointAtPercent(0) == order.output_point("page")


def test_a_quiet_port_is_the_last_choice(hand: Hand) -> None:
    hand.drag(hand.input("draft", "context"), hand.header("order"))
    assert hand.asked == [("connect_requested", (PortRef("order", "found"), PortRef("draft", "context")))]


# --- splicing ----------------------------------------------------------------------------------------------


def test_a_free_node_dropped_on_an_edge_is_spliced_in(canvas: Canvas, hand: Hand) -> None:
    base = triage()
    nodes = {**base.graph.nodes, "new": Node("new", "test.write")}
    layout = Layout(positions={**PLACES, "new": (1088, 600)})
    canvas.sync(Workflow("w1", "", graph=Graph(nodes, base.graph.edges), layout=layout))
    target = edge("check.passed", "send.draft")
    middle = canvas.scene.edges[target.id].path().pointAtPercent(0.5)
    hand.drag(hand.body("new"), middle)
    (operation,) = hand.operations()
    assert isinstance(operation, Batch)
    assert operation.code == "splice"
    after, _ = operation.apply(canvas.scene.workflow)
    assert target not in after.graph.edges
    assert edge("check.passed", "new.prompt") in after.graph.edges
    assert edge("new.text", "send.draft") in after.graph.edges


def _drop(canvas: Canvas, mime: QMimeData, at: QPointF) -> bool:
    place = canvas.view.mapFromScene(at)
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(QPointF(place), copy, mime, left, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(canvas.view.viewport(), enter)
    if not enter.isAccepted():
        return False
    drop = QDropEvent(QPointF(place), copy, mime, left, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(canvas.view.viewport(), drop)
    return True


def test_a_step_from_the_library(canvas: Canvas, hand: Hand) -> None:
    assert _drop(canvas, mime_for("test.write#strong"), EMPTY)
    assert hand.asked == [("add_requested", ("test.write#strong", 792, 304, ""))]


def test_a_step_from_the_library_onto_an_edge(canvas: Canvas, hand: Hand) -> None:
    item = canvas.scene.edges[edge("ask.message", "draft.prompt").id]
    _drop(canvas, mime_for("test.write"), item.path().pointAtPercent(0.5))
    ((name, arguments),) = hand.asked
    assert (name, arguments[3]) == ("add_requested", item.id)


def test_what_is_no_step_is_not_taken(canvas: Canvas, hand: Hand) -> None:
    text = QMimeData()
    text.setText("test.write")
    assert not _drop(canvas, text, EMPTY)
    assert not _drop(canvas, mime_for("nobody.knows"), EMPTY)
    assert hand.asked == []


# --- sizes and words ---------------------------------------------------------------------------------------


def test_the_corner_of_a_note_resizes_it(canvas: Canvas, hand: Hand) -> None:
    corner = canvas.scene.notes["n1"].area.bottomRight() - QPointF(5, 5)
    hand.drag(corner, corner + QPointF(40, 48))
    (operation,) = hand.operations()
    assert isinstance(operation, SetNote)
    assert operation.note is not None
    assert (operation.note.width, operation.note.height) == (256, 152)


def test_the_right_edge_of_a_card_widens_it(canvas: Canvas, hand: Hand) -> None:
    item = canvas.scene.nodes["ask"]
    start = item.area.topLeft() + QPointF(item.anatomy.width - 2, 20)
    hand.drag(start, start + QPointF(64, 0), drop=False)
    assert item.anatomy.width == 280
    hand.release(start + QPointF(64, 0))
    assert hand.operations() == [ResizeNodes({"ask": 280})]


def test_a_title_is_written_in_its_place(canvas: Canvas, hand: Hand) -> None:
    hand.double_click(hand.header("draft"))
    editor = canvas.view.viewport().findChild(QLineEdit)
    assert editor.text() == "Quick draft"
    QTest.keyClicks(editor, "First answer")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert hand.operations() == [SetNode("draft", {"title": "First answer"})]


def test_escape_leaves_a_title_as_it_was(canvas: Canvas, hand: Hand) -> None:
    canvas.rename("draft")
    editor = canvas.view.viewport().findChild(QLineEdit)
    QTest.keyClicks(editor, "x")
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert hand.asked == []
    assert canvas.view.hasFocus()


def test_a_note_is_written_in_its_place(canvas: Canvas, hand: Hand) -> None:
    hand.double_click(canvas.scene.notes["n1"].area.center())
    editor = canvas.view.viewport().findChild(QPlainTextEdit)
    editor.setPlainText("Two\nlines")
    QTest.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    (operation,) = hand.operations()
    assert isinstance(operation, SetNote)
    assert operation.note is not None
    assert operation.note.text == "Two\nlines"


def test_a_group_is_renamed_in_its_place(canvas: Canvas, hand: Hand) -> None:
    hand.double_click(canvas.scene.groups["g1"].area.topLeft() + QPointF(60, 16))
    editor = canvas.view.viewport().findChild(QLineEdit)
    QTest.keyClicks(editor, "Measure")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    (operation,) = hand.operations()
    assert isinstance(operation, SetGroup)
    assert operation.group is not None
    assert operation.group.title == "Measure"


def test_double_clicks_elsewhere(hand: Hand) -> None:
    hand.double_click(hand.body("draft") + QPointF(0, 15))
    hand.double_click(EMPTY)
    assert [name for name, _ in hand.asked] == ["open_requested", "palette_requested"]


# --- looking around ----------------------------------------------------------------------------------------


def _wheel(canvas: Canvas, at: QPointF, delta: int) -> None:
    place = canvas.view.mapFromScene(at)
    event = QWheelEvent(
        QPointF(place),
        QPointF(canvas.view.viewport().mapToGlobal(place)),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas.view.viewport(), event)


def test_the_wheel_zooms_about_the_pointer(canvas: Canvas, hand: Hand) -> None:
    fixed = hand.body("send")
    before = canvas.view.mapFromScene(fixed)
    zoom = canvas.zoom
    for _ in range(4):
        _wheel(canvas, fixed, 120)
    assert canvas.zoom > 1.6 * zoom
    assert (canvas.view.mapFromScene(fixed) - before).manhattanLength() <= 4
    for _ in range(40):
        _wheel(canvas, fixed, -120)
    assert canvas.zoom == 0.05


@pytest.mark.parametrize("button", [Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton])
def test_space_or_the_middle_button_pans(canvas: Canvas, hand: Hand, button: Qt.MouseButton) -> None:
    before = canvas.view.mapToScene(0, 0)
    start = hand.point(hand.body("draft"))
    viewport, none = canvas.view.viewport(), Qt.KeyboardModifier.NoModifier
    if button == Qt.MouseButton.LeftButton:
        QTest.keyPress(canvas.view, Qt.Key.Key_Space)
    QTest.mousePress(viewport, button, none, start)
    QTest.mouseMove(viewport, start + QPoint(20, 10))
    QTest.mouseMove(viewport, start + QPoint(60, 30))
    QTest.mouseRelease(viewport, button, none, start + QPoint(60, 30))
    QTest.keyRelease(canvas.view, Qt.Key.Key_Space)
    assert canvas.view.mapToScene(0, 0) - before == QPointF(-60, -30)
    assert hand.asked == []
    assert not canvas.selection


def test_arrows_walk_the_graph(canvas: Canvas, hand: Hand) -> None:
    walked: list[str] = []
    keys = Qt.Key
    for key in (keys.Key_Right, keys.Key_Right, keys.Key_Right, keys.Key_Down, keys.Key_Right, keys.Key_Left):
        hand.key(key)
        walked += canvas.selection.nodes
    assert walked == ["ask", "draft", "check", "expert", "again", "expert"]


def test_control_arrows_nudge(canvas: Canvas, hand: Hand) -> None:
    canvas.select(only("nodes", "ask"))
    hand.key(Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert hand.operations() == [MoveNodes({"ask": (24, 264)})]


def test_enter_opens_and_escape_lets_go(canvas: Canvas, hand: Hand) -> None:
    canvas.select(only("nodes", "ask"))
    hand.key(Qt.Key.Key_Return)
    assert hand.asked == [("open_requested", ("ask",))]
    hand.key(Qt.Key.Key_Escape)
    assert not canvas.selection


def test_a_click_on_a_problem_asks_to_mend_it(canvas: Canvas, hand: Hand) -> None:
    canvas.show_problems([Problem("input.missing", node="send", field="draft")])
    item = canvas.scene.nodes["send"]
    hand.click(item.area.topRight() + QPointF(-23, 23))
    assert hand.asked == [("problem_requested", ("send",))]


def test_the_right_button_picks_and_asks_for_a_menu(canvas: Canvas, hand: Hand) -> None:
    place = hand.point(hand.body("order"))
    from PySide6.QtGui import QContextMenuEvent

    where = canvas.view.viewport().mapToGlobal(place)
    QApplication.sendEvent(
        canvas.view.viewport(), QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, where)
    )
    assert canvas.selection == only("nodes", "order")
    assert [name for name, _ in hand.asked] == ["menu_requested"]


def test_a_read_only_canvas_can_be_looked_at_only(canvas: Canvas, hand: Hand) -> None:
    canvas.set_read_only(True)
    hand.drag(hand.body("draft"), hand.body("draft") + QPointF(80, 80))
    hand.drag(hand.output("order", "found"), hand.input("draft", "context"))
    hand.double_click(hand.header("draft"))
    hand.key(Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert not _drop(canvas, mime_for("test.write"), EMPTY)
    assert canvas.view.viewport().findChild(QLineEdit) is None
    assert hand.asked == []
    hand.click(hand.body("draft"))
    assert canvas.selection == only("nodes", "draft")


def test_an_edge_that_already_is_there_is_refused(canvas: Canvas, hand: Hand) -> None:
    hand.drag(hand.output("draft", "text"), hand.header("draft"))
    hand.drag(hand.output("ask", "message"), hand.input("draft", "prompt"))
    assert [name for name, _ in hand.asked] == ["refused"]
    assert Edge(PortRef("ask", "message"), PortRef("draft", "prompt")) in canvas.scene.workflow.graph.edges


@pytest.mark.parametrize("forward", [True, False])
def test_a_click_on_a_port_asks_for_a_step_beside_it(
    canvas: Canvas, hand: Hand, document: Document, forward: bool
) -> None:
    document.apply(Disconnect(edge("check.passed", "send.draft")))
    port = PortRef("check", "passed") if forward else PortRef("send", "draft")
    node = canvas.scene.nodes[port.node]
    hand.click(hand.output("check", "passed") if forward else hand.input("send", "draft"))
    ((name, (asked, is_output, at, _)),) = hand.asked
    assert (name, asked, is_output) == ("fitting_requested", port, forward)
    assert isinstance(at, QPointF)
    assert at.x() > node.area.right() if forward else at.x() < node.area.left()
    assert not any(other.area.contains(at) for other in canvas.scene.nodes.values())
