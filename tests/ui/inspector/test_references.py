"""References in texts: marks, the menu of steps above, drops, and the wish for a new link."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.sdk.fields import TextField
from app.ui.appearance import appearance
from app.ui.inspector.around import Source
from app.ui.inspector.editors.wanted import Wanted
from app.ui.inspector.reference_drag import to_mime
from tests.ui.inspector.world import MESSAGE, ORDER, drop, editor

FIELD = TextField(label="Prompt", lines=4, references=True)


def colours(made: object) -> list[str]:
    """The colour of each marked stretch of the first line."""
    block = made.input.document().begin()  # type: ignore[attr-defined]
    return [part.format.foreground().color().name() for part in block.layout().formats()]


def test_what_leads_somewhere_looks_otherwise_than_what_does_not(qtbot: QtBot) -> None:
    made, _edits = editor(qtbot, FIELD, str, "")
    made.show_value("😀 {{message.subject}} {{draft}} {{message | nonsense}}")
    good, *bad = colours(made)
    look = appearance().theme
    assert good == look.accent2.name()
    assert bad == [look.state("warning").text.name()] * 2


def test_the_legend_says_what_names_stand_for(qtbot: QtBot) -> None:
    made, _edits = editor(qtbot, FIELD, str, "")
    made.show_value("{{message}} {{draft}} {{message | nonsense}}")
    words = [label.text() for label in made._legend._lines]
    assert words == ["message: Customer request › Message", "draft: nothing is joined to it yet"]


def test_braces_open_the_menu_and_enter_takes_the_first(qtbot: QtBot) -> None:
    made, edits = editor(qtbot, FIELD, str, "")
    QTest.keyClicks(made.input, "Hi {{mes")
    menu = made.input._menu
    qtbot.waitUntil(menu.list.isVisible)
    assert menu.completionModel().rowCount() == 1
    QTest.keyClick(menu.list, Qt.Key.Key_Return)
    assert edits.last == "Hi {{message}}"
    assert not menu.list.isVisible()


def test_escape_closes_the_menu_and_typing_goes_on(qtbot: QtBot) -> None:
    made, edits = editor(qtbot, FIELD, str, "")
    QTest.keyClicks(made.input, "{{")
    qtbot.waitUntil(made.input._menu.list.isVisible)
    QTest.keyClick(made.input._menu.list, Qt.Key.Key_Escape)
    assert not made.input._menu.list.isVisible()
    QTest.keyClicks(made.input, "x")
    assert edits.last == "{{x"


def test_picking_in_the_middle_replaces_what_was_begun(qtbot: QtBot) -> None:
    made, edits = editor(qtbot, FIELD, str, "")
    made.show_value("a 😀 {{}} b")
    cursor = made.input.textCursor()
    cursor.setPosition(7)  # between the braces; the emoji takes two places
    made.input.setTextCursor(cursor)
    made.input.insert(MESSAGE)
    assert edits.last == "a 😀 {{message}} b"


def test_an_unjoined_step_is_wished_for(qtbot: QtBot) -> None:
    made, _edits = editor(qtbot, FIELD, str, "")
    wishes: list[Wanted] = []
    made.wanted.connect(wishes.append)
    QTest.keyClicks(made.input, "Order: {{ord")
    qtbot.waitUntil(made.input._menu.list.isVisible)
    QTest.keyClick(made.input._menu.list, Qt.Key.Key_Return)
    (wish,) = wishes
    assert wish.source == ORDER
    assert wish.value_with("{{order}}") == "Order: {{order}}"


def test_control_space_offers_everything(qtbot: QtBot) -> None:
    made, _edits = editor(qtbot, FIELD, str, "")
    QTest.keyClick(made.input, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(made.input._menu.list.isVisible)
    assert made.input._menu.completionModel().rowCount() == 2


def test_a_dropped_part_becomes_a_reference_where_it_falls(qtbot: QtBot) -> None:
    made, edits = editor(qtbot, FIELD, str, "")
    made.show_value("See ")
    part = replace(MESSAGE, path=("subject",))
    drop(made.input.viewport(), QPointF(200, 12), to_mime(part, "Order 17"))
    assert edits.last == "See {{message.subject}}"


def test_a_drop_from_nowhere_known_changes_nothing(qtbot: QtBot) -> None:
    made, edits = editor(qtbot, FIELD, str, "")
    stranger = Source("x", "y", "Gone", "Gone", "text")
    data = to_mime(stranger, "value")
    data.removeFormat("text/plain")
    made.input.insertFromMimeData(data)
    assert edits.told == []
