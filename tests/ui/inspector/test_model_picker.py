"""The model picker by hand: what it costs, where data goes, what can't be picked and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.adapters.connection import Connection
from app.adapters.shelf import UNREAD_SHELF, FoundLine, ModelLine
from app.sdk.fields import ModelChoice, ModelField
from app.ui.inspector.editors.model_list import spoken
from tests.ui.inspector.world import SHELF, Edits, Here, editor

SMALL = {"role": "small"}


def test_the_closed_field_says_model_price_and_place(qtbot: QtBot) -> None:
    made, _edits = editor(qtbot, ModelField(label="Model"), ModelChoice, SMALL)
    assert made._button.words() == "Small · SmolLM2-135M"
    assert made._facts.text() == "free · your data stays on this computer"
    made.show_value({"connection": "Company Anthropic", "kind": "anthropic", "model": "claude-opus"})
    assert made._facts.text() == (
        "$5.00 in, $25.00 out per million tokens (prices of 18 November 2026) · "
        "your data goes to Anthropic, in the cloud"
    )
    made.show_value({"connection": "Gateway", "kind": "openai_compatible", "model": "llama"})
    assert made._facts.text() == "price unknown · your data goes to gpu.acme.example, in your own network"


def test_a_model_of_unknown_price_can_be_given_one(qtbot: QtBot) -> None:
    made, _edits = editor(qtbot, ModelField(label="Model"), ModelChoice, SMALL)
    assert not made._give.isVisibleTo(made), "it is free"
    made.show_value({"connection": "Company Anthropic", "kind": "anthropic", "model": "claude-opus"})
    assert not made._give.isVisibleTo(made), "it is known"
    made.show_value({"connection": "Gateway", "kind": "openai_compatible", "model": "llama"})
    QTest.mouseClick(made._give, Qt.MouseButton.LeftButton)
    assert isinstance(made.around, Here)
    assert [line.model for line in made.around.priced] == ["llama"]


def test_roles_stand_first_and_keys_pick(qtbot: QtBot) -> None:
    made, edits = editor(qtbot, ModelField(label="Model"), ModelChoice, SMALL)
    QTest.keyClick(made._button, Qt.Key.Key_Down)
    menu = made.menu
    qtbot.waitUntil(menu.isVisible)
    titles = [row.title for row in menu._model.rows if not row.is_heading]
    assert titles == ["Small", "Strong", "SmolLM2-135M", "llama", "claude-opus"]
    QTest.keyClick(menu._list, Qt.Key.Key_Down)
    QTest.keyClick(menu._list, Qt.Key.Key_Return)
    assert edits.told == [({"role": "strong"}, False)]
    assert "No model stands for" in made._fault.text()


def test_a_click_picks_a_model_of_a_connection(qtbot: QtBot) -> None:
    made, edits = editor(qtbot, ModelField(label="Model"), ModelChoice, SMALL)
    QTest.mouseClick(made._button, Qt.MouseButton.LeftButton)
    menu = made.menu
    qtbot.waitUntil(menu.isVisible)
    index = menu._model.index_of(ModelChoice(connection="Company Anthropic", model="claude-opus"))
    menu._list.scrollTo(index)
    QTest.mouseClick(
        menu._list.viewport(), Qt.MouseButton.LeftButton, pos=menu._list.visualRect(index).center()
    )
    assert edits.told == [
        ({"connection": "Company Anthropic", "kind": "anthropic", "model": "claude-opus"}, False)
    ]


def test_what_lacks_an_ability_says_so_and_cannot_be_picked(qtbot: QtBot) -> None:
    made, edits = editor(qtbot, ModelField(label="Model", needs=("tools",)), ModelChoice, SMALL)
    assert "Tools" in made._fault.text()
    QTest.keyClick(made._button, Qt.Key.Key_Down)
    rows = made.menu._model.rows
    small = next(row for row in rows if row.title == "SmolLM2-135M")
    assert not small.can_be_picked
    assert "Tools" in spoken(small)
    unknown = next(row for row in rows if row.title == "llama")  # nothing known, nothing held against it
    assert unknown.can_be_picked
    made.menu._pick(made.menu._model.index(rows.index(small)))
    assert edits.told == []


def test_a_missing_model_is_said_and_kept(qtbot: QtBot) -> None:
    made, _edits = editor(qtbot, ModelField(label="Model"), ModelChoice, SMALL)
    wish = {"connection": "Her OpenAI", "kind": "openai", "model": "gpt"}
    made.show_value(wish)
    assert "Her OpenAI" in made._fault.text()
    assert made.value() == wish


def test_the_built_in_models_limits_are_told_where_it_is_chosen(qtbot: QtBot) -> None:
    made, _edits = editor(qtbot, ModelField(label="Model"), ModelChoice, SMALL)
    assert not made._fold.isHidden()
    QTest.keyClick(made._button, Qt.Key.Key_Down)
    assert not made.menu._facts.isHidden()
    QTest.keyClick(made.menu._list, Qt.Key.Key_Down)
    assert made.menu._facts.isHidden()


def test_managing_leads_to_preferences(qtbot: QtBot) -> None:
    here = Here()
    made, _edits = editor(qtbot, ModelField(label="Model"), ModelChoice, SMALL, around=here)
    QTest.keyClick(made._button, Qt.Key.Key_Down)
    made.menu._manage.click()
    assert here.wanted_page == "models"
    assert not made.menu.isVisible()


def test_nothing_is_missing_before_the_models_are_known(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Here()
    monkeypatch.setattr(here, "shelf", lambda: UNREAD_SHELF)
    made, _edits = editor(qtbot, ModelField(label="Model"), ModelChoice, SMALL, around=here)
    assert made._button.words() == "Small"
    assert made._fault.text() == ""
    QTest.keyClick(made._button, Qt.Key.Key_Down)
    assert [row.answers for row in made.menu._model.rows if row.choice] == ["", ""]


def test_a_role_says_who_stands_in_for_it(qtbot: QtBot) -> None:
    wish = {"role": "strong", "otherwise": "small"}
    made, edits = editor(qtbot, ModelField(label="Model"), ModelChoice, wish)
    assert made._button.words() == "Strong · SmolLM2-135M"
    assert made._facts.text().startswith("No model stands for “Strong” yet: “Small” answers instead.\nfree")
    assert made._fault.text() == ""
    assert made._button.toolTip() == "smollm2"
    assert made.value() == wish
    assert edits.told == []


FOUND = FoundLine(
    Connection("Ollama", "ollama"),
    (
        ModelLine(
            "Ollama",
            "ollama",
            "llava:latest",
            "computer",
            price_state="free",
            abilities=frozenset({"chat", "pictures"}),
            context=4096,
            on_gpu=0.75,
        ),
        ModelLine("Ollama", "ollama", "nomic", "computer", price_state="free", lacking=frozenset({"chat"})),
    ),
)


def titles(made: Any) -> list[str]:
    return [row.title for row in made.menu._model.rows if not row.is_heading]


def open_with_found(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Edits, Here]:
    here = Here()
    made, edits = editor(qtbot, ModelField(label="Model"), ModelChoice, SMALL, around=here)
    QTest.keyClick(made._button, Qt.Key.Key_Down)
    assert here.looked == 1, "whoever opens the list wants to see what is there"
    assert "llava:latest" not in titles(made)
    monkeypatch.setattr(here, "shelf", lambda: replace(SHELF, found=(FOUND,)))
    made.refresh()
    return made, edits, here


def test_a_server_that_is_found_comes_into_the_open_list_and_is_taken_with_its_model(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, edits, here = open_with_found(qtbot, monkeypatch)
    rows = made.menu._model.rows
    llava = next(row for row in rows if row.title == "llava:latest")
    assert (
        spoken(llava)
        == "llava:latest, free, this computer, up to 4,096 tokens · partly on your GPU, Pictures"
    )
    nomic = next(row for row in rows if row.title == "nomic")
    assert not nomic.can_be_picked, "it writes no text"
    assert (here.taken, edits.told) == ([], []), "nothing is kept before somebody picks"
    made.menu._pick(made.menu._model.index(rows.index(llava)))
    assert here.taken == [FOUND]
    assert edits.told == [({"connection": "Ollama", "kind": "ollama", "model": "llava:latest"}, False)]


def test_filters_in_words_leave_what_fits(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    made, _edits, _here = open_with_found(qtbot, monkeypatch)
    chips = made.menu._chips.buttons
    shown = {name: button.text() for name, button in chips.items()}
    assert shown == {
        "free": "Free 3",
        "private": "Private 3",
        "cheap": "Cheap 3",
        "strong": "Strong 1",
        "pictures": "Sees pictures 1",
    }
    chips["free"].click()
    assert titles(made) == ["SmolLM2-135M", "llava:latest", "nomic"]
    assert not chips["strong"].isEnabled(), "nothing is both"
    chips["pictures"].click()
    assert titles(made) == ["llava:latest"]
    QTest.keyClicks(made.menu._search, "xyz")
    assert titles(made) == []
    assert not made.menu._empty.isHidden()
    made.menu._clear.click()
    assert len(titles(made)) == 7
    assert made.menu._empty.isHidden()


def test_the_list_is_walked_by_keys_from_the_search_line(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, edits, _here = open_with_found(qtbot, monkeypatch)
    made.menu._search.setFocus()
    QTest.keyClicks(made.menu._search, "llava")
    QTest.keyClick(made.menu._search, Qt.Key.Key_Return)
    assert edits.last == {"connection": "Ollama", "kind": "ollama", "model": "llava:latest"}


def test_speed_and_longest_text_stand_below_the_model(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Here()
    opus = replace(SHELF.models[1], speed=61.7, context=200_000, country="US")
    monkeypatch.setattr(here, "shelf", lambda: replace(SHELF, models=(opus,)))
    made, _edits = editor(qtbot, ModelField(label="Model"), ModelChoice, {}, around=here)
    made.show_value({"connection": "Company Anthropic", "kind": "anthropic", "model": "claude-opus"})
    assert made._facts.text().endswith(
        "Anthropic, United States\n62 tokens a second seen · up to 200,000 tokens"
    )
