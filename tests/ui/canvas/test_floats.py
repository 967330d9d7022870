"""What floats over the canvas: zoom bar, minimap, first-step hint, the window's run bar."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.document.document import Document
from app.document.problem import Problem
from app.document.workflow import Workflow
from app.ui.appearance import appearance
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.empty_hint import EmptyHint
from app.ui.canvas.hit import Hit
from app.ui.canvas.minimap import Minimap
from app.ui.canvas.selection import only
from app.ui.canvas.tips import tip_for
from app.ui.canvas.zoom_bar import ZoomBar
from app.ui.widgets.icon_button import IconButton
from tests.ui.canvas.conftest import Hand, shown
from tests.ui.canvas.triage import edge, run_state

LEFT = Qt.MouseButton.LeftButton


def test_an_empty_canvas_offers_the_first_step(qtbot: QtBot) -> None:
    canvas = shown(qtbot, Workflow("w", ""))
    hand = Hand(canvas)
    hint = canvas.findChild(EmptyHint)
    assert hint.isVisible()
    QTest.mouseClick(hint.findChild(QPushButton), LEFT)
    assert [name for name, _ in hand.asked] == ["palette_requested"]
    assert not canvas.findChild(Minimap).isVisible()


def test_the_hint_goes_with_the_first_step(canvas: Canvas) -> None:
    assert not canvas.findChild(EmptyHint).isVisible()
    canvas.sync(Workflow("w1", ""))
    assert canvas.findChild(EmptyHint).isVisible()
    canvas.set_read_only(True)
    assert not canvas.findChild(EmptyHint).isVisible()


def test_the_zoom_bar(qtbot: QtBot, canvas: Canvas) -> None:
    appearance().set_reduced_motion(True)
    try:
        bar = canvas.findChild(ZoomBar)
        out, into, fit, tidy = bar.findChildren(IconButton)
        percent = bar.findChild(QPushButton)
        canvas.view.set_zoom(1.0)
        QTest.mouseClick(into, LEFT)
        QTest.mouseClick(into, LEFT)
        assert (canvas.zoom, percent.text()) == (1.25, "125%")
        QTest.mouseClick(percent, LEFT)
        assert canvas.zoom == 1.0
        for _ in range(30):
            QTest.mouseClick(out, LEFT)
        assert canvas.zoom == 0.05
        QTest.mouseClick(fit, LEFT)
        assert canvas.view.visible().contains(canvas.scene.content())
        with qtbot.waitSignal(canvas.tidy_requested):
            QTest.mouseClick(tidy, LEFT)
    finally:
        appearance().set_reduced_motion(None)


def wheel(canvas: Canvas, steps: int) -> None:
    """Turns the mouse wheel over the middle of the canvas."""
    port = canvas.view.viewport()
    at = port.rect().center()
    turned = QWheelEvent(
        at,
        port.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(port, turned)


def resized(qtbot: QtBot, canvas: Canvas, width: int, height: int) -> None:
    canvas.resize(width, height)
    qtbot.waitUntil(lambda: canvas.view.width() == width)


def test_all_stays_in_sight_while_the_window_grows(qtbot: QtBot, canvas: Canvas) -> None:
    resized(qtbot, canvas, 700, 500)
    small = canvas.zoom
    assert canvas.view.visible().contains(canvas.scene.content())
    resized(qtbot, canvas, 1300, 900)
    assert canvas.zoom > small
    assert canvas.view.visible().contains(canvas.scene.content())
    resized(qtbot, canvas, 4000, 3000)
    assert canvas.zoom == 1.0


def test_who_looks_closer_is_left_alone(qtbot: QtBot, canvas: Canvas) -> None:
    wheel(canvas, 2)
    before = canvas.zoom
    resized(qtbot, canvas, 1900, 1100)
    assert canvas.zoom == before
    QTest.mouseClick(canvas.findChild(ZoomBar).findChildren(IconButton)[2], LEFT)  # fit
    resized(qtbot, canvas, 1000, 700)
    assert canvas.view.visible().contains(canvas.scene.content())
    QTest.mouseClick(canvas.findChild(Minimap), LEFT, pos=QPoint(20, 20))
    before = canvas.zoom
    resized(qtbot, canvas, 1900, 1100)
    assert canvas.zoom == before


def test_what_was_edited_does_not_move_away(
    qtbot: QtBot, canvas: Canvas, hand: Hand, document: Document
) -> None:
    del document  # it does what the canvas asks for
    canvas.fit()
    hand.drag(hand.body("send"), hand.body("send") + QPointF(60, 40))
    before, middle = canvas.zoom, canvas.view.visible().center()
    for width in (1100, 1099, 1098, 1097, 700, 1500):
        resized(qtbot, canvas, width, 800)
        assert canvas.zoom == before
        assert (canvas.view.visible().center() - middle).manhattanLength() < 3


def test_a_workflow_is_fitted_as_far_as_it_can_be_read_and_whole_on_demand(
    qtbot: QtBot, canvas: Canvas
) -> None:
    canvas.keep_readable(0.53)
    resized(qtbot, canvas, 420, 320)
    canvas.fit()
    assert canvas.zoom == 0.53
    canvas.fit_whole()
    assert canvas.zoom < 0.45
    small = canvas.zoom
    resized(qtbot, canvas, 380, 320)
    assert canvas.zoom < small


def test_zoom_glides_where_things_may_move(qtbot: QtBot, canvas: Canvas) -> None:
    canvas.view.set_zoom(1.0)
    seen: list[float] = []
    canvas.view.zoom_changed.connect(seen.append)
    canvas.glide_to(2.0)
    canvas._gliding.pause()  # its clock stands: a busy machine might see nothing between beginning and end
    for milliseconds in (60, 120):
        canvas._gliding.setCurrentTime(milliseconds)
    canvas._gliding.resume()
    qtbot.waitUntil(lambda: canvas.zoom == 2.0)
    assert seen == sorted(seen)
    assert len(set(seen)) > 2


def test_the_minimap_goes_there(canvas: Canvas) -> None:
    minimap = canvas.findChild(Minimap)
    assert minimap.accessibleName() == "7 steps · 8 links"
    canvas.view.set_zoom(2.0)
    before = canvas.view.visible().center()
    QTest.mouseClick(minimap, LEFT, pos=QPoint(minimap.width() - 16, 40))
    assert canvas.view.visible().center().x() > before.x() + 200


def test_the_run_bar_makes_way_for_the_zoom_bar(canvas: Canvas) -> None:
    bar = QWidget()
    bar.setFixedSize(300, 38)
    canvas.set_run_bar(bar)
    bar.show()
    zoom = canvas.findChild(ZoomBar)
    for width in (1500, 520, 330):
        canvas.resize(width, 700)
        assert not bar.geometry().intersects(zoom.geometry())
        assert canvas.rect().contains(bar.geometry())


def test_a_node_that_is_named_is_shown(canvas: Canvas) -> None:
    canvas.view.set_zoom(0.1)
    canvas.show_node("send")
    assert canvas.selection == only("nodes", "send")
    assert canvas.zoom == 1.0
    assert canvas.view.visible().contains(canvas.scene.nodes["send"].area)


def test_tooltips_say_what_a_thing_is_and_what_is_wrong_with_it(canvas: Canvas) -> None:
    scene = canvas.scene
    node = scene.nodes["order"]
    assert tip_for(scene, Hit(node=node, part="output", port="found")) == "Order: record"
    canvas.show_run(run_state())
    assert tip_for(scene, Hit(node=node, part="badge")) == "Done"
    broken = scene.edges[edge("draft.text", "check.value").id]
    canvas.show_problems([Problem("odd", node="order"), Problem("odder", edge=broken.id)])
    assert tip_for(scene, Hit(node=node, part="badge")) == "problem.odd"
    assert tip_for(scene, Hit(edge=broken)) == "problem.odder"
    assert tip_for(scene, Hit()) == ""
