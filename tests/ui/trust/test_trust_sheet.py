"""The trust sheet by hand: nothing is allowed at first, what is allowed is exactly what was chosen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from app import texts
from app.document.workflow import Edge, Graph, Node, PortRef, Workflow
from app.planner.sheet import sheet
from app.registry.discovery import discover
from app.sdk.grants import Grants
from app.ui.appearance import appearance
from app.ui.trust.facts import TrustFacts
from app.ui.trust.row_frame import RowFrame
from app.ui.trust.trust_sheet import Review, TrustSheet
from tests.ui.fit import clipped
from tests.ui.inspector.world import SHELF

REGISTRY = discover()
FOLDER = Path("/home/mia/Downloads")
LEFT = Qt.MouseButton.LeftButton


def node(name: str, kind: str, title: str = "", **fields: Any) -> Node:
    return Node(name, kind, title=title, fields=fields)


def workflow(*nodes: Node, links: str = "") -> Workflow:
    """`links`: "read.text>model.a model.text>post.body"."""
    pairs = [pair.split(">") for pair in links.split()]
    edges = tuple(Edge(PortRef(*a.split(".")), PortRef(*b.split("."))) for a, b in pairs)
    return Workflow("w", "<b>Lead</b> research", graph=Graph({one.id: one for one in nodes}, edges))


READ = node("read", "data.read_file", "Read contract", path="leads.csv")
KEY = node("key", "data.read_file", "Read key", path="/home/mia/.ssh/id_rsa")
ANY = node("any", "data.read_file", "Read some", path="{{name}}")
PAGE = node("page", "tool.web_request", "Read web page", url="https://news.example.com/")
MODEL = node("model", "model.text", "Score", prompt="{{a}} {{b}}", model={"role": "small"})
CALL = node("call", "tool.web_request", "Call back", url="{{where}}")
POST = node(
    "post",
    "tool.web_request",
    "Send to sheet",
    url="https://openai-login.example/x",
    connection={"connection": "Her CRM", "kind": "web_api"},
)
SAVE = node("save", "data.write_file", "Save", path="out.txt")
ODD = node("odd", "nobody.knows", "Strange")
MIX = "read.text>model.a page.body>model.b model.text>call.where model.text>post.body"


@pytest.fixture(autouse=True)
def _look(qapp: object) -> Iterator[None]:
    del qapp  # it only has to be there
    appearance().set_language("en")
    yield
    texts.set_language("en")


class Hand:
    """A sheet over a window, and a hand."""

    def __init__(self, qtbot: QtBot, shown: Workflow) -> None:
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.window.resize(1200, 800)
        self.window.show()
        facts = TrustFacts(shown, REGISTRY.get, SHELF, FOLDER)
        self.sheet = TrustSheet(sheet(shown, REGISTRY), facts, self.window)
        self.decided: list[Review] = []
        self.sheet.decided.connect(self.decided.append)
        with qtbot.waitExposed(self.sheet):
            self.sheet.show()
        self.sheet.activateWindow()
        qtbot.waitUntil(self.sheet.isActiveWindow)

    def row(self, kind: str) -> RowFrame:
        return self.sheet.row(kind)  # type: ignore[arg-type]

    def open(self, kind: str) -> RowFrame:
        row = self.row(kind)
        if not row.is_open:
            QTest.mouseClick(row, LEFT, pos=QPoint(200, 20))
        assert row.is_open
        return row

    def press(self, button: Any) -> None:
        QTest.mouseClick(button, LEFT)


def test_nothing_is_allowed_at_first(qtbot: QtBot) -> None:
    hand = Hand(qtbot, workflow(READ, PAGE, POST, SAVE, MODEL))
    assert hand.sheet.grants() == Grants(max_cost=Decimal("1.00"))


def test_cancel_has_focus_and_enter_and_grants_nothing(qtbot: QtBot) -> None:
    hand = Hand(qtbot, workflow(PAGE))
    assert QApplication.focusWidget() is hand.sheet.cancel
    QTest.keyClick(hand.sheet.cancel, Qt.Key.Key_Return)
    assert not hand.sheet.isVisible()
    assert hand.decided == []


def test_escape_grants_nothing(qtbot: QtBot) -> None:
    hand = Hand(qtbot, workflow(PAGE))
    QTest.keyClick(hand.sheet, Qt.Key.Key_Escape)
    assert not hand.sheet.isVisible()
    assert hand.decided == []


def test_from_now_on_waits_until_every_row_was_opened(qtbot: QtBot) -> None:
    hand = Hand(qtbot, workflow(READ, PAGE, SAVE))
    assert hand.sheet.once.isEnabled()
    for row in hand.sheet.rows:
        assert not hand.sheet.keep.isEnabled()
        row.setFocus()
        QTest.keyClick(row, Qt.Key.Key_Space)
        assert row.is_open
    assert sum(row.is_open for row in hand.sheet.rows) == 1  # one at a time
    assert hand.sheet.keep.isEnabled()
    hand.press(hand.sheet.keep)
    assert hand.decided == [Review(Grants(max_cost=Decimal("1.00")), from_now_on=True)]


def test_what_is_switched_on_is_what_is_granted(qtbot: QtBot) -> None:
    hand = Hand(qtbot, workflow(READ, KEY, PAGE, SAVE, MODEL))
    key, read = hand.open("reads").lines
    assert "/home/mia/.ssh/id_rsa" in key.item.target
    hand.press(read.switch)
    hand.press(hand.open("sends").lines[0].switch)
    hand.press(hand.open("writes").lines[0].switch)
    hand.press(hand.open("models").lines[0].switch)
    hand.press(hand.sheet.once)
    assert hand.decided == [
        Review(
            Grants(
                hosts=frozenset({"news.example.com"}),
                reads=frozenset({str(FOLDER / "leads.csv")}),
                writes=frozenset({str(FOLDER / "out.txt")}),
                models=frozenset({"small"}),
                max_cost=Decimal("1.00"),
            ),
            from_now_on=False,
        )
    ]


def test_what_is_switched_off_again_is_not_granted(qtbot: QtBot) -> None:
    hand = Hand(qtbot, workflow(PAGE))
    switch = hand.open("sends").lines[0].switch
    hand.press(switch)
    hand.press(switch)
    assert hand.sheet.grants().hosts == frozenset()


def test_a_dangerous_row_has_no_switch_for_all(qtbot: QtBot) -> None:
    hand = Hand(qtbot, workflow(READ, KEY, PAGE, POST))
    assert hand.row("reads")._all.isHidden()
    assert hand.row("sends")._all.isHidden()


def test_a_harmless_row_of_several_has_one(qtbot: QtBot) -> None:
    hand = Hand(qtbot, workflow(PAGE, replace(PAGE, id="two", fields={"url": "https://two.example.com"})))
    hand.press(hand.row("sends")._all)
    assert hand.sheet.grants().hosts == {"news.example.com", "two.example.com"}


def test_a_connection_is_matched_by_hand(qtbot: QtBot) -> None:
    hand = Hand(qtbot, workflow(POST))
    (line,) = hand.row("connections").lines
    offered = [line.choices.itemText(at) for at in range(line.choices.count())]
    assert offered[0] == "Not allowed"
    assert "Her CRM" not in offered  # the file's wish isn't preset
    line.choices.setFocus()
    while line.choices.currentText() != "CRM":
        QTest.keyClick(line.choices, Qt.Key.Key_Down)
    assert hand.sheet.grants().connections == {"Her CRM": "CRM"}


def test_a_folder_is_chosen_for_what_data_decides(qtbot: QtBot, tmp_path: Path) -> None:
    hand = Hand(qtbot, workflow(ANY))
    (line,) = hand.open("reads").lines
    assert line.control == "folder"
    assert hand.sheet.grants().reads == frozenset()
    line.take_folder(str(tmp_path))
    assert hand.sheet.grants().reads == {str(tmp_path)}


def test_an_address_decided_while_running_can_be_allowed_only_where_nothing_mixes(qtbot: QtBot) -> None:
    hand = Hand(qtbot, workflow(CALL))
    hand.press(hand.open("sends").lines[0].switch)
    assert hand.sheet.grants().any_host
    mixed = Hand(qtbot, workflow(READ, PAGE, MODEL, CALL, POST, links=MIX))
    assert mixed.sheet.rows[0].row.kind == "mixes"
    line = next(one for one in mixed.open("sends").lines if one.item.target == "*")
    assert line.control == "none"
    assert not mixed.sheet.grants().any_host


def test_the_limit_has_to_be_an_amount(qtbot: QtBot) -> None:
    hand = Hand(qtbot, workflow(MODEL))
    cost = hand.row("cost").cost
    assert cost is not None
    cost.field.setFocus()
    cost.field.selectAll()
    QTest.keyClicks(cost.field, "much")
    assert not hand.sheet.once.isEnabled()
    assert "amount" in hand.sheet._hint.text()
    cost.field.selectAll()
    QTest.keyClicks(cost.field, "0,25")
    assert hand.sheet.once.isEnabled()
    assert hand.sheet.grants().max_cost == Decimal("0.25")


def test_the_sheet_speaks_of_facts_in_plain_text(qtbot: QtBot) -> None:
    hand = Hand(qtbot, workflow(READ, PAGE, MODEL, CALL, POST, ODD, links=MIX))
    labels = hand.sheet.findChildren(QLabel)
    assert all(label.textFormat() == Qt.TextFormat.PlainText or not label.text() for label in labels)
    words = " ".join(label.text() for label in labels)
    assert "<b>Lead</b> research" in words
    assert "“Read contract” is private, “Read web page” is text by strangers" in words
    assert "looks like openai.com" in words
    assert "Strange" in words
    assert "trust." not in words


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_no_text_is_cut_off(qtbot: QtBot, language: str) -> None:
    appearance().set_language(language)
    hand = Hand(qtbot, workflow(READ, KEY, ANY, PAGE, MODEL, CALL, POST, SAVE, ODD, links=MIX))
    for row in hand.sheet.rows:
        row.set_open(True)
        qtbot.waitUntil(lambda: not clipped(hand.sheet))


def test_the_window_behind_is_darkened_while_the_sheet_is_there(qtbot: QtBot) -> None:
    hand = Hand(qtbot, workflow(PAGE))
    veil = hand.sheet._veil
    assert veil is not None
    assert veil.isVisible()
    assert veil.size() == hand.window.size()
    hand.press(hand.sheet.cancel)
    assert not veil.isVisible()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            QApplication.processEvents()
            await asyncio.sleep(0.002)


async def test_a_review_is_awaited(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.show()
    shown = workflow(PAGE)
    made = TrustSheet(sheet(shown, REGISTRY), TrustFacts(shown, REGISTRY.get, SHELF, FOLDER), window)
    waiting = asyncio.get_running_loop().create_task(made.review())
    await until(made.isVisible)
    QTest.mouseClick(made.once, LEFT)
    review = await waiting
    assert review is not None
    assert not review.from_now_on
