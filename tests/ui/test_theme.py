"""The look: readable colours in both themes, a style sheet that is complete, live switching."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from PySide6.QtGui import QColor, QFontDatabase, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app import texts
from app.settings import resource_folder
from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.style_sheet import style_sheet, vary
from app.ui.theme import Theme, mix, theme

THEMES = [theme("dark"), theme("light")]


pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    appearance().set_mode("system")
    appearance().set_language("en")


def _luminance(colour: QColor) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(a: QColor, b: QColor) -> float:
    lighter, darker = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("look", THEMES, ids=lambda look: look.name)
def test_text_can_be_read(look: Theme) -> None:
    for ground in (look.panel, look.card, look.input):
        for ink in (look.text, look.text2, look.muted, look.accent2):
            assert contrast(ink, ground) >= 4.45, (ink.name(), ground.name())
    assert contrast(look.on_accent, look.accent) >= 4.5
    for state in look.states.values():
        assert contrast(state.text, look.card) >= 4.5
    for kind in look.kinds.values():
        assert contrast(kind, look.card) >= 4.5


@pytest.mark.parametrize("look", THEMES, ids=lambda look: look.name)
def test_badges_can_be_read_on_their_tint(look: Theme) -> None:
    for name, state in look.states.items():
        ground = mix(state.line, look.panel, look.badge_tint)
        assert contrast(state.text, ground) >= 4.0, name


@pytest.mark.parametrize("look", THEMES, ids=lambda look: look.name)
def test_lines_and_ports_can_be_seen(look: Theme) -> None:
    for colour in (*look.ports.values(), *(state.line for state in look.states.values())):
        assert contrast(colour, look.canvas) >= 3.0, colour.name()
    for ground in (look.panel, look.card):
        assert contrast(look.border_strong, ground) >= 3.0


def test_both_themes_name_the_same_things() -> None:
    dark, light = THEMES
    for part in ("states", "kinds", "ports", "notes"):
        assert getattr(dark, part).keys() == getattr(light, part).keys()


def test_a_name_from_a_file_that_no_theme_knows() -> None:
    look = theme("dark")
    assert look.note("ultraviolet") == look.notes["grey"]
    assert look.kind("surprise") == look.kinds["unknown"]


@pytest.mark.parametrize("look", THEMES, ids=lambda look: look.name)
def test_the_style_sheet_is_filled_and_its_pictures_exist(look: Theme) -> None:
    sheet = style_sheet(look, "en")
    assert "$" not in re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    pictures = re.findall(r'url\("([^"]+)"\)', sheet)
    assert pictures
    for picture in pictures:
        with open(picture, encoding="utf-8") as file:  # noqa: PTH123
            assert "<svg" in file.read()


def test_chinese_is_never_smaller_than_it_can_be_read() -> None:
    sizes = {int(px) for px in re.findall(r"font-size: (\d+)px", style_sheet(theme("dark"), "zh-CN"))}
    assert min(sizes) == fonts.CHINESE_FLOOR
    assert fonts.font(fonts.SMALL, "zh-CN").pixelSize() == 12
    assert fonts.font(fonts.SMALL, "en").pixelSize() == 11


@pytest.mark.parametrize("style", [fonts.BODY, fonts.LABEL, fonts.STRONG])
def test_the_bundled_fonts_are_used(style: fonts.TextStyle) -> None:
    font = fonts.font(style)
    assert QFontInfo(font).family() == "Inter"
    assert "Inter" in QFontDatabase.families()


def test_fonts_and_icons_come_with_their_licences() -> None:
    folder = resource_folder()
    assert "SIL OPEN FONT LICENSE" in (folder / "fonts/OFL.txt").read_text("utf-8")
    assert "ISC License" in (folder / "icons/lucide/LICENSE").read_text("utf-8")
    assert sum(file.stat().st_size for file in (folder / "fonts").iterdir()) < 1_500_000


def test_the_theme_switches_live(qapp: QApplication) -> None:
    seen: list[str] = []
    look = appearance()
    look.changed.connect(lambda: seen.append(look.theme.name))
    look.set_mode("light")
    assert qapp.palette().color(QPalette.ColorRole.Window) == theme("light").panel
    look.set_mode("dark")
    assert qapp.palette().color(QPalette.ColorRole.Window) == theme("dark").panel
    assert seen[-2:] == ["light", "dark"]
    assert theme("dark").panel.name() in qapp.styleSheet()


def test_the_language_switches_live(qapp: QApplication) -> None:
    seen: list[str] = []
    appearance().changed.connect(lambda: seen.append(texts.language()))
    appearance().set_language("zh-CN")
    assert seen == ["zh-CN"]
    assert "font-size: 12px" in qapp.styleSheet()
    assert "font-size: 11px" not in qapp.styleSheet()


def test_a_button_changes_its_variant_while_shown(qtbot: QtBot) -> None:
    button, label = QPushButton("Run"), QLabel("x")
    for widget in (button, label):
        qtbot.addWidget(widget)
        widget.resize(90, 34)
        widget.show()
    appearance().set_mode("dark")
    plain = button.grab().toImage().pixelColor(12, 17)
    vary(button, kind="primary")
    assert button.grab().toImage().pixelColor(12, 17) == theme("dark").accent != plain


def test_qts_own_words_follow_the_language(qtbot: QtBot) -> None:
    def offered() -> list[str]:
        menu = field.createStandardContextMenu()
        words = [action.text() for action in menu.actions()]
        menu.deleteLater()
        return words

    field = QLineEdit("text")
    qtbot.addWidget(field)
    appearance().set_language("zh-CN")
    assert any("粘贴" in words for words in offered())
    appearance().set_language("en")
    assert any("Paste" in words for words in offered())
