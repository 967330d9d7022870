"""Editors by hand: keys, mouse and clipboard, and what each edit says."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.sdk.fields import (
    ChoiceField,
    ConnectionField,
    FileField,
    ListField,
    NumberField,
    Option,
    TextField,
    ToggleField,
    ValueField,
)
from tests.ui.inspector.world import Here, drop, editor

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier


def focused() -> object:
    return QApplication.focusWidget()


# --- text ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [1, 4])
def test_letters_typed_together_are_one_step(qtbot: QtBot, lines: int) -> None:
    _made, edits = editor(qtbot, TextField(label="Text", lines=lines), str, "")
    QTest.keyClicks(focused(), "hi!")
    assert edits.told == [("h", False), ("hi", True), ("hi!", True)]


@pytest.mark.parametrize("lines", [1, 4])
def test_undo_is_left_to_the_window(qtbot: QtBot, lines: int) -> None:
    _made, edits = editor(qtbot, TextField(label="Text", lines=lines), str, "")
    QTest.keyClicks(focused(), "abc")
    event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, CONTROL)
    assert event.matches(QKeySequence.StandardKey.Undo)
    QApplication.sendEvent(focused(), event)
    assert not event.isAccepted()
    QTest.keyClick(focused(), Qt.Key.Key_Z, CONTROL)
    assert edits.last == "abc"


def test_a_text_from_elsewhere_keeps_the_cursor_behind_the_change(qtbot: QtBot) -> None:
    made, edits = editor(qtbot, TextField(label="Text", lines=4), str, "")
    made.show_value("a 😀 c")
    made.show_value("a 😀 b c")
    QTest.keyClicks(focused(), "!")
    assert edits.last == "a 😀 b !c"


def test_no_break_spaces_survive_an_edit(qtbot: QtBot) -> None:
    made, edits = editor(qtbot, TextField(label="Text", lines=4), str, "")
    made.show_value("5\u00a0%")
    QTest.keyClick(focused(), Qt.Key.Key_End)
    QTest.keyClicks(focused(), "!")
    assert edits.last == "5\u00a0%!"


@pytest.mark.parametrize(
    "field", [TextField(label="T", lines=4), TextField(label="T", lines=4, references=True)]
)
def test_letters_that_nobody_can_see_get_a_place_and_a_colour(qtbot: QtBot, field: TextField) -> None:
    made, edits = editor(qtbot, field, str, "")
    made.show_value("pay \u202efdp.exe 😀 to a\u200bdmin 👩\u200d💻")
    shown = made.focusProxy().document().firstBlock().layout().formats()
    marked = [(run.start, run.length) for run in shown if run.format.fontLetterSpacing()]
    assert marked == [(4, 1), (20, 1)]
    assert edits.told == []
    QTest.keyClick(focused(), Qt.Key.Key_End)
    QTest.keyClicks(focused(), "!")
    assert edits.last == "pay \u202efdp.exe 😀 to a\u200bdmin 👩\u200d💻!"


def test_a_growing_text_grows_its_field(qtbot: QtBot) -> None:
    made, _edits = editor(qtbot, TextField(label="Text", lines=2), str, "")
    before = focused().height()  # type: ignore[attr-defined]
    for _ in range(5):
        QTest.keyClick(focused(), Qt.Key.Key_Return)
    assert focused().height() > before + 50  # type: ignore[attr-defined]
    made.show_value("\n" * 100)
    assert focused().height() < 500  # type: ignore[attr-defined]


# --- numbers -------------------------------------------------------------------------------------------------


def test_a_number_is_taken_as_it_is_typed(qtbot: QtBot) -> None:
    _made, edits = editor(qtbot, NumberField(label="N", minimum=0, maximum=2, step=0.1), float, 1.0)
    focused().selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(focused(), "0,75")
    assert edits.last == 0.75


def test_a_number_out_of_its_limits_waits_and_says_why(qtbot: QtBot) -> None:
    made, edits = editor(qtbot, NumberField(label="N", minimum=0, maximum=2), float, 1.0)
    faults: list[str] = []
    made.fault.connect(faults.append)
    QTest.keyClicks(focused(), "7")  # 17
    assert edits.told == []
    assert "from 0 to 2" in faults[-1]
    QTest.keyClick(focused(), Qt.Key.Key_Return)
    assert edits.last == 2.0
    assert focused().text() == "2"  # type: ignore[attr-defined]
    assert faults[-1] == ""


def test_what_is_no_number_goes_back_to_the_last_one(qtbot: QtBot) -> None:
    _made, edits = editor(qtbot, NumberField(label="N"), int, 5)
    QTest.keyClicks(focused(), "x")
    QTest.keyClick(focused(), Qt.Key.Key_Return)
    assert edits.told == []
    assert focused().text() == "5"  # type: ignore[attr-defined]


def test_an_optional_number_may_be_empty(qtbot: QtBot) -> None:
    _made, edits = editor(qtbot, NumberField(label="N"), int | None, None)
    QTest.keyClicks(focused(), "4")
    QTest.keyClick(focused(), Qt.Key.Key_Backspace)
    assert [value for value, _ in edits.told] == [4, None]


def test_arrow_keys_step(qtbot: QtBot) -> None:
    _made, edits = editor(qtbot, NumberField(label="N", minimum=0, maximum=1, step=0.1), float, 0.2)
    QTest.keyClick(focused(), Qt.Key.Key_Up)
    QTest.keyClick(focused(), Qt.Key.Key_Up)
    assert edits.told == [(pytest.approx(0.3), False), (pytest.approx(0.4), True)]
    QTest.keyClick(focused(), Qt.Key.Key_PageUp)
    assert edits.last == 1.0


def test_a_slider_slides_in_steps(qtbot: QtBot) -> None:
    made, edits = editor(
        qtbot, NumberField(label="N", minimum=0, maximum=1, step=0.05, slider=True), float, 0.5
    )
    made._slide.setFocus()
    QTest.keyClick(focused(), Qt.Key.Key_Right)
    assert edits.last == pytest.approx(0.55)
    assert made._input.text() == "0.55"


def test_a_wheel_scrolls_the_form_and_not_the_value(qtbot: QtBot) -> None:
    made, edits = editor(
        qtbot, NumberField(label="N", minimum=0, maximum=1, step=0.05, slider=True), float, 0.5
    )
    at = QPointF(5, 5)
    turn = QWheelEvent(
        at,
        at,
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(made._slide, turn)
    assert edits.told == []
    assert not turn.isAccepted()


# --- choices -------------------------------------------------------------------------------------------------

OPTIONS = (Option("a", "Apples", "Red or green"), Option("b", "Bananas"))


def test_a_choice_is_made_by_keys_and_explained(qtbot: QtBot) -> None:
    made, edits = editor(qtbot, ChoiceField(label="C", options=OPTIONS), str, "a")
    assert made._help.text() == "Red or green"
    QTest.keyClick(focused(), Qt.Key.Key_Down)
    assert edits.told == [("b", False)]
    assert made._help.isHidden()


def test_an_unknown_option_of_a_file_stays(qtbot: QtBot) -> None:
    made, _edits = editor(qtbot, ChoiceField(label="C", options=OPTIONS), str, "a")
    made.show_value("zebra")
    assert made.value() == "zebra"
    assert made._box.currentText() == "zebra (unknown here)"


def test_a_switch_switches(qtbot: QtBot) -> None:
    made, edits = editor(qtbot, ToggleField(label="T"), bool, False)
    switch = made.beside_label()
    switch.setParent(made.window())
    switch.show()
    QTest.mouseClick(switch, LEFT)
    QTest.keyClick(switch, Qt.Key.Key_Space)
    assert edits.told == [(True, False), (False, False)]


def test_a_list_is_one_entry_a_line(qtbot: QtBot) -> None:
    _made, edits = editor(qtbot, ListField(label="L"), tuple[str, ...], [])
    QTest.keyClicks(focused(), "a")
    QTest.keyClick(focused(), Qt.Key.Key_Return)
    QTest.keyClicks(focused(), "b")
    assert edits.last == ["a", "b"]


# --- any value -----------------------------------------------------------------------------------------------


def test_a_value_is_of_the_kind_that_was_chosen(qtbot: QtBot) -> None:
    made, edits = editor(qtbot, ValueField(label="V"), object, None)
    assert made._input.isHidden()
    made._kind.setFocus()
    QTest.keyClick(focused(), Qt.Key.Key_Home)
    assert edits.last == ""
    made._input.setFocus()
    QTest.keyClicks(focused(), "12")
    assert edits.last == "12"
    made._kind.setFocus()
    QTest.keyClick(focused(), Qt.Key.Key_Down)
    assert edits.last == 12


def test_half_typed_json_waits(qtbot: QtBot) -> None:
    made, edits = editor(qtbot, ValueField(label="V"), object, None)
    made.show_value({"a": 1})
    faults: list[str] = []
    made.fault.connect(faults.append)
    made._input.setFocus()
    focused().selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(focused(), "[1, 2")
    assert edits.told in ([([1], False)], [])
    assert faults[-1]
    QTest.keyClicks(focused(), "]")
    assert edits.last == [1, 2]
    assert faults[-1] == ""


# --- files and connections -----------------------------------------------------------------------------------


def test_a_dropped_file_below_the_workflow_is_relative(qtbot: QtBot, tmp_path: Path) -> None:
    made, edits = editor(qtbot, FileField(label="F"), str, "", around=Here(tmp_path))
    for path, kept in (
        (tmp_path / "in" / "a.csv", "in/a.csv"),
        (tmp_path.parent / "b.csv", str(tmp_path.parent / "b.csv")),
    ):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        drop(made, QPointF(5, 5), data)
        assert edits.told[-1] == (kept, False)


def test_a_path_can_be_typed(qtbot: QtBot) -> None:
    _made, edits = editor(qtbot, FileField(label="F"), str, "")
    QTest.keyClicks(focused(), "a.csv")
    assert edits.last == "a.csv"


def test_a_connection_of_the_right_kind_is_offered(qtbot: QtBot) -> None:
    made, edits = editor(qtbot, ConnectionField(label="C", kinds=("web_api",)), object, None)
    assert [made._box.itemText(at) for at in range(made._box.count())] == ["None", "CRM"]
    QTest.keyClick(focused(), Qt.Key.Key_Down)
    assert edits.told == [({"connection": "CRM", "kind": "web_api"}, False)]


def test_a_missing_connection_is_said_and_kept(qtbot: QtBot) -> None:
    here = Here()
    made, _edits = editor(qtbot, ConnectionField(label="C"), object, None, around=here)
    wish = {"connection": "Her account", "kind": "web_api"}
    made.show_value(wish)
    assert made.value() == wish
    assert "Her account" in made._note.text()
    add = made.beside_label()
    add.click()
    assert here.wanted_page == "models"


def test_the_clipboard_pastes_one_line_into_one_line(qtbot: QtBot) -> None:
    _made, edits = editor(qtbot, TextField(label="Text", references=True), str, "")
    QGuiApplication.clipboard().setText("a\nb")
    QTest.keyClick(focused(), Qt.Key.Key_V, CONTROL)
    QTest.keyClick(focused(), Qt.Key.Key_Return)
    assert edits.last == "a b"


CHINESE = (
    "小模型判断每封消息讲的是什么；没把握时由更强的方式再看一遍。三项检查对照已知答案，说明各种方式有多准。"
)


def test_a_field_filled_by_the_program_shows_all_of_its_text_from_the_beginning(qtbot: QtBot) -> None:
    made, _edits = editor(qtbot, TextField(label="Text", lines=3), str, "")
    made.focusProxy().clearFocus()
    made.show_value(CHINESE * 2)
    field = made.focusProxy()

    def whole() -> bool:
        last = field.document().lastBlock()
        bottom = field.blockBoundingGeometry(last).translated(field.contentOffset()).bottom()
        return field.verticalScrollBar().value() == 0 and bottom <= field.viewport().height()

    qtbot.waitUntil(whole)


def test_a_long_line_filled_by_the_program_shows_its_beginning(qtbot: QtBot) -> None:
    made, _edits = editor(qtbot, TextField(label="Text"), str, "")
    made.focusProxy().clearFocus()
    made.show_value("a long way " * 40)
    assert made.focusProxy().cursorPosition() == 0
