"""Help in the window: F1 opens the page that fits what the person is doing, beside the work."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from app.guide.library import Place, library
from app.guide.order import FIRST_WORKFLOW, INDEX, KEEP_KEYS_SAFE, RUN_OVER_A_TABLE, SETTINGS
from app.texts import text
from app.ui.actions import BY_ID
from app.ui.canvas.selection import only
from app.ui.help.help_window import HelpWindow
from app.ui.preferences.dialog import PreferencesDialog
from app.ui.run_form.run_form import RunForm
from app.ui.session import Place as FilePlace
from tests.ui.window.conftest import Desk
from tests.ui.window.small_flow import template_flow


@pytest.fixture
def flow(desk: Desk) -> None:
    desk.window.session.open(template_flow(), FilePlace())
    desk.wait(lambda: "say" in desk.window.canvas.scene.nodes)


def test_f1_opens_the_page_on_the_picked_step(desk: Desk, flow: None) -> None:
    assert BY_ID["help.fitting"].keys == ("F1",)
    desk.window.canvas.select(only("nodes", "say"))
    desk.trigger("help.fitting")
    panel = desk.window.help.panel
    assert panel.isVisible()
    assert panel.place == Place("reference/steps/data.template")
    assert library("en").title("reference/steps/data.template") in panel.view.toPlainText()
    assert desk.window.canvas.isVisible(), "the work stays beside it"


def test_without_a_picked_step_it_opens_where_the_work_stands(desk: Desk, flow: None) -> None:
    desk.trigger("help.fitting")
    assert desk.window.help.panel.place.page == INDEX
    desk.window.show_start()
    desk.trigger("help.fitting")
    assert desk.window.help.panel.place.page == FIRST_WORKFLOW


def test_an_empty_canvas_opens_the_tutorial(desk: Desk) -> None:
    desk.trigger("file.new")
    desk.trigger("help.fitting")
    assert desk.window.help.panel.place.page == FIRST_WORKFLOW


@pytest.mark.parametrize(
    ("page", "read"),
    [
        ("money", Place(SETTINGS, "money-and-speed")),
        ("keys", Place(KEEP_KEYS_SAFE)),
        ("", Place(SETTINGS, "general")),
    ],
)
def test_f1_in_preferences_opens_help_beside_them(desk: Desk, page: str, read: Place) -> None:
    desk.window.preferences_desk.open(page)
    dialog = desk.window.findChild(PreferencesDialog)
    assert isinstance(dialog, PreferencesDialog)
    desk.wait(dialog.isActiveWindow)
    QTest.keyClick(dialog, Qt.Key.Key_F1)
    beside = dialog.findChild(HelpWindow)
    assert isinstance(beside, HelpWindow)
    assert beside.panel.place == read
    assert bool(beside.panel.view.verticalScrollBar().value()) == bool(read.anchor)
    assert desk.window.help.panel.isHidden(), "the work behind it is left alone"
    beside.panel.closed.emit()
    assert not beside.isVisible()
    dialog.close()


def test_f1_in_a_dialog_that_keeps_the_window_from_being_used(live: Desk, flow: None) -> None:
    live.wait(live.window.top.run.main.isEnabled)
    live.trigger("run.once")
    live.wait(lambda: live.window.findChild(RunForm) is not None)
    form = live.window.findChild(RunForm)
    assert isinstance(form, RunForm)
    live.wait(form.isActiveWindow)
    QTest.keyClick(form, Qt.Key.Key_F1)
    beside = form.findChild(HelpWindow)
    assert isinstance(beside, HelpWindow)
    assert beside.panel.place.page == RUN_OVER_A_TABLE
    form.reject()


def test_the_start_page_leads_to_the_tutorial(desk: Desk) -> None:
    desk.window.show_start()
    (build,) = [b for b in desk.window.start.findChildren(QPushButton) if b.text() == text("start.tutorial")]
    build.click()
    assert desk.window.help.panel.place.page == FIRST_WORKFLOW


def test_help_takes_the_window_and_gives_it_back(desk: Desk, flow: None) -> None:
    desk.trigger("help.contents")
    panel = desk.window.help.panel
    panel.size_button.click()
    assert not desk.window.pages.stack.isVisible()
    panel.size_button.click()
    assert desk.window.pages.stack.isVisible()
    panel.size_button.click()
    panel.close_button.click()
    assert not panel.isVisible()
    assert desk.window.pages.stack.isVisible()


def test_a_narrow_window_has_room_for_one(desk: Desk, flow: None) -> None:
    desk.window.resize(950, 650)
    desk.trigger("help.tutorial")
    assert desk.window.help.panel.isVisible()
    assert not desk.window.pages.stack.isVisible()
    assert desk.window.width() == 950
