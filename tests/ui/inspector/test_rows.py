"""Rows by hand: add, edit, order, remove; what a folded row says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.sdk.fields import ChoiceField, ModelChoice, ModelField, NumberField, Option, RowsField, TextField
from app.sdk.spec import FieldSpec, spec_of
from app.ui.inspector.editors.wanted import Wanted
from nodes.verifier.check import Check
from tests.ui.inspector.world import ORDER, SHELF, Here, editor

ALT = Qt.KeyboardModifier.AltModifier
COLUMNS = (
    FieldSpec(
        "rule",
        ChoiceField(
            label="Rule", options=(Option("equals", "equals"), Option("sure", "confidence is at least"))
        ),
        str,
        "equals",
    ),
    FieldSpec("value", TextField(label="Value", references=True, shown_if=("rule", ("equals",))), str, ""),
    FieldSpec(
        "least", NumberField(label="Least", minimum=0, maximum=1, shown_if=("rule", ("sure",))), float, 0.7
    ),
    FieldSpec("part", TextField(label="Part", advanced=True), str, ""),
)


def rows(qtbot: QtBot, *given: dict[str, object]):
    made, edits = editor(qtbot, RowsField(label="Rules", item="rule"), tuple, [], COLUMNS)
    made.show_value(list(given))
    return made, edits


def summaries(made) -> list[str]:
    return [card._head._words.text() for card in made.cards]


def test_folded_rows_read_as_sentences(qtbot: QtBot) -> None:
    made, _edits = rows(qtbot, {"value": "yes"}, {"rule": "sure", "least": 0.8}, {})
    assert summaries(made) == ["equals yes", "confidence is at least 0.8", "equals"]


def test_several_numbers_in_a_sentence_say_their_names(qtbot: QtBot) -> None:
    spec = next(field for field in spec_of(Check).fields if field.name == "rules")
    made, _edits = editor(qtbot, spec.field, tuple, [], spec.row)
    rule = {"rule": "length"}
    made.show_value([{**rule, "minimum": 40}, {**rule, "minimum": 40, "maximum": 400}, rule])
    assert summaries(made) == ["has a length from 40", "has a length from 40 to 400", "has a length"]


def test_the_same_model_of_two_accounts_says_whose_it_is(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Here()
    twice = replace(SHELF.models[1], connection="Her Anthropic")
    monkeypatch.setattr(here, "shelf", lambda: replace(SHELF, models=(*SHELF.models, twice)))
    column = FieldSpec("model", ModelField(label="Model"), ModelChoice, {"role": "small"})
    made, _edits = editor(qtbot, RowsField(label="Models", item="model"), tuple, [], (column,), here)
    mine = {"connection": "Company Anthropic", "kind": "anthropic", "model": "claude-opus"}
    other = {"connection": "Gateway", "kind": "openai_compatible", "model": "llama"}
    made.show_value([{"model": mine}, {"model": {**mine, "connection": "Her Anthropic"}}, {"model": other}])
    titles = summaries(made)
    assert titles == ["claude-opus · Company Anthropic", "claude-opus · Her Anthropic", "llama"]


def test_a_new_row_opens_with_the_cursor_in_it(qtbot: QtBot) -> None:
    made, edits = rows(qtbot)
    QTest.mouseClick(made._add, Qt.MouseButton.LeftButton)
    assert edits.told == [([{}], False)]
    (card,) = made.cards
    assert card.is_open
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
    assert edits.last == [{"rule": "sure"}]
    assert not card.field("value").isVisibleTo(card)
    assert card.field("least").isVisibleTo(card)


def test_a_cell_back_at_its_default_leaves_the_row(qtbot: QtBot) -> None:
    made, edits = rows(qtbot, {"value": "a", "from_a_newer_version": 1})
    field = made.cards[0].field("value")
    field.editor.setFocus()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Backspace)
    assert edits.last == [{"from_a_newer_version": 1}]


def test_alt_and_arrows_order_delete_removes(qtbot: QtBot) -> None:
    made, edits = rows(qtbot, {"value": "a"}, {"value": "b"}, {"value": "c"})
    made.cards[2].focus_head()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Up, ALT)
    assert edits.last == [{"value": "a"}, {"value": "c"}, {"value": "b"}]
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Up, ALT)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Up, ALT)
    assert summaries(made) == ["equals c", "equals a", "equals b"]
    assert len(edits.told) == 2  # the first row can't go further up
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Delete)
    assert edits.last == [{"value": "a"}, {"value": "b"}]
    assert QApplication.focusWidget() is made.cards[0]._head


def test_edits_after_a_move_go_to_the_row_that_moved(qtbot: QtBot) -> None:
    made, edits = rows(qtbot, {"value": "a"}, {"value": "b"})
    made.cards[1].focus_head()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Up, ALT)
    made.cards[0].field("value").editor.setFocus()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_End)
    QTest.keyClicks(QApplication.focusWidget(), "!")
    assert edits.told[-1] == ([{"value": "b!"}, {"value": "a"}], False)


def test_a_wish_of_a_cell_names_the_whole_field(qtbot: QtBot) -> None:
    made, _edits = rows(qtbot, {"value": "a"}, {"value": "b"})
    wishes: list[Wanted] = []
    made.wanted.connect(wishes.append)
    field = made.cards[1].field("value")
    field.editor.input.insert(ORDER)
    assert wishes[0].value_with("{{order}}") == [{"value": "a"}, {"value": "b{{order}}"}]


def test_other_rows_from_elsewhere_reuse_the_cards(qtbot: QtBot) -> None:
    made, edits = rows(qtbot, {"value": "a"}, {"value": "b"})
    first = made.cards[0]
    first.field("value")
    made.show_value([{"value": "x"}])
    assert made.cards == [first]
    assert first.field("value").editor.value() == "x"
    made.show_value("not rows at all")
    assert made.value() == "not rows at all"
    assert edits.told == []


def test_figures_among_facts_go_by_their_names_and_the_usual_ones_are_left_out(qtbot: QtBot) -> None:
    columns = (
        FieldSpec("who", TextField(label="Who"), str, ""),
        FieldSpec("share", NumberField(label="Share"), int, 1),
    )
    made, _edits = editor(qtbot, RowsField(label="Who shares", item="one"), tuple, [], columns)
    made.show_value([{"who": "Ada"}, {"who": "Bo", "share": 3}])
    assert summaries(made) == ["Ada", "Bo · Share 3"]
