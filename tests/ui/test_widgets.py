"""The painted controls: mouse, keys, names for screen readers, sizes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.appearance import appearance
from app.ui.widgets.chip import Badge, Chip
from app.ui.widgets.icon_button import IconButton, IconTile
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel
from app.ui.widgets.segmented import Segmented
from app.ui.widgets.toggle import Toggle

LEFT = Qt.MouseButton.LeftButton


def shown(qtbot: QtBot, *widgets: QWidget) -> QWidget:
    """A window with these widgets; they live as long as somebody holds it."""
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    for widget in widgets:
        column.addWidget(widget, alignment=Qt.AlignmentFlag.AlignLeft)
    with qtbot.waitExposed(window):
        window.show()
    return window


def test_toggle(qtbot: QtBot) -> None:
    toggle = Toggle()
    _window = shown(qtbot, toggle)
    off = toggle.grab().toImage()
    with qtbot.waitSignal(toggle.toggled):
        QTest.mouseClick(toggle, LEFT)
    assert toggle.isChecked()
    QTest.keyClick(toggle, Qt.Key.Key_Space)
    assert not toggle.isChecked()
    toggle.setChecked(True)
    assert toggle.grab().toImage() != off


def test_toggle_jumps_where_nothing_shall_move(qtbot: QtBot) -> None:
    appearance().set_reduced_motion(True)
    try:
        toggle = Toggle()
        _window = shown(qtbot, toggle)
        toggle.setChecked(True)
        first = toggle.grab().toImage()
        qtbot.wait(30)
        assert toggle.grab().toImage() == first
    finally:
        appearance().set_reduced_motion(None)


def test_screen_readers_get_nothing_hidden(qtbot: QtBot) -> None:
    button = IconButton("pencil", "Edit pay\u202epal <b>")
    _window = shown(qtbot, button)
    assert button.accessibleName() == "Edit pay⟨202E⟩pal <b>"
    assert "<b>" not in button.toolTip()


def test_segmented(qtbot: QtBot) -> None:
    choice = Segmented([("design", "Design"), ("runs", "Runs"), ("compare", "Compare")])
    _window = shown(qtbot, choice)
    chosen: list[str] = []
    choice.chosen.connect(chosen.append)
    QTest.mouseClick(choice, LEFT, pos=choice.rect().center())
    choice.setFocus()
    QTest.keyClick(choice, Qt.Key.Key_Right)
    QTest.keyClick(choice, Qt.Key.Key_Right)
    assert chosen == ["runs", "compare"]
    assert choice.accessibleName() == "Compare"
    choice.set_value("design")
    assert (choice.value(), chosen) == ("design", ["runs", "compare"])
    choice.set_options([("design", "设计"), ("runs", "运行记录")])
    assert (choice.value(), choice.accessibleName()) == ("design", "设计")


def test_chips_grow_with_their_words(qtbot: QtBot) -> None:
    chip, badge = Chip("1.4k tokens"), Badge("Running", "running", "loader")
    _window = shown(qtbot, chip, badge)
    narrow = chip.sizeHint().width()
    chip.show_fact("12,345,678 tokens\nand more", "warning", "triangle-alert")
    assert chip.sizeHint().width() > narrow
    assert chip.accessibleName() == "12,345,678 tokens ⏎ and more"
    assert not badge.grab().isNull()


def test_icon_buttons_have_names_and_change_with_the_theme(qtbot: QtBot) -> None:
    button, tile = IconButton("undo-2", "Undo"), IconTile("zap", "cheap")
    _window = shown(qtbot, button, tile)
    assert (button.accessibleName(), button.toolTip()) == ("Undo", "Undo")
    appearance().set_mode("dark")
    dark = button.icon().pixmap(18).toImage(), tile.grab().toImage()
    appearance().set_mode("light")
    assert button.icon().pixmap(18).toImage() != dark[0]
    assert tile.grab().toImage() != dark[1]
    appearance().set_mode("system")


def test_labels_show_data_as_it_is(qtbot: QtBot) -> None:
    label = PlainLabel("<b>bold</b> \u202e")
    _window = shown(qtbot, label)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.text() == "<b>bold</b> ⟨202E⟩"


def test_a_label_that_gives_way_keeps_the_whole_in_its_tooltip(qtbot: QtBot) -> None:
    label = ElidedLabel("<i>" + "word " * 60)
    _window = shown(qtbot, label)
    label.setFixedWidth(80)
    label.grab()
    assert label.toolTip().count("word") == 60
    assert "<i>" not in label.toolTip()
    label.setText("short")
    label.grab()
    assert label.toolTip() == ""
