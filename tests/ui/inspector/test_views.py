"""Views of values: what fits which, the rest on demand, and data that stays data."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.document.problem import Problem, ProblemError
from app.document.workflow import Json
from app.events.run_events import Preview
from app.ui.inspector.reference_drag import MIME, from_mime
from app.ui.inspector.views.json_view import JsonView
from app.ui.inspector.views.plain_view import PlainView
from app.ui.inspector.views.read_view import ReadView
from app.ui.inspector.views.shape import views_for
from app.ui.inspector.views.value_view import ValueView
from tests.ui.inspector.world import MESSAGE, shown


async def until(condition: Callable[[], object]) -> None:
    """Lets Qt and asyncio work until something holds."""
    async with asyncio.timeout(60):
        while not condition():
            QApplication.processEvents()
            await asyncio.sleep(0.002)


@pytest.mark.parametrize(
    ("value", "first"),
    [
        ([{"a": 1}], "table"),
        ([1, 2], "preview"),
        ({"a": 1}, "preview"),
        ("words", "preview"),
        (3, "text"),
        (None, "text"),
        ([], "preview"),
    ],
)
def test_the_view_that_says_most_comes_first(value: Json, first: str) -> None:
    assert views_for(value)[0] == first


async def test_the_rest_is_fetched_when_somebody_looks(qtbot: QtBot) -> None:
    asked: list[str] = []

    async def fetch(reference: str) -> Json:
        asked.append(reference)
        await asyncio.sleep(0)
        return [{"n": at} for at in range(300)]

    view = ValueView(fetch)
    view.show_preview(Preview('[{"n": 0}, {"n"', "table", 300, "r1"))
    assert asked == []  # nobody looks yet
    window = shown(qtbot, view)
    assert view.value() == '[{"n": 0}, {"n"'
    assert "on its way" in view._facts.text()
    await until(lambda: view.value() != '[{"n": 0}, {"n"')
    assert asked == ["r1"]
    assert view._stack.currentWidget().model().rowCount() == 300  # type: ignore[union-attr]
    assert view._facts.text() == "table · 300 rows"
    view._to_clipboard()
    assert QGuiApplication.clipboard().text().startswith("[")
    window.close()


async def test_a_value_that_is_gone_says_so_and_can_be_asked_again(qtbot: QtBot) -> None:
    answers: list[Json | Problem] = [Problem("run.value_gone"), "all of it"]

    async def fetch(_reference: str) -> Json:
        answer = answers.pop(0)
        if isinstance(answer, Problem):
            raise ProblemError(answer)
        return answer

    view = ValueView(fetch)
    window = shown(qtbot, view)
    view.show_preview(Preview("all", "text", 9, "r1"))
    await until(view._fault.text)
    assert view.value() == "all"
    QTest.mouseClick(view._again, Qt.MouseButton.LeftButton)
    await until(lambda: view.value() == "all of it")
    assert view._fault.text() == ""
    window.close()


async def test_a_late_answer_to_an_older_question_is_dropped(qtbot: QtBot) -> None:
    first: asyncio.Future[Json] = asyncio.get_running_loop().create_future()

    async def fetch(reference: str) -> Json:
        return await first if reference == "old" else "new and whole"

    view = ValueView(fetch)
    window = shown(qtbot, view)
    view.show_preview(Preview("old", "text", 99, "old"))
    view.show_preview(Preview("new", "text", 99, "new"))
    await until(lambda: view.value() == "new and whole")
    first.cancel()
    assert view.value() == "new and whole"
    window.close()


def test_the_chosen_view_stays_while_it_fits(qtbot: QtBot) -> None:
    view = ValueView(None)
    _window = shown(qtbot, view)
    view.show_preview(Preview('{"a": 1}', "record", 1))
    view._switch.setFocus()
    QTest.keyClick(view._switch, Qt.Key.Key_Right)
    assert view._view == "json"
    view.show_preview(Preview('{"a": 2}', "record", 1))
    assert view._view == "json"
    view.show_preview(Preview("words", "text", 5))
    assert view._view == "preview"


HOSTILE = '<img src="file:///etc/passwd"><b>bold</b>\n\n![x](file:///etc/passwd) [go](https://evil.example/) \u202eevil'


def test_markup_in_data_loads_and_runs_nothing(qtbot: QtBot) -> None:
    view = ReadView()
    _window = shown(qtbot, view)
    view.show_value(HOSTILE, "text")
    QApplication.processEvents()
    assert "<img" in view.toPlainText()
    assert "⟨202E⟩" in view.toPlainText()
    assert view.openLinks() is False


def test_plain_text_shows_what_hides() -> None:
    view = PlainView()
    view.show_value(HOSTILE, "text")
    assert "⟨202E⟩" in view.toPlainText()
    assert view.isReadOnly()


def test_a_verdict_says_its_reasons_in_words() -> None:
    view = ReadView()
    reasons = [{"code": "nobody.knows", "verdict": "failed", "args": {"got": "<b>x</b>"}}]
    view.show_value({"verdict": "failed", "score": 0.25, "reasons": reasons}, "verdict")
    words = view.toPlainText()
    assert "Score 0.25" in words
    assert "nobody.knows (got: <b>x</b>)" in words


def test_parts_of_a_tree_can_be_dragged(qtbot: QtBot) -> None:
    tree = JsonView()
    _window = shown(qtbot, tree)
    tree.set_source(MESSAGE)
    tree.show_value({"customer": {"name": "Mia"}, "items": list(range(450))}, "record")
    customer = tree.topLevelItem(0)
    assert customer is not None
    customer.setExpanded(True)
    name = customer.child(0)
    data = tree.mimeData([name])
    assert data.hasFormat(MIME)
    source = from_mime(data, [MESSAGE])
    assert source is not None
    assert source.reference == "{{message.customer.name}}"


def test_long_lists_come_in_pieces(qtbot: QtBot) -> None:
    tree = JsonView()
    _window = shown(qtbot, tree)
    tree.show_value({"items": list(range(450))}, "record")
    items = tree.topLevelItem(0)
    assert items is not None
    items.setExpanded(True)
    assert items.childCount() == 201
    more = items.child(200)
    assert more.text(0) == "250 more: double-click to show"
    tree.scrollToItem(more)
    tree.setCurrentItem(more)
    QTest.mouseDClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=tree.visualItemRect(more).center())
    assert items.childCount() == 401
