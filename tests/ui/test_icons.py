"""Icons: all that are named are there, all that are there are named, and any colour can be had."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QIcon

from app.registry.discovery import discover
from app.settings import resource_folder
from app.ui.actions import ACTIONS
from app.ui.icons import app_icon, icon, pixmap, svg_source

FOLDER = resource_folder() / "icons/lucide"
BUNDLED = {path.stem for path in FOLDER.glob("*.svg")}
SOURCES = [*Path("app/ui").rglob("*.py"), *Path("nodes").rglob("*.py")]

pytestmark = pytest.mark.usefixtures("qapp")


def test_every_type_and_action_has_its_icon() -> None:
    specs = discover(()).specs
    named = {spec.type.icon for spec in specs} | {p.icon for spec in specs for p in spec.type.presets}
    named |= {action.icon for action in ACTIONS}
    assert named - {""} <= BUNDLED


def test_every_icon_that_code_names_is_there() -> None:
    named = re.compile(
        r'(?:paint_icon\(painter, |Icon(?:Button|Tile)\(|\bicon\(|\bpixmap\(|\bicon = )"([a-z0-9-]+)"'
    )
    missing = {
        name: path.name
        for path in SOURCES
        for name in named.findall(path.read_text("utf-8"))
        if name not in BUNDLED
    }
    assert missing == {}


def test_nothing_is_bundled_that_nobody_names() -> None:
    words = {word for path in SOURCES for word in re.findall(r'"([a-z0-9-]+)"', path.read_text("utf-8"))}
    assert BUNDLED - words == set()


def test_colour_size_and_density() -> None:
    drawn = pixmap("check", QColor("#45d093"), 20, 1.5)
    assert (drawn.width(), drawn.devicePixelRatio()) == (30, 1.5)
    image = drawn.toImage()
    seen = {
        image.pixelColor(x, y).name()
        for x in range(30)
        for y in range(30)
        if image.pixelColor(x, y).alphaF() == 1
    }
    assert seen == {"#45d093"}
    assert pixmap("check", QColor("#45d093"), 20, 1.5).cacheKey() == drawn.cacheKey()


def test_a_disabled_icon_is_drawn_in_its_own_colour() -> None:
    both = icon("check", QColor("#ffffff"), QColor("#808080"))
    normal, disabled = (both.pixmap(18, mode) for mode in (QIcon.Mode.Normal, QIcon.Mode.Disabled))
    assert normal.toImage() != disabled.toImage()


@pytest.mark.parametrize("name", ["nobody-has-this", "../../baton", "", "a/b", "C:x"])
def test_a_name_that_is_no_icon_leads_nowhere(name: str) -> None:
    assert svg_source(name, "#ffffff") == svg_source("puzzle", "#ffffff")


def test_the_program_has_an_icon() -> None:
    assert app_icon().pixmap(64).toImage().pixelColor(32, 8).blue() > 200
