"""Columns that are dragged by hand: they stay so, also the next time; a double click gives them back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHeaderView
from pytestqt.qtbot import QtBot

from app.settings import folders
from app.ui.runs.fact_table import Cell, Column, FactTable
from app.ui.widgets.column_widths import DraggedColumns, column_widths
from app.ui.window_state import WindowState, load_window_state, save_window_state

COLUMNS = (Column("Message"), Column("Label"), Column("Time", 60, figures=True))


@pytest.fixture(autouse=True)
def _none_kept(qapp: QApplication) -> Iterator[None]:
    column_widths().load({})
    yield
    column_widths().load({})


def table(qtbot: QtBot, columns: tuple[Column, ...] = COLUMNS, name: str = "rows") -> FactTable:
    made = FactTable(name=name)
    qtbot.addWidget(made)
    made.resize(900, 200)
    made.show_facts(columns, 2, lambda row: tuple(Cell(f"{row} {column.title}") for column in columns))
    with qtbot.waitExposed(made):
        made.show()
    made.grab()  # what its cells need is known once they were drawn
    QApplication.processEvents()
    return made


def drag(header: QHeaderView, section: int, by: int) -> None:
    """Takes the line behind a column and moves it, as a hand does."""
    start = QPoint(header.sectionViewportPosition(section) + header.sectionSize(section) - 1, 8)
    view, left = header.viewport(), Qt.MouseButton.LeftButton
    QTest.mousePress(view, left, pos=start)
    for part in (1, 2):
        QTest.mouseMove(view, start + QPoint(by * part // 2, 0))
    QTest.mouseRelease(view, left, pos=start + QPoint(by, 0))


def test_a_dragged_column_keeps_its_width(qtbot: QtBot) -> None:
    table(qtbot)  # the first header of a process asks for a few pixels more than those after it
    shown = table(qtbot)
    header = shown.horizontalHeader()
    before = header.sectionSize(1)
    drag(header, 1, -80)
    assert header.sectionSize(1) == before - 80
    shown.resize(1200, 200)
    shown.need(1, 400)
    QApplication.processEvents()
    assert header.sectionSize(1) == before - 80
    assert sum(header.sectionSize(at) for at in range(3)) == shown.viewport().width()
    other = table(qtbot, (COLUMNS[1], COLUMNS[0]))
    assert other.horizontalHeader().sectionSize(0) == before - 80, "by its title, wherever it stands"
    elsewhere = table(qtbot, name="another")
    assert elsewhere.horizontalHeader().sectionSize(1) == before


def test_a_double_click_gives_a_column_back(qtbot: QtBot) -> None:
    shown = table(qtbot)
    header = shown.horizontalHeader()
    before = [header.sectionSize(at) for at in range(3)]
    drag(header, 0, 60)
    assert column_widths().all()
    end = QPoint(header.sectionViewportPosition(0) + header.sectionSize(0) - 1, 8)
    QTest.mouseDClick(header.viewport(), Qt.MouseButton.LeftButton, pos=end)
    assert [header.sectionSize(at) for at in range(3)] == before
    assert not column_widths().all()


def test_widths_last_and_what_is_no_width_is_left_out(qtbot: QtBot) -> None:
    drag(table(qtbot).horizontalHeader(), 2, 40)
    save_window_state(folders(), replace(WindowState(), columns=column_widths().all()))
    column_widths().load({})
    column_widths().load(load_window_state(folders()).columns)
    assert column_widths().of("rows", "Time") == table(qtbot).horizontalHeader().sectionSize(2)
    column_widths().load({"rows": {"Time": "wide", "Label": 7}, "runs": 5})
    assert column_widths().all() == {"rows": {"Label": 40}}


def test_a_table_that_fails_as_it_shares_out_the_room_still_notes_what_is_dragged(qtbot: QtBot) -> None:
    shown = table(qtbot)
    dragged = shown.findChild(DraggedColumns)
    assert dragged is not None
    with pytest.raises(ValueError, match="no room"), dragged.setting():
        raise ValueError("no room")
    drag(shown.horizontalHeader(), 1, -80)
    assert column_widths().of("rows", "Label") == shown.horizontalHeader().sectionSize(1)
