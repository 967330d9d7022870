"""A shown canvas with the triage workflow, and a hand that does to it what a person does."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app import texts
from app.document.document import Document
from app.document.operations import Operation
from app.document.workflow import Workflow
from app.ui.appearance import appearance
from app.ui.canvas.canvas import Canvas
from tests.ui.canvas.triage import decorated, specs

LEFT = Qt.MouseButton.LeftButton
INTENTS = (
    "operation_requested",
    "connect_requested",
    "replug_requested",
    "fitting_requested",
    "add_requested",
    "palette_requested",
    "menu_requested",
    "open_requested",
    "problem_requested",
    "refused",
)
NONE = Qt.KeyboardModifier.NoModifier


class Hand:
    """Presses, drags and types on a canvas at places of the scene."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.asked: list[tuple[str, tuple[object, ...]]] = []
        for name in INTENTS:
            getattr(canvas.intents, name).connect(self._noter(name))

    def _noter(self, name: str) -> Callable[..., None]:
        return lambda *arguments: self.asked.append((name, arguments))

    def operations(self) -> list[Operation]:
        """The operations that were asked for so far."""
        return [arguments[0] for name, arguments in self.asked if name == "operation_requested"]

    def point(self, at: QPointF) -> QPoint:
        return self.canvas.view.mapFromScene(at)

    def press(self, at: QPointF, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.mousePress(self.canvas.view.viewport(), button, keys, self.point(at))

    def move(self, at: QPointF) -> None:
        QTest.mouseMove(self.canvas.view.viewport(), self.point(at))

    def release(self, at: QPointF, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.mouseRelease(self.canvas.view.viewport(), button, keys, self.point(at))

    def click(self, at: QPointF, keys: Qt.KeyboardModifier = NONE) -> None:
        self.press(at, keys=keys)
        self.release(at, keys=keys)

    def double_click(self, at: QPointF) -> None:
        QTest.mouseDClick(self.canvas.view.viewport(), LEFT, NONE, self.point(at))

    def drag(
        self, start: QPointF, end: QPointF, *, keys: Qt.KeyboardModifier = NONE, drop: bool = True
    ) -> None:
        """Presses at `start` and goes to `end` in a few steps, as a hand does."""
        self.press(start, keys=keys)
        for step in range(1, 5):
            self.move(start + (end - start) * step / 4)
        if drop:
            self.release(end, keys=keys)

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.canvas.view, key, keys)

    # where things are

    def body(self, node: str) -> QPointF:
        """A place on a card that is nothing but card."""
        item = self.canvas.scene.nodes[node]
        return item.area.topLeft() + QPointF(item.anatomy.width / 2, 50)

    def header(self, node: str) -> QPointF:
        return self.canvas.scene.nodes[node].area.topLeft() + QPointF(100, 20)

    def output(self, node: str, port: str) -> QPointF:
        return self.canvas.scene.nodes[node].output_point(port)

    def input(self, node: str, port: str) -> QPointF:
        return self.canvas.scene.nodes[node].input_point(port)


def shown(qtbot: QtBot, workflow: Workflow) -> Canvas:
    canvas = Canvas(specs)
    qtbot.addWidget(canvas)
    canvas.resize(1500, 900)
    canvas.sync(workflow)
    with qtbot.waitExposed(canvas):
        canvas.show()
    # The first fit comes with the first events.
    qtbot.waitUntil(
        lambda: canvas.scene.content().isNull() or canvas.view.visible().contains(canvas.scene.content())
    )
    canvas.view.setFocus()
    return canvas


@pytest.fixture
def canvas(qtbot: QtBot) -> Iterator[Canvas]:
    appearance().set_mode("dark")
    yield shown(qtbot, decorated())
    texts.set_language("en")


@pytest.fixture
def hand(canvas: Canvas) -> Hand:
    return Hand(canvas)


@pytest.fixture
def document(canvas: Canvas) -> Document:
    """A document that does what the canvas asks for, and the canvas that shows it."""
    document = Document(decorated())
    canvas.sync(document.workflow)
    document.listen(lambda _change: canvas.sync(document.workflow))
    canvas.intents.operation_requested.connect(document.apply)
    return document
