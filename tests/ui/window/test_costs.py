"""The Costs page in the window, over a real engine: a run is on it, and its limits are in the wallet."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from app.ui.run_stream import RunWish
from app.ui.session import Place
from tests.ui.window.conftest import Desk
from tests.ui.window.small_flow import model_flow


def test_a_run_is_on_the_costs_page(live: Desk, tmp_path: Path) -> None:
    window = live.window
    window.session.open(model_flow(8), Place(tmp_path / "flow.baton.json"))
    live.run(window.stream.start(RunWish(values={"message": "Hello"})))
    live.wait(lambda: window.session.run.is_over and not window.stream.is_running)
    window.show_start()
    assert window.top.places.isVisible()
    assert not window.top.pages.isVisible()

    async def turn() -> None:
        QTest.keyClick(window.top.places, Qt.Key.Key_Right)
        assert window.models.page.isVisible()
        QTest.keyClick(window.top.places, Qt.Key.Key_Right)

    live.run(turn())
    page = window.costs.page
    assert page.isVisible()
    live.wait(lambda: page.tree.topLevelItemCount() > 0)
    item = page.tree.topLevelItem(0)
    assert item is not None
    assert item.text(0) == window.session.run_workflow.name
    assert item.text(5) == "free"
    window.preferences.change(budget_day_usd="2.00")
    live.wait(lambda: "$2.00" in window.top.wallet.accessibleName())
    back = window.top.findChild(QPushButton, "back")
    assert back is not None
    assert window.session.workflow.name in back.text()
    QTest.mouseClick(back, Qt.MouseButton.LeftButton)
    assert window.canvas.isVisible()
    assert not back.isVisible()
