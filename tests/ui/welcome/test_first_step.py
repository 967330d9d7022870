"""The empty canvas: a sentence finds templates and steps, and a press or Enter takes one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.document.workflow import Graph, Node
from app.registry.discovery import discover
from app.ui.appearance import appearance
from app.ui.canvas.empty_hint import EmptyHint
from app.ui.session import Place
from app.ui.welcome.examples import examples
from app.ui.welcome.first_step import FirstStep
from app.ui.welcome.fitting import fitting
from tests.ui.window.conftest import Desk, desk, loop
from tests.ui.window.small_flow import saved, template_flow

__all__ = ["desk", "loop"]


@pytest.fixture(params=["en", "zh-CN"])
def language(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[str]:
    appearance().set_language(request.param)
    yield request.param
    appearance().set_language("en")


SENTENCES = {
    "en": {
        "Sort my messages by what they are about": "sort-the-inbox",
        "take the total out of each invoice": "invoice-to-table",
        "sum up a web page": "page-to-summary",
    },
    "zh-CN": {"把发票里的金额放进表格": "invoice-to-table", "读取网页并生成摘要": "page-to-summary"},
}


def test_a_sentence_finds_the_template_that_does_it(language: str) -> None:
    for sentence, stem in SENTENCES[language].items():
        assert fitting(sentence, discover()).templates[0].stem == stem, sentence


def test_words_that_fit_nothing_find_nothing() -> None:
    assert not fitting("zzzz qqqq", discover())
    assert not fitting("and then it is", discover())
    assert "human.ask_person" in [entry.id for entry in fitting("ask a person first", discover()).steps]


def test_it_offers_templates_then_what_fits_and_enter_takes_the_best(qtbot: QtBot) -> None:
    first = FirstStep(discover())
    qtbot.addWidget(first)
    taken: list[object] = []
    first.example.connect(taken.append)
    with qtbot.waitExposed(first):
        first.show()
    assert len(first.picks) == len(examples(discover())) == 6
    QTest.keyClick(first.sentence, Qt.Key.Key_Return)
    assert taken == [], "nothing was asked for yet"
    QTest.keyClicks(first.sentence, "sum up a web page")
    QTest.keyClick(first.sentence, Qt.Key.Key_Return)
    assert [path.name for path in taken] == ["page-to-summary.baton.json"]
    QTest.keyClick(first.sentence, Qt.Key.Key_Escape)
    assert len(first.picks) == 6
    QTest.keyClicks(first.sentence, "zzzz")
    assert first._note.text().startswith("Nothing fits")


def test_the_keys_go_from_the_box_to_the_picks(desk: Desk) -> None:
    first = desk.window.first
    assert first.isVisible()
    first.sentence.setFocus()
    QTest.keyClick(first.sentence, Qt.Key.Key_Down)
    assert first.picks[0].hasFocus()
    QTest.keyClick(first.picks[0], Qt.Key.Key_Right)
    assert first.picks[1].hasFocus()


def test_a_press_opens_a_copy_a_file_or_adds_a_step(desk: Desk, tmp_path: Path) -> None:
    window = desk.window

    async def press(row: object) -> None:
        QTest.mouseClick(row, Qt.MouseButton.LeftButton)  # type: ignore[call-overload]

    box = window.first.sentence
    place = box.mapTo(window, QPoint())
    QTest.keyClicks(box, "ask a person first")
    QApplication.processEvents()
    assert box.mapTo(window, QPoint()) == place, "it stays where it is while somebody types"
    row = next(pick for pick in window.first.picks if pick.accessibleName().startswith("Ask a person,"))
    desk.run(press(row))
    assert [node.type for node in window.session.workflow.graph.nodes.values()] == ["human.ask_person"]
    assert not window.first.isVisible()
    window.session.undo_stack.undo()
    assert window.first.isVisible()
    assert (box.text(), len(window.first.picks)) == ("", 6), "an empty canvas starts anew"
    window.first.show_recent([saved(template_flow(), tmp_path)])
    file = next(r for r in window.first.findChildren(type(row)) if r.accessibleName().startswith("flow,"))
    desk.run(press(file))
    desk.wait(lambda: window.session.place.path is not None)
    assert window.session.workflow.name == "Small flow"


def test_it_leaves_where_there_is_no_room_and_inside_of_a_frame(desk: Desk) -> None:
    window = desk.window
    window.panels.show_panel("runs", True)
    window.resize(1600, 600)
    QApplication.processEvents()
    assert window.canvas.findChild(EmptyHint).isVisible()
    assert not window.first.isVisible()
    window.panels.show_panel("runs", False)
    window.resize(1600, 1000)
    QApplication.processEvents()
    assert window.first.isVisible()
    framed = replace(template_flow(), graph=Graph({"each": Node("each", "flow.for_each", body=Graph())}))
    window.session.open(framed, Place())
    window.canvas.open_level("each")
    assert window.canvas.findChild(EmptyHint).isVisible()
    assert not window.first.isVisible()
