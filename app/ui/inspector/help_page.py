"""The help tab: the type's own page and its ports, as plain paragraphs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QFont, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QWidget

from app.registry import node_texts
from app.sdk.ports import Ports, PortSpec
from app.sdk.spec import NodeSpec
from app.texts import text
from app.ui.appearance import appearance
from app.ui.plain import visible
from app.ui.text_browser import TextBrowser


class HelpPage(TextBrowser):
    """Text is put in as text: nothing of it is read as markup, nothing is loaded."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "page")

    def show_type(self, spec: NodeSpec | None, ports: Ports, type_id: str) -> None:
        """The page of a type; a type that isn't here says so."""
        self.clear()
        if spec is None:
            self._write(text("inspector.help.unknown", type=type_id))
            return
        self._write(node_texts.summary(spec), strong=True, gap=12)
        for paragraph in _paragraphs(node_texts.help_page(spec)):
            self._write(paragraph, gap=10)
        self._ports(spec, ports.inputs, "in")
        self._ports(spec, ports.outputs, "out")
        settings = [field for field in spec.fields if node_texts.field_texts(spec).help(field)]
        self._heading("inspector.help.settings", bool(settings))
        for field in settings:
            words = node_texts.field_texts(spec)
            self._write(words.label(field), strong=True)
            self._write(words.help(field), gap=8)
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def _ports(self, spec: NodeSpec, ports: Sequence[PortSpec], side: str) -> None:
        self._heading(f"inspector.help.{side}", bool(ports))
        for port in ports:
            label = node_texts.port_label(spec, port, "in" if side == "in" else "out")
            kind = text(f"canvas.type.{port.type}")
            optional = "" if port.required or side == "out" else f" · {text('inspector.help.optional')}"
            self._write(f"{label} · {kind}{optional}", gap=4)

    def _heading(self, code: str, wanted: bool) -> None:
        if wanted:
            self._write(text(code), strong=True, muted=True, above=12, gap=6)

    def _write(
        self, words: str, *, strong: bool = False, muted: bool = False, above: int = 0, gap: int = 0
    ) -> None:
        look = appearance().theme
        drawn, block = QTextCharFormat(), QTextBlockFormat()
        drawn.setFontWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
        drawn.setForeground(look.muted if muted else look.text if strong else look.text2)
        block.setTopMargin(above)
        block.setBottomMargin(gap)
        block.setLineHeight(140, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if not self.document().isEmpty():
            cursor.insertBlock()
        cursor.setBlockFormat(block)
        cursor.insertText(visible(words), drawn)


def _paragraphs(page: str) -> list[str]:
    """The paragraphs of a docstring; its lines are broken for the source, not for the reader."""
    return [" ".join(paragraph.split()) for paragraph in page.split("\n\n") if paragraph.strip()]
