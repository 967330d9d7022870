"""The library and the add popup by hand: search in both languages, keys, clicks, drags."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import texts
from app.registry.discovery import discover
from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.canvas.interactions.drop import MIME
from app.ui.palette.add_popup import AddPopup
from app.ui.palette.entries import GROUPS, Entry, entries, search
from app.ui.palette.entry_list import ENTRY
from app.ui.palette.entry_row import words_room
from app.ui.palette.library import Library

REGISTRY = discover()
ALL = entries(REGISTRY.specs)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def _look(qapp: object) -> Iterator[None]:
    del qapp  # it only has to be there
    appearance().set_language("en")
    yield
    texts.set_language("en")


@pytest.fixture
def library(qtbot: QtBot) -> Library:
    made = Library(REGISTRY.specs, "Ctrl+K")
    qtbot.addWidget(made)
    made.resize(256, 800)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def rows(library: Library | AddPopup) -> list[str]:
    model = library.list.model()
    return [str(model.index(at, 0).data()) for at in range(model.rowCount())]


def test_every_type_and_preset_stands_in_its_group(library: Library) -> None:
    shown = rows(library)
    groups = [name for name in shown if name in ("Start and finish", "Models", "Checks", "Tools and logic")]
    assert groups == ["Start and finish", "Models", "Checks", "Tools and logic"]
    for spec in REGISTRY.specs:
        titles = [preset.title for preset in spec.type.presets] + (
            [] if spec.type.hidden else [spec.type.title]
        )
        assert set(titles) <= set(shown)
    assert "Text model" not in shown  # only its presets stand there


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("strong", "Strong model"),
        ("web", "Web request"),
        ("csv", "Read table"),
        ("强模型", "Strong model"),
        ("网页", "Web request"),
        ("clsfy", "Classify intent"),
        ("read table", "Read table"),
    ],
)
def test_steps_are_found_in_both_languages_and_with_letters_missing(words: str, first: str) -> None:
    assert next(entry.title for entry in search(ALL, words)) == first


def test_a_good_find_keeps_guesses_away() -> None:
    assert [entry.title for entry in search(ALL, "web")] == ["Web request"]


@given(st.text(max_size=12))
def test_a_search_only_leaves_out(words: str) -> None:
    found = search(ALL, words)
    ids = [entry.id for entry in found]
    assert set(ids) <= {entry.id for entry in ALL}
    assert len(ids) == len(set(ids))


@given(st.sampled_from(ALL))
def test_every_step_is_found_by_its_title_and_summary(entry: Entry) -> None:
    assert entry in search(ALL, entry.title)
    assert entry in search(ALL, entry.summary)
    assert search(ALL, entry.title)[0].title.startswith(entry.title)
    assert entry.group in GROUPS


def test_words_arrows_and_enter_add_a_step(library: Library, qtbot: QtBot) -> None:
    library.search.setFocus()
    QTest.keyClicks(QApplication.focusWidget(), "model")
    current = library.list.current()
    assert current is not None
    QTest.keyClick(library.search, Qt.Key.Key_Down)
    second = library.list.current()
    assert second is not None
    assert second.id != current.id
    assert library.search.hasFocus()
    with qtbot.waitSignal(library.picked) as picked:
        QTest.keyClick(library.search, Qt.Key.Key_Return)
    assert picked.args == [second.id]


def test_arrows_walk_from_the_search_through_all_groups(library: Library) -> None:
    library.search.setFocus()
    QTest.keyClick(library.search, Qt.Key.Key_Down)
    assert library.list.hasFocus()
    seen: list[str] = []
    for _ in range(len(ALL)):
        current = library.list.current()
        assert current is not None
        seen.append(current.id)
        QTest.keyClick(library.list, Qt.Key.Key_Down)
    assert seen == [entry.id for entry in ALL]


def test_a_double_click_adds(library: Library, qtbot: QtBot) -> None:
    library.list.set_current("verifier.check")
    where = library.list.visualRect(library.list.currentIndex()).center()
    QTest.mouseClick(library.list.viewport(), LEFT, pos=where)
    with qtbot.waitSignal(library.picked) as picked:
        QTest.mouseDClick(library.list.viewport(), LEFT, pos=where)
    assert picked.args == ["verifier.check"]


def test_escape_empties_the_search(library: Library) -> None:
    library.search.setFocus()
    QTest.keyClicks(library.search, "zzz")
    assert not library._nothing.isHidden()
    QTest.keyClick(library.search, Qt.Key.Key_Escape)
    assert library._nothing.isHidden()
    assert len(rows(library)) == len(ALL) + len(GROUPS)


def test_what_is_dragged_is_what_the_canvas_takes(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    dragged: list[bytes] = []

    def exec_(drag: object, *_: object) -> Qt.DropAction:
        dragged.append(bytes(drag.mimeData().data(MIME).data()))  # type: ignore[attr-defined]
        assert not drag.pixmap().isNull()  # type: ignore[attr-defined]
        return Qt.DropAction.CopyAction

    # Only a person's mouse can end a real drag, so its last step is taken over here.
    monkeypatch.setattr("app.ui.palette.entry_list.QDrag.exec", exec_)
    library.list.set_current("model.text#strong")
    library.list.startDrag(Qt.DropAction.CopyAction)
    assert dragged == [b"model.text#strong"]


def test_headings_are_not_picked(library: Library) -> None:
    told: list[str] = []
    library.picked.connect(told.append)
    QTest.mouseDClick(
        library.list.viewport(), LEFT, pos=library.list.visualRect(library.list.model().index(0, 0)).center()
    )
    assert told == []


def test_another_language_is_shown_at_once(library: Library) -> None:
    appearance().set_language("zh-CN")
    assert "强模型" in rows(library)
    assert library._title.text() == "步骤"


# --- the popup -----------------------------------------------------------------------------------------------


@pytest.fixture
def popup(qtbot: QtBot) -> AddPopup:
    made = AddPopup()
    qtbot.addWidget(made)
    return made


def test_the_popup_offers_what_fits_and_enter_takes_the_first(popup: AddPopup, qtbot: QtBot) -> None:
    closed: list[bool] = []
    popup.closed.connect(lambda: closed.append(True))
    popup.open_at(QPoint(50, 50), REGISTRY.specs, lambda spec: spec.type.category == "checks")
    qtbot.waitUntil(popup.isVisible)
    shown = [
        row.id
        for at in range(popup.list.model().rowCount())
        if isinstance(row := popup.list.model().index(at, 0).data(ENTRY), Entry)
    ]
    assert shown
    assert all(entry.startswith(("verifier", "human")) for entry in shown)
    with qtbot.waitSignal(popup.picked) as picked:
        QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert picked.args == [shown[0]]
    assert closed == []


def test_the_popup_takes_a_click(popup: AddPopup, qtbot: QtBot) -> None:
    popup.open_at(QPoint(50, 50), REGISTRY.specs)
    qtbot.waitUntil(popup.isVisible)
    popup.list.set_current("verifier.check")
    popup.list.scrollTo(popup.list.currentIndex())
    with qtbot.waitSignal(popup.picked) as picked:
        QTest.mouseClick(
            popup.list.viewport(), LEFT, pos=popup.list.visualRect(popup.list.currentIndex()).center()
        )
    assert picked.args == ["verifier.check"]


def test_closing_the_popup_says_so(popup: AddPopup, qtbot: QtBot) -> None:
    popup.open_at(QPoint(50, 50), REGISTRY.specs)
    qtbot.waitUntil(popup.isVisible)
    with qtbot.waitSignal(popup.closed):
        popup.close()


def test_nothing_that_fits_is_said(popup: AddPopup, qtbot: QtBot) -> None:
    popup.open_at(QPoint(50, 50), REGISTRY.specs, lambda _spec: False)
    qtbot.waitUntil(popup.isVisible)
    assert popup._nothing.text() == "No step fits here. Try another word."
    told: list[str] = []
    popup.picked.connect(told.append)
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert told == []


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_one_line_fits_into_the_library_at_its_usual_width(library: Library, language: str) -> None:
    appearance().set_language(language)
    model = library.list.model()
    cut: list[str] = []
    for row in range(model.rowCount()):
        index = model.index(row, 0)
        entry = index.data(ENTRY)
        if isinstance(entry, Entry):
            room = words_room(library.list.visualRect(index).width())
            if fonts.metrics(fonts.SMALL, language).horizontalAdvance(entry.summary) > room:
                cut.append(entry.summary)
    assert not cut
