"""The row table of a run: it stays at the newest row until a hand scrolls away, and comes back with that hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from app.events.run_events import Failure, NodeSettled, NodeStarted, RowSettled, RunFinished, RunStarted
from app.events.run_state import RunState
from app.ui.runs.rows import Rows
from app.ui.step_looks import StepLook

ROWS = 300


@pytest.fixture
def rows(qapp: QApplication) -> Iterator[Rows]:
    made = Rows(lambda node: StepLook(node, "model", "brain"), lambda _: None)
    made.resize(1200, 420)
    made.show()
    yield made
    made.deleteLater()


def begun(run: RunState, first: int, end: int) -> None:
    for row in range(first, end):
        scope, failed = f"#{row}", row % 50 == 7
        run.apply_all(
            [NodeStarted(row, "a", scope), NodeSettled(row, "a", scope, "failed" if failed else "ok")]
        )
        why = Failure("model.timeout", {"connection": "Office", "seconds": 30}) if failed else None
        run.apply(RowSettled(row, row, "failed" if failed else "done", why, "a"))


def last_seen(rows: Rows) -> int:
    return rows.table.rowAt(rows.table.viewport().height() - 1)


def wheel(rows: Rows, notches: int) -> None:
    port = rows.table.viewport()
    at = QPointF(port.rect().center())
    event = QWheelEvent(
        at, QPointF(port.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(port, event)


def test_the_table_follows_until_somebody_scrolls_up(rows: Rows) -> None:
    run = RunState()
    run.apply(RunStarted("r", "w", "W", "d", "now", ("a",), ROWS))
    begun(run, 0, 40)
    rows.show_run(run, None)
    assert 39 <= last_seen(rows) <= 43
    begun(run, 40, 100)
    rows.show_run(run, None)
    assert 99 <= last_seen(rows) <= 103
    wheel(rows, 12)
    seen = last_seen(rows)
    assert seen < 99
    assert not rows.follow.isChecked()
    begun(run, 100, 140)
    rows.show_run(run, None)
    assert last_seen(rows) == seen, "what a person looks at stays where it is"
    QTest.mouseClick(rows.follow, Qt.MouseButton.LeftButton, pos=QPoint(8, rows.follow.height() // 2))
    assert 139 <= last_seen(rows) <= 143
    wheel(rows, 12)
    assert not rows.follow.isChecked()
    wheel(rows, -40)
    assert rows.follow.isChecked(), "back at the newest row"
    begun(run, 140, ROWS)
    run.apply(RunFinished(ROWS, "done"))
    rows.show_run(run, None)
    assert not rows.follow.isVisibleTo(rows), "nothing comes any more"


def test_among_failures_what_went_wrong_stands_beside_the_state(rows: Rows) -> None:
    run = RunState()
    run.apply(RunStarted("r", "w", "W", "d", "now", ("a",), ROWS))
    begun(run, 0, 120)
    rows.show_run(run, None)
    failed = next(b for b in rows.findChildren(QPushButton) if b.text() == "Failed (3)")
    QTest.mouseClick(failed, Qt.MouseButton.LeftButton)
    model = rows.table.model()
    assert [model.index(at, 0).data() for at in range(model.rowCount())] == ["8", "58", "108"]
    assert str(model.index(0, 2).data()).startswith("Office took too long")
    assert model.headerData(2, Qt.Orientation.Horizontal) == "What went wrong"
