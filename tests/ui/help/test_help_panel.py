"""The panel of Help: pages in our look, links and search, both languages, and nothing fetched or run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.guide.library import Library, Place, library
from app.guide.order import INDEX
from app.guide.search import Hit
from app.texts import LANGUAGES
from app.ui.appearance import appearance
from app.ui.help.help_panel import HelpPanel
from app.ui.help.help_view import HelpView
from app.ui.help.page_dress import blocks, is_code

CLI = "reference/command-line"
CASCADE = "reference/steps/model.cascade"


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[HelpPanel]:
    appearance().set_mode("dark")
    made = HelpPanel()
    qtbot.addWidget(made)
    made.resize(420, 800)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    appearance().set_language("en")
    appearance().set_mode("dark")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_read_without_its_marks(language: str, qtbot: QtBot) -> None:
    """Chinese signs beside stars easily keep Markdown from seeing what they mean."""
    view = HelpView()
    qtbot.addWidget(view)
    left: list[str] = []
    for page in sorted(library(language).names):
        view.show_page(library(language).read(page))
        said = [block.text() for block in blocks(view.document()) if not is_code(block)]
        left += [f"{page}: {words}" for words in said if any(mark in words for mark in ("**", "`", "]("))]
    assert left == []


def test_tags_are_text_and_nothing_is_fetched(qtbot: QtBot) -> None:
    view = HelpView()
    qtbot.addWidget(view)
    page = '# A\n\n<b>bold</b> <img src="http://127.0.0.1:9/x.png"> ![p](http://127.0.0.1:9/p.png)\n\n<script>x</script>\n'
    view.show_page(page)
    said = view.toPlainText()
    assert "<b>bold</b>" in said
    assert "<script>x</script>" in said


def test_a_link_opens_its_page_at_its_heading_and_back_returns(panel: HelpPanel) -> None:
    panel.open(Place("reference/problems"))
    panel.view.anchorClicked.emit(QUrl("problems/runs.md#runtime_limit"))
    assert panel.place == Place("reference/problems/runs", "runtime_limit")
    assert panel.view.verticalScrollBar().value() > 0
    panel.back.click()
    assert panel.place == Place("reference/problems")
    panel.on.click()
    assert panel.place.page == "reference/problems/runs"
    assert not panel.on.isEnabled()


@pytest.mark.parametrize(
    "link", ["https://example.com/", "file:///etc/passwd", "../../../README.md", "nothing.md"]
)
def test_a_link_out_of_help_does_nothing(panel: HelpPanel, link: str) -> None:
    panel.open(Place(CLI))
    before = panel.view.toPlainText()
    panel.view.anchorClicked.emit(QUrl(link))
    assert panel.place == Place(CLI)
    assert panel.view.toPlainText() == before
    assert panel.view.source().isEmpty()


def test_a_search_leads_to_the_place_and_shows_the_words(panel: HelpPanel, qtbot: QtBot) -> None:
    QTest.keyClicks(panel.search, "cheapest first")
    qtbot.waitUntil(panel.hits.isVisible)
    QTest.keyClick(panel.search, Qt.Key.Key_Return)
    assert panel.view.isVisible()
    assert panel.place.page in library("en").names - {INDEX}
    assert panel.view.extraSelections()
    assert panel.search.text() == ""


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("price MODEL", ["model", "price"]),
        ("模型价格", ["价格", "模型"]),
        ("每个模型", ["每个模型"]),
    ],
)
def test_what_is_marked_is_each_word_that_was_found(panel: HelpPanel, query: str, marked: list[str]) -> None:
    panel.view.show_page("# T\n\n😀 The prices of a model, repriced. 每个模型的价格。")
    panel.view.mark(query)
    assert sorted(selection.cursor.selectedText() for selection in panel.view.extraSelections()) == marked


def test_a_search_for_what_no_page_says_says_so(panel: HelpPanel, qtbot: QtBot) -> None:
    QTest.keyClicks(panel.search, "<b>xyzzy</b>")
    qtbot.waitUntil(lambda: panel.hits.currentIndex() == 1)
    QTest.keyClick(panel.search, Qt.Key.Key_Return)
    QTest.keyClick(panel.search, Qt.Key.Key_Escape)
    assert panel.view.isVisible()


def test_letters_are_searched_together_and_a_key_of_the_list_waits_for_none(
    panel: HelpPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    search = Library.search

    def heard(self: Library, query: str, most: int = 40) -> list[Hit]:
        asked.append(query)
        return search(self, query, most)

    monkeypatch.setattr(Library, "search", heard)
    panel.search.setText("cheap")
    panel.search.setText("cheapest first")
    assert asked == []
    QTest.keyClick(panel.search, Qt.Key.Key_Return)
    assert asked == ["cheapest first"]
    assert panel.place.page != INDEX


def test_contents_stand_beside_a_wide_page_and_in_place_of_a_narrow_one(panel: HelpPanel) -> None:
    panel.open(Place(CASCADE))
    assert not panel.contents.isVisible()
    panel.list_contents.click()
    assert panel.contents.isVisible()
    assert not panel.view.isVisible()
    item = panel.contents.currentItem()
    assert item is not None
    assert item.text(0) == "Cascade"
    panel.contents.chosen.emit(CLI)
    assert panel.view.isVisible()
    panel.resize(1100, 800)
    assert panel.contents.isVisible()
    assert panel.view.isVisible()
    panel.resize(420, 800)
    assert not panel.contents.isVisible()


def test_another_language_and_theme_keep_the_page(panel: HelpPanel) -> None:
    panel.open(Place(CASCADE))
    appearance().set_language("zh-CN")
    assert panel.place == Place(CASCADE)
    assert "逐级升级" in panel.view.toPlainText()
    dark = lightness(panel.view)
    appearance().set_mode("light")
    assert dark > 150 > lightness(panel.view)


def lightness(view: HelpView) -> int:
    """Of the heading's ink."""
    drawn = view.document().begin().textFormats()
    return drawn[0].format.foreground().color().lightness()


def test_keys_walk_the_hits_and_escape_closes(panel: HelpPanel, qtbot: QtBot) -> None:
    QTest.keyClicks(panel.search, "limit")
    QTest.keyClick(panel.search, Qt.Key.Key_Down)
    assert panel.hits.list.currentRow() == 1
    QTest.keyClick(panel.search, Qt.Key.Key_Escape)
    with qtbot.waitSignal(panel.closed):
        QTest.keyClick(panel.view, Qt.Key.Key_Escape)
