"""The scene patches itself: what changes is drawn anew, what doesn't is left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter
from pytestqt.qtbot import QtBot

from app.document.document import Document
from app.document.operations import (
    AddNodes,
    Connect,
    MoveNodes,
    RemoveNodes,
    SetFields,
    SetGroup,
    SetNode,
    SetNote,
)
from app.document.problem import Problem
from app.document.workflow import Graph, Group, Layout, Node, Note, PortRef, Workflow
from app.events.run_events import RunFinished
from app.ui.appearance import appearance
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.edge_look import EdgeLook, pill_of
from app.ui.canvas.node_item import NodeItem
from app.ui.canvas.selection import Selection, only
from tests.ui.canvas.conftest import shown
from tests.ui.canvas.triage import PLACES, edge, half_run, run_state, triage


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of nodes as they are painted. Must come before the canvas, for Qt looks up `paint` once."""
    ids: list[str] = []
    paint = NodeItem.paint

    def noting(self: NodeItem, painter: QPainter, option: object, widget: object = None) -> None:
        ids.append(self.id)
        paint(self, painter, option, widget)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(NodeItem, "paint", noting)
    return ids


def test_another_title_changes_one_card(canvas: Canvas, document: Document) -> None:
    before = {node: item.card for node, item in canvas.scene.nodes.items()}
    document.apply(SetNode("draft", {"title": "First draft"}))
    changed = {node for node, item in canvas.scene.nodes.items() if item.card is not before[node]}
    assert changed == {"draft"}
    assert canvas.scene.nodes["draft"].card.title == "First draft"


def test_nodes_and_edges_come_and_go(canvas: Canvas, document: Document) -> None:
    undo = document.apply(RemoveNodes(("check",)))
    assert "check" not in canvas.scene.nodes
    assert {item.id for item in canvas.scene.edges.values()} == {e.id for e in document.workflow.graph.edges}
    document.apply(undo)
    item = canvas.scene.nodes["check"]
    assert item.pos() == QPointF(*PLACES["check"])
    assert len(canvas.scene.edges) == 8
    assert all(e.scene() is canvas.scene for e in canvas.scene.edges.values())


def test_a_new_link_fills_its_ports(canvas: Canvas, document: Document) -> None:
    ports = canvas.scene.nodes["draft"].card.inputs
    assert [port.joined for port in ports] == [True, False]
    document.apply(Connect(edge("order.found", "draft.context")))
    assert [port.joined for port in canvas.scene.nodes["draft"].card.inputs] == [True, True]


def test_edges_follow_a_move(canvas: Canvas, document: Document) -> None:
    item = canvas.scene.edges[edge("draft.text", "check.value").id]
    document.apply(MoveNodes({"draft": (0, 0)}))
    assert item.path().pointAtPercent(0) == canvas.scene.nodes["draft"].output_point("text")


def test_a_group_lies_around_its_members(canvas: Canvas, document: Document) -> None:
    group = canvas.scene.groups["g1"]
    document.apply(MoveNodes({"again": (1200, 700)}))
    assert group.area.contains(canvas.scene.nodes["again"].area)
    document.apply(SetGroup("g1", Group("Stronger way", ("expert",), "violet")))
    assert not group.area.contains(canvas.scene.nodes["again"].area)
    document.apply(SetGroup("g1", None))
    assert canvas.scene.groups == {}


def test_notes_come_change_and_go(canvas: Canvas, document: Document) -> None:
    document.apply(SetNote("n2", Note("new", 0, 0)))
    assert canvas.scene.notes["n2"].area.width() == 216
    document.apply(SetNote("n2", Note("new", 8, 0, 300, 200)))
    assert canvas.scene.notes["n2"].area.width() == 300
    document.apply(SetNote("n2", None))
    assert set(canvas.scene.notes) == {"n1"}


def test_settings_that_take_a_joined_port_away_leave_it_to_be_seen(canvas: Canvas) -> None:
    base = triage()
    graph = Graph({**base.graph.nodes, "sw": Node("sw", "test.switch")}, base.graph.edges)
    document = Document(replace(base, graph=graph))
    canvas.sync(document.workflow)
    document.listen(lambda _change: canvas.sync(document.workflow))
    document.apply(Connect(edge("sw.no", "order.order")))
    item = canvas.scene.nodes["sw"]
    assert [(p.name, p.joined, p.gone) for p in item.card.outputs] == [
        ("yes", False, False),
        ("no", True, False),
    ]
    document.apply(SetFields("sw", {"ways": ["yes"]}))
    assert [(p.name, p.gone) for p in item.card.outputs] == [("yes", False), ("no", True)]
    assert canvas.scene.edges[edge("sw.no", "order.order").id].path().pointAtPercent(0) == item.output_point(
        "no"
    )


def test_settings_that_cannot_be_read_leave_the_types_own_ports(qtbot: QtBot) -> None:
    node = Node("sw", "test.switch", fields={"ways": 5})
    canvas = shown(qtbot, Workflow("w", "", graph=Graph({"sw": node})))
    assert canvas.scene.nodes["sw"].card.title == "Switch"


def test_an_unknown_type_is_a_grey_card_with_the_ports_that_edges_name(qtbot: QtBot) -> None:
    nodes = {"a": Node("a", "gone.type"), "ask": Node("ask", "test.ask")}
    canvas = shown(qtbot, Workflow("w", "", graph=Graph(nodes, (edge("ask.message", "a.in"),))))
    card = canvas.scene.nodes["a"].card
    assert (card.title, card.subtitle, card.unknown, card.kind) == (
        "gone.type",
        "Unknown step",
        True,
        "unknown",
    )
    assert [(p.name, p.joined, p.gone) for p in card.inputs] == [("in", True, False)]


def test_a_file_without_places_is_laid_out_in_columns(qtbot: QtBot) -> None:
    canvas = shown(qtbot, replace(triage(), layout=Layout()))
    nodes = canvas.scene.nodes
    for item in canvas.scene.edges.values():
        assert item.source.pos().x() < item.target.pos().x()
    areas = [node.area for node in nodes.values()]
    assert not any(a.intersects(b) for i, a in enumerate(areas) for b in areas[:i])


def test_an_edge_to_nowhere_is_not_drawn(qtbot: QtBot) -> None:
    graph = Graph({"ask": Node("ask", "test.ask")}, (edge("ask.message", "nobody.in"),))
    assert shown(qtbot, Workflow("w", "", graph=graph)).scene.edges == {}


def test_what_goes_is_no_longer_picked(canvas: Canvas, document: Document) -> None:
    canvas.select(Selection(nodes=frozenset({"check", "ask"}), edges=frozenset(canvas.scene.edges)))
    document.apply(RemoveNodes(("check",)))
    assert canvas.selection.nodes == {"ask"}
    assert canvas.selection.edges == frozenset(canvas.scene.edges)


def test_another_workflow_replaces_all(canvas: Canvas) -> None:
    canvas.sync(Workflow("w2", "", graph=Graph({"x": Node("x", "test.ask")})))
    assert list(canvas.scene.nodes) == ["x"]
    assert canvas.scene.edges == canvas.scene.groups == canvas.scene.notes == {}


def test_a_state_repaints_one_card(painted: list[str], qtbot: QtBot, canvas: Canvas) -> None:
    qtbot.waitUntil(lambda: len(set(painted)) == 7)
    painted.clear()
    canvas.scene.nodes["send"].forget_card()
    qtbot.waitUntil(lambda: bool(painted))
    assert set(painted) <= {"send", "again"}  # the two cards' shadows touch


def test_far_away_no_card_is_painted(painted: list[str], canvas: Canvas) -> None:
    assert painted
    canvas.view.set_zoom(0.2)
    painted.clear()
    picture = canvas.view.grab().toImage()
    assert painted == []
    middle = canvas.view.mapFromScene(canvas.scene.nodes["ask"].area.center())
    assert picture.pixelColor(middle) == appearance().theme.card


def test_a_run_shows_on_cards_edges_and_groups(canvas: Canvas) -> None:
    canvas.show_run(run_state())
    cards = {node: item.card for node, item in canvas.scene.nodes.items()}
    assert {node: card.badge.word if card.badge else "" for node, card in cards.items()} == {
        "ask": "Done",
        "draft": "Done",
        "order": "Done",
        "check": "Check failed",
        "expert": "Writing",
        "again": "Waiting",
        "send": "Waiting",
    }
    assert (cards["check"].border, cards["expert"].border, cards["draft"].border) == (
        "warning",
        "running",
        "",
    )
    assert cards["expert"].preview.endswith("order 20417 is missing")
    states = {edge_id: item.shown.state for edge_id, item in canvas.scene.edges.items() if item.shown}
    assert states[edge("check.failed", "expert.prompt").id] == "active"
    assert states[edge("order.found", "expert.context").id] == "active"
    assert states[edge("check.passed", "send.draft").id] == "open"
    assert states[edge("ask.message", "draft.prompt").id] == "taken"
    canvas.show_run(None)
    assert all(item.shown and item.shown.state == "plain" for item in canvas.scene.edges.values())
    assert all(item.card.badge is None for item in canvas.scene.nodes.values())


def test_a_run_that_ends_is_seen_where_nothing_happened(canvas: Canvas) -> None:
    state = run_state()
    canvas.show_run(state)
    state.apply(RunFinished(9.0, "cancelled"))
    canvas.show_run(state, frozenset())
    assert canvas.scene.nodes["send"].card.badge is None
    assert not canvas.view.is_animating
    assert all(item.shown and item.shown.state != "active" for item in canvas.scene.edges.values())


def test_an_error_hides_an_old_result_and_a_warning_does_not(canvas: Canvas) -> None:
    state = run_state([*half_run(), RunFinished(9.0, "cancelled")])
    canvas.show_run(state)
    canvas.show_problems([Problem("odd", node="draft", severity="warning"), Problem("bad", node="order")])
    badges = {node: canvas.scene.nodes[node].card.badge for node in ("draft", "order")}
    assert {node: badge.icon if badge else "" for node, badge in badges.items()} == {
        "draft": "check",
        "order": "circle-alert",
    }


def test_room_for_the_result_line_comes_and_goes(canvas: Canvas) -> None:
    item = canvas.scene.nodes["expert"]
    low = item.area.height()
    canvas.show_run(run_state())
    assert item.area.height() == low + 22
    assert canvas.scene.groups["g1"].area.contains(item.area)
    canvas.show_run(None)
    assert item.area.height() == low


def test_problems_mark_nodes_and_edges(canvas: Canvas) -> None:
    broken = edge("draft.text", "check.value")
    canvas.show_problems(
        [
            Problem("input_missing", node="send"),
            Problem("odd", node="ask", severity="warning"),
            Problem("types", edge=broken.id),
        ]
    )
    badges = {node: item.card.badge.tone for node, item in canvas.scene.nodes.items() if item.card.badge}
    assert badges == {"send": "error", "ask": "warning"}
    shown_edge = canvas.scene.edges[broken.id].shown
    assert shown_edge is not None
    assert shown_edge.state == "broken"
    canvas.show_problems([])
    assert not any(item.card.badge for item in canvas.scene.nodes.values())


def test_language_and_theme_switch_live(canvas: Canvas) -> None:
    canvas.show_run(run_state())
    dark = canvas.view.grab().toImage().pixelColor(3, 3)
    appearance().set_language("zh-CN")
    badge = canvas.scene.nodes["again"].card.badge
    assert badge is not None
    assert badge.word == "等待中"
    appearance().set_mode("light")
    assert canvas.view.grab().toImage().pixelColor(3, 3) != dark
    appearance().set_language("en")


def test_what_moves_moves_only_while_something_runs(canvas: Canvas) -> None:
    assert not canvas.view.is_animating
    canvas.show_run(run_state())
    assert canvas.view.is_animating
    state = run_state()
    state.status = "done"
    canvas.show_run(state)
    assert not canvas.view.is_animating


def test_reduced_motion_stands_still(canvas: Canvas) -> None:
    appearance().set_reduced_motion(True)
    try:
        canvas.show_run(run_state())
        assert not canvas.view.is_animating
        first = canvas.view.grab().toImage()
        assert canvas.view.grab().toImage() == first
    finally:
        appearance().set_reduced_motion(None)


def test_many_nodes_go_through_one_operation(canvas: Canvas, document: Document) -> None:
    new = tuple(Node(f"x{i}", "test.write") for i in range(50))
    document.apply(AddNodes(new, {node.id: (0, 0) for node in new}))
    assert len(canvas.scene.nodes) == 57
    canvas.select(only("nodes", "x7"))
    assert canvas.selection.nodes == {"x7"}
    assert canvas.scene.hit(QPointF(100, 50), 1.0).port_ref != PortRef("ask", "message")


def test_a_pill_says_less_where_it_would_lie_over_a_card() -> None:
    shown = EdgeLook("taken", None, "Passed: 1,200 rows", "pass", "1,200")
    far, near = QRectF(200, -40, 216, 120), QRectF(60, -40, 216, 120)
    assert pill_of(shown, QPointF(0, 0), "en", (far,)).words == "Passed: 1,200 rows"
    brief = pill_of(shown, QPointF(0, 0), "en", (near,))
    assert brief.words == "1,200"
    assert not brief.rect.intersects(near)
