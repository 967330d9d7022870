"""Recent files that were moved or deleted: grey in menu and start page, and found again from there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLineEdit, QMenu

from app.adapters.recent_files import recent_files, remember_file
from app.adapters.recently_used import list_file
from app.settings import folders
from app.ui.welcome.recent_list import RecentList
from tests.ui.window.conftest import Desk
from tests.ui.window.small_flow import saved, template_flow

ROOT = Path(__file__).parents[3]


@pytest.fixture
def moved(desk: Desk, tmp_path: Path) -> Path:
    """Two files were open lately; one of them is now in another folder, which is given."""
    there, gone = saved(template_flow(), tmp_path, "there.baton.json"), tmp_path / "gone.baton.json"
    for path in (gone, there):
        remember_file(folders(), path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    saved(template_flow(), elsewhere, gone.name)
    desk.run(shown(desk))
    return elsewhere / gone.name


async def shown(desk: Desk) -> None:
    desk.window.show_start()


def rows(desk: Desk) -> dict[str, QAbstractButton]:
    (listed,) = desk.window.start.findChildren(RecentList)
    buttons = [one for one in listed.findChildren(QAbstractButton) if one.isVisible()]
    return {one.accessibleName().split(",")[0]: one for one in buttons}


def is_grey(desk: Desk, name: str) -> bool:
    return name in rows(desk) and "Press to find it" in rows(desk)[name].accessibleName()


def test_a_lost_file_is_grey_and_says_so(desk: Desk, moved: Path) -> None:
    desk.wait(lambda: is_grey(desk, "gone"))
    assert not is_grey(desk, "there")
    menu = QMenu()
    desk.window.opening.fill_recent(menu)
    assert [(one.text().strip(), one.isEnabled()) for one in menu.actions()] == [
        ("there.baton.json", True),
        ("gone.baton.json", False),
        ("Find it…", True),
    ]


def test_it_is_found_where_it_lies_now(desk: Desk, moved: Path) -> None:
    desk.wait(lambda: is_grey(desk, "gone"))
    QTest.mouseClick(rows(desk)["gone"], Qt.MouseButton.LeftButton)
    desk.answer("Find it…")
    desk.wait(lambda: any(one.isVisible() for one in desk.window.findChildren(QFileDialog)))
    (dialog,) = desk.window.findChildren(QFileDialog)
    desk.run(picked(dialog, moved))
    desk.wait(lambda: desk.window.session.place.path == moved)
    desk.wait(lambda: recent_files(folders())[:1] == (moved,))
    assert [path.parent.name for path in recent_files(folders()) if path.name == moved.name] == ["elsewhere"]


async def picked(dialog: QFileDialog, path: Path) -> None:
    name = dialog.findChild(QLineEdit)
    assert name is not None
    name.setText(str(path))
    dialog.accept()


def test_it_can_be_taken_off_the_list(desk: Desk, moved: Path) -> None:
    desk.wait(lambda: is_grey(desk, "gone"))
    QTest.mouseClick(rows(desk)["gone"], Qt.MouseButton.LeftButton)
    desk.answer("Take it off the list")
    desk.wait(lambda: "gone" not in rows(desk))
    assert [path.name for path in recent_files(folders())] == ["there.baton.json"]
    assert desk.window.start.isVisible(), "nothing was opened"


def test_a_file_that_went_a_moment_ago_leads_there_too(desk: Desk, moved: Path) -> None:
    """Nobody has looked since, so it isn't grey yet."""
    there = moved.parents[1] / "there.baton.json"
    desk.wait(lambda: is_grey(desk, "gone"))
    there.unlink()
    QTest.mouseClick(rows(desk)["there"], Qt.MouseButton.LeftButton)
    desk.answer("Cancel")
    assert there in recent_files(folders())


def test_what_was_opened_is_told_for_the_systems_menus(desk: Desk, tmp_path: Path) -> None:
    told: list[Path] = []
    desk.window.files.remembered.connect(told.append)
    desk.window.opening.recent(saved(template_flow(), tmp_path, "a.baton.json"))
    desk.wait(lambda: told)
    assert told == [tmp_path / "a.baton.json"]
    assert desk.window.session.workflow.name == template_flow().name


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems' menus can't be read")
@pytest.mark.parametrize("own_place", [False, True])
def test_the_program_tells_its_desktop_what_it_opened(home: Path, tmp_path: Path, own_place: bool) -> None:
    """But not where its profile was put into a place of its own."""
    file = saved(template_flow(), tmp_path, "a.baton.json")
    environment = {name: value for name, value in os.environ.items() if own_place or name != "BATON_HOME"}
    listed = list_file(home)
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "app", str(file)], cwd=ROOT, env=environment
    ) as program:
        end = time.monotonic() + 60
        try:
            # The list is made empty, for this person alone, before it is replaced.
            while not (
                list(home.glob("**/recent.json")) if own_place else listed.is_file() and listed.stat().st_size
            ):
                assert time.monotonic() < end, "it wasn't told"
                time.sleep(0.02)
        finally:
            program.terminate()
    assert listed.is_file() is not own_place
    assert own_place or file.as_uri() in listed.read_text("utf-8")
