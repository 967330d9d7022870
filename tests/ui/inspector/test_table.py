"""The sample table by hand: type, paste from a spreadsheet, import, columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.sdk.fields import TableField
from app.ui.inspector.editors import cells
from tests.ui.inspector.world import Edits, editor

CONTROL = Qt.KeyboardModifier.ControlModifier
ROWS = [{"message": "Hi", "n": 1}, {"message": "Ho"}]


def table(qtbot: QtBot, *rows: dict[str, object]) -> tuple[Any, Edits]:
    made, edits = editor(qtbot, TableField(label="Samples"), tuple, [])
    made.show_value(list(rows))
    return made, edits


def choose(made: Any, row: int, column: int) -> None:
    made.grid.setCurrentIndex(made.grid.model().index(row, column))
    made.grid.setFocus()


def test_cells_are_typed_in_and_keep_their_kind(qtbot: QtBot) -> None:
    made, edits = table(qtbot, *ROWS)
    for column, words in ((0, "Hello"), (1, "22")):
        choose(made, 0, column)
        QTest.keyClick(made.grid, Qt.Key.Key_F2)
        field = QApplication.focusWidget()
        assert isinstance(field, QLineEdit)
        field.selectAll()
        QTest.keyClicks(field, words)
        QTest.keyClick(field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: not isinstance(QApplication.focusWidget(), QLineEdit))
    assert edits.last == [{"message": "Hello", "n": 22}, {"message": "Ho"}]


def test_a_spreadsheet_is_pasted_with_its_names(qtbot: QtBot) -> None:
    made, edits = table(qtbot)
    QGuiApplication.clipboard().setText('message\tanswer\n"two\nlines"\tyes\nmore\tno\n')
    made.grid.setFocus()
    QTest.keyClick(made.grid, Qt.Key.Key_V, CONTROL)
    assert edits.last == [{"message": "two\nlines", "answer": "yes"}, {"message": "more", "answer": "no"}]


def test_cells_are_pasted_over_from_the_current_one_on(qtbot: QtBot) -> None:
    made, edits = table(qtbot, *ROWS)
    choose(made, 1, 1)
    QGuiApplication.clipboard().setText("7\tx\n8\ty")
    QTest.keyClick(made.grid, Qt.Key.Key_V, CONTROL)
    assert edits.last == [
        {"message": "Hi", "n": 1},
        {"message": "Ho", "n": "7", "column 3": "x"},
        {"message": "", "n": "8", "column 3": "y"},
    ]


def test_what_was_copied_comes_back(qtbot: QtBot) -> None:
    made, _edits = table(qtbot, *ROWS)
    made.grid.selectAll()
    QTest.keyClick(made.grid, Qt.Key.Key_C, CONTROL)
    assert QGuiApplication.clipboard().text() == "Hi\t1\nHo\t\n"


def test_rows_and_columns_come_and_go(qtbot: QtBot) -> None:
    made, edits = table(qtbot)
    QTest.mouseClick(made._buttons["row"], Qt.MouseButton.LeftButton)
    assert edits.last == [{"column 1": ""}]
    made._model.rename_column(0, "message")
    made._model.add_column("answer")
    assert edits.last == [{"message": "", "answer": ""}]
    made._model.rename_column(0, "answer")  # taken: nothing happens
    choose(made, 0, 0)
    QTest.mouseClick(made._buttons["remove"], Qt.MouseButton.LeftButton)
    assert edits.last == []


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"message,answer\na,b\n\n", [{"message": "a", "answer": "b"}]),
        (b"\xef\xbb\xbfmessage;n\na;1,5\n", [{"message": "a", "n": "1,5"}]),
        ("消息\t答案\n你好\t是\n".encode("gb18030"), [{"消息": "你好", "答案": "是"}]),
        ("m,n\nä,1\n".encode("utf-16"), [{"m": "ä", "n": "1"}]),
    ],
)
def test_csv_files_are_read_as_people_save_them(
    qtbot: QtBot, tmp_path: Path, content: bytes, rows: list[dict[str, str]]
) -> None:
    made, edits = table(qtbot)
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    made.import_file(path)
    assert edits.last == rows


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xff\xff\xff\x00\x80", "can't be read"),
        (b"only,names\n", "no rows"),
        (b"x" * 5_000_001, "larger than 5 MB"),
    ],
)
def test_what_cannot_be_imported_says_why(qtbot: QtBot, tmp_path: Path, content: bytes, words: str) -> None:
    made, edits = table(qtbot)
    faults: list[str] = []
    made.fault.connect(faults.append)
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    made.import_file(path)
    assert words in faults[-1]
    assert edits.told == []


CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\t\n"'), max_size=12)


@given(st.lists(st.lists(CELL, min_size=2, max_size=3), min_size=1, max_size=4))
def test_the_clipboard_holds_any_cells(block: list[list[str]]) -> None:
    assert cells.from_clipboard(cells.to_clipboard(block)) == block


@given(st.lists(st.text(max_size=5), max_size=8))
def test_column_names_are_never_blank_or_double(names: list[str]) -> None:
    found = cells.unique(names)
    assert all(found)
    assert len(set(found)) == len(found) == len(names)
