"""What a frame's card looks like and says: a stack, the steps inside, how far a run is, what failed and cost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from app.costs.cost import Cost
from app.document.problem import Problem
from app.document.workflow import Graph, Group, Layout, Node, Workflow
from app.events.run_events import NodeSettled, NodeStarted, RunStarted
from app.events.run_state import FrameState, RunState
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.card import Card
from app.ui.canvas.card_painter import paint_card
from app.ui.canvas.hit import Hit
from app.ui.canvas.look import Look
from app.ui.canvas.selection import only
from app.ui.canvas.tips import tip_for
from app.ui.theme import theme
from tests.ui.canvas.conftest import Hand, shown


def workflow(*, disabled: bool = False) -> Workflow:
    """A frame beside a plain step; two steps are inside it, in a group."""
    inside = Graph({"x": Node("x", "test.write"), "y": Node("y", "test.write")})
    nodes = {"f": Node("f", "test.frame", body=inside, disabled=disabled), "a": Node("a", "test.write")}
    places = {"f": (0, 0), "a": (400, 0), "x": (0, 0), "y": (300, 0)}
    layout = Layout(positions=places, groups={"g": Group("Pair", ("x", "y")), "h": Group("Outer", ("f",))})
    return Workflow("w", "Flow", graph=Graph(nodes), layout=layout)


def run_of(**frames: FrameState) -> RunState:
    run = RunState(run="r", status="running")
    for node in ("f", "a", "x", "y"):
        run.node(node)
    run.frames.update(frames)
    return run


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    return shown(qtbot, workflow())


def facts(canvas: Canvas, node: str = "f") -> list[tuple[str, str]]:
    return [(fact.text, fact.tone) for fact in canvas.scene.nodes[node].card.facts]


def test_a_frame_is_a_stack_that_says_what_is_inside(canvas: Canvas) -> None:
    card = canvas.scene.nodes["f"].card
    assert card.opens
    assert "2 steps inside" in card.subtitle
    assert not canvas.scene.nodes["a"].card.opens
    assert tip_for(canvas.scene, Hit(node=canvas.scene.nodes["f"]))


def test_a_stack_is_seen_above_the_card() -> None:
    def above(card: Card) -> bytes:
        image = QImage(300, 200, QImage.Format.Format_RGB32)
        image.fill(theme("dark").canvas)
        painter = QPainter(image)
        painter.translate(40, 40)
        paint_card(painter, card, Look(theme("dark"), "en"))
        painter.end()
        return bytes(image.copy(40, 29, 216, 10).constBits())

    assert above(Card("T", "", "layers", "flow", opens=True)) != above(Card("T", "", "layers", "flow"))


def test_a_run_shows_how_far_it_is_and_what_failed(canvas: Canvas) -> None:
    run = run_of(f=FrameState(total=60, done=15, failed=2))
    run.node("f").status = "running"
    canvas.show_run(run)
    assert facts(canvas) == [("17 of 60", ""), ("2 failed", "error")]
    assert canvas.scene.nodes["f"].card.progress == pytest.approx(17 / 60)
    run.frames["f"] = FrameState(total=60, done=60)
    run.status = "done"
    canvas.show_run(run)
    assert facts(canvas) == [("60 of 60", "done")]
    assert canvas.scene.nodes["f"].card.progress is None


def test_what_happens_inside_reaches_the_frame(canvas: Canvas) -> None:
    run = run_of(f=FrameState(total=-1, done=3))
    canvas.show_run(run)
    assert facts(canvas) == [("3 through", "")]
    run.frames["f"] = FrameState(total=-1, done=4, calls=4, cost=Cost(Decimal("0.25"), "priced"))
    canvas.show_run(run, ["x"])
    assert facts(canvas)[0] == ("4 through", "")
    assert "0.25" in facts(canvas)[1][0]
    assert [group.shown.title for group in canvas.scene.groups.values()] == ["Outer"]


def test_a_frame_that_is_switched_off_is_dim_and_says_so(qtbot: QtBot) -> None:
    canvas = shown(qtbot, workflow(disabled=True))
    canvas.show_run(run_of(f=FrameState(total=2, done=1)))
    assert canvas.scene.nodes["f"].card.faded
    assert facts(canvas) == [("switched off", "muted")]


def test_figures_and_problems_are_there_when_a_level_is_opened(canvas: Canvas) -> None:
    run = run_of()
    run.node("x").status = "failed"
    canvas.show_run(run)
    canvas.show_problems((Problem("field.required", node="y", field="prompt"),))
    hand = Hand(canvas)
    hand.double_click(hand.body("f"))
    assert set(canvas.scene.groups) == {"g"}
    assert canvas.scene.nodes["x"].card.border == "error"
    assert canvas.scene.problems_of("y")
    canvas.go_up()
    assert canvas.scene.problems_of("f")
    assert canvas.selection == only("nodes", "f")


def test_a_read_only_workflow_can_be_looked_into(canvas: Canvas) -> None:
    canvas.set_read_only(True)
    hand = Hand(canvas)
    hand.double_click(hand.header("f"))
    assert canvas.level == "f"


def test_a_step_inside_counts_how_often_it_worked(canvas: Canvas) -> None:
    run = RunState()
    run.apply(RunStarted("r", "w", "Flow", "", "2026-01-01T00:00:00Z", ("f", "x"), rows=2))
    for number in range(3):
        scope = f"#0/f#{number}"
        run.apply(NodeStarted(0.0, "x", scope, {}))
        run.apply(NodeSettled(1.0, "x", scope, "ok", 1.0))
    canvas.show_run(run)
    canvas.open_level("f")
    assert facts(canvas, "x") == [("3 times", "")]
    assert canvas.scene.nodes["x"].card.progress is None
