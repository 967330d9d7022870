"""The model picker by hand: what it costs, where data goes, what can't be picked and why."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.adapters.shelf import UNREAD_SHELF
from app.sdk.fields import ModelChoice, ModelField
from app.ui.inspector.editors.model_list import spoken
from tests.ui.inspector.world import Here, editor

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
    assert made._facts.text() == "price unknown · your data goes to your own server gpu.acme.example"


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
