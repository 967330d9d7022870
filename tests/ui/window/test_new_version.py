"""The window tells quietly of a newer version, and in plain words when a person asks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QPushButton

from app.adapters.version_watch import VersionNews
from app.processes.messages import LookForVersion
from app.settings import folders
from app.ui.appearance import appearance
from tests.ui.window.conftest import Desk

NEWS = VersionNews("1.2.0", "1.3.0", "https://baton.invalid/download")


def words(desk: Desk) -> list[str]:
    told = desk.window.strips.words()
    assert told == desk.window.home_strips.words(), "wherever the person is"
    return told


def button(desk: Desk, said: str) -> QPushButton:
    return next(b for b in desk.window.strips.findChildren(QPushButton) if b.text() == said)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    pages: list[str] = []

    def open_url(url: QUrl) -> bool:
        pages.append(url.toString())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    return pages


def test_a_newer_version_opens_its_page_and_nothing_more(desk: Desk, opened: list[str]) -> None:
    desk.window.versions._tell(NEWS)
    assert words(desk) == ["Baton 1.3.0 is available. You have 1.2.0."]
    button(desk, "Get it from baton.invalid").click()
    assert opened == [NEWS.page]
    assert words(desk) == []


def test_it_speaks_the_language_of_now(desk: Desk) -> None:
    desk.window.versions._tell(NEWS)
    appearance().set_language("zh-CN")
    assert words(desk) == ["Baton 1.3.0 已发布。你的版本是 1.2.0。"]
    assert button(desk, "前往 baton.invalid 获取")


def test_nothing_newer_is_told_only_to_whoever_asked(desk: Desk) -> None:
    desk.window.versions._tell(VersionNews("1.2.0"))
    assert words(desk) == []
    desk.window.versions._answer(VersionNews("1.2.0"))
    assert words(desk) == ["You have the newest version (1.2.0)."]


def test_a_copy_that_knows_no_source_says_so_through_its_engine(live: Desk) -> None:
    """As every copy does that nobody signs for."""
    if json.loads(Path("resources/new_versions.json").read_text("utf-8"))["keys"]:
        pytest.skip("this copy has a source")
    live.trigger("app.new_version")
    live.wait(lambda: words(live) and "Asking" not in words(live)[0])
    assert words(live)[0].startswith("This copy of Baton doesn't know where new versions are told.")


def test_the_weekly_question_is_remembered_and_can_be_turned_off(live: Desk) -> None:
    memory = folders().state / "new_version.json"
    live.wait(memory.is_file)
    memory.unlink()
    live.window.preferences.change(watch_versions=False)
    live.run(live.window.link.ask(LookForVersion()))
    assert not memory.exists()
    live.window.preferences.change(watch_versions=True)
    live.wait(lambda: asked_again(live, memory))


def asked_again(desk: Desk, memory: Path) -> bool:
    desk.window.versions._look_weekly()
    return memory.is_file()


def test_a_skipped_version_is_kept_by_the_engine(live: Desk) -> None:
    live.window.versions._tell(NEWS)
    button(live, "Skip this version").click()
    memory = folders().state / "new_version.json"
    live.wait(lambda: memory.is_file() and json.loads(memory.read_text("utf-8"))["skipped"] == "1.3.0")
    assert words(live) == []
