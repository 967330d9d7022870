"""The table of facts: who gets the room that there is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.ui.runs.fact_table import Cell, Column, FactTable, shared

LONG = "Hello, my mother bought the same blanket for me, so now we have two."


@given(st.integers(0, 5000), st.dictionaries(st.integers(0, 9), st.integers(0, 500)))
def test_pixels_are_shared_out_to_the_last(amount: int, parts: dict[int, int]) -> None:
    out = shared(amount, parts)
    assert out.keys() == parts.keys()
    assert sum(out.values()) == (amount if any(parts.values()) else 0)
    assert all(width >= 0 for width in out.values())


def test_figures_are_whole_and_long_texts_get_what_is_left(qtbot: QtBot) -> None:
    table = FactTable()
    qtbot.addWidget(table)
    table.resize(900, 200)
    columns = (
        Column("Message"),
        Column("Label"),
        Column("Checks", 60, whole=True),
        Column("Time", 50, figures=True),
    )
    cells = (Cell(LONG), Cell("refund"), Cell("53 of 60 passed"), Cell("38 min 44 s"))
    table.show_facts(columns, 1, lambda _row: cells)
    with qtbot.waitExposed(table):
        table.show()
    header = table.horizontalHeader()

    def fits() -> bool:
        message, label, checks, time = (header.sectionSize(at) for at in range(4))
        words = table.fontMetrics().horizontalAdvance
        return checks > words("53 of 60 passed") and time > words("38 min 44 s") and message > 2 * label

    qtbot.waitUntil(fits)
    assert sum(header.sectionSize(at) for at in range(4)) == table.viewport().width()
