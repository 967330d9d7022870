"""Rich text fetches nothing: neither what lies on this machine nor what a name leads to elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.help.help_view import HelpView
from app.ui.inspector.views.read_view import ReadView
from app.ui.text_browser import TextBrowser

ROOT = Path(__file__).parents[2]
RED = QColor("#ff0000")


def read(words: str) -> TextBrowser:
    view = ReadView()
    view.show_value(words, "text")
    return view


def helped(words: str) -> TextBrowser:
    view = HelpView()
    view.show_page(words)
    return view


def red_pixels(view: TextBrowser) -> int:
    view.resize(400, 300)
    view.show()
    QApplication.processEvents()
    seen = view.grab().toImage()
    return sum(
        seen.pixelColor(x, y) == RED for x in range(0, seen.width(), 3) for y in range(0, seen.height(), 3)
    )


@pytest.mark.parametrize("shown", [read, helped])
@pytest.mark.parametrize("form", ["![a](file://{})", "![a]({})", "![a](//localhost{})"])
def test_no_picture_of_this_machine_is_opened(
    qtbot: QtBot, tmp_path: Path, shown: Callable[[str], TextBrowser], form: str
) -> None:
    picture = tmp_path / "red.png"
    red = QImage(60, 60, QImage.Format.Format_RGB32)
    red.fill(RED)
    assert red.save(str(picture))
    view = shown(f"An answer {form.format(picture)}")
    qtbot.addWidget(view)
    assert red_pixels(view) == 0
    assert "An answer" in view.toPlainText()


def test_a_picture_would_be_seen(qtbot: QtBot) -> None:
    class Red(TextBrowser):
        def loadResource(self, kind: int, name: object) -> object:  # noqa: N802 - the name is Qt's
            red = QImage(60, 60, QImage.Format.Format_RGB32)
            red.fill(RED)
            return red

    view = Red()
    qtbot.addWidget(view)
    view.setMarkdown("An answer ![a](x.png)")
    assert red_pixels(view) > 0


def test_there_is_no_other_browser() -> None:
    for path in (ROOT / "app").rglob("*.py"):
        if path.name != "text_browser.py":
            names = {
                alias.name
                for node in ast.walk(ast.parse(path.read_text("utf-8")))
                if isinstance(node, ast.ImportFrom)
                for alias in node.names
            }
            assert not names & {"QTextBrowser", "QGraphicsTextItem"}, path
