"""The preview: a value as a person would read it; Markdown without pictures, records as labels and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from PySide6.QtCore import QUrl
from PySide6.QtGui import QFont, QTextBlockFormat, QTextCharFormat, QTextCursor, QTextDocument, QTextFormat

from app import texts
from app.document.workflow import Json
from app.sdk.references import as_text
from app.texts import text
from app.ui.appearance import appearance
from app.ui.inspector.views.shape import as_shown, is_list
from app.ui.plain import tooltip, visible
from app.ui.text_browser import TextBrowser

_SIGNS = {"passed": "✓", "failed": "✗", "not_checked": "?"}
_TONES = {"passed": "done", "failed": "warning", "not_checked": "waiting"}


class ReadView(TextBrowser):
    """Loads nothing, runs nothing; a link shows where it leads and isn't followed."""

    def __init__(self) -> None:
        super().__init__()
        self.anchorClicked.connect(self._tell)

    def show_value(self, value: Json, data_type: str) -> None:
        self.clear()
        if data_type == "verdict" and isinstance(value, Mapping):
            self._verdict(value)
        elif isinstance(value, Mapping):
            self._record(value)
        elif is_list(value):
            self._list(cast("Sequence[Json]", value))
        else:
            self._markdown(visible(as_shown(value)))
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def _markdown(self, words: str) -> None:
        self.document().setMarkdown(words, QTextDocument.MarkdownFeature.MarkdownNoHTML)
        # A narrow panel has no room for headings of the size that Qt gives them.
        block = self.document().begin()
        while block.isValid():
            level = block.blockFormat().headingLevel()
            if level:
                drawn = QTextCharFormat()
                drawn.setProperty(QTextFormat.Property.FontSizeAdjustment, max(0, 2 - level))
                cursor = QTextCursor(block)
                cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
                cursor.mergeCharFormat(drawn)
            block = block.next()

    def _record(self, record: Mapping[str, Json]) -> None:
        for name, value in record.items():
            self._write(visible(name), strong=True, muted=True)
            self._write(visible(as_shown(value)), gap=10)

    def _list(self, items: Sequence[Json]) -> None:
        for item in items[:500]:
            self._write("• " + visible(as_text(item)[:2000]), gap=4)

    def _verdict(self, verdict: Mapping[str, Json]) -> None:
        word = str(verdict.get("verdict"))
        self._write(f"{_sign(word)} {text(f'verdict.{word}')}", strong=True, tone=_TONES.get(word, ""), gap=8)
        score = verdict.get("score")
        if isinstance(score, (int, float)):
            self._write(text("inspector.data.score", score=f"{score:.2f}"), gap=8)
        reasons = verdict.get("reasons")
        for reason in cast("Sequence[Json]", reasons) if is_list(reasons) else ():
            if isinstance(reason, Mapping):
                outcome = str(reason.get("verdict"))
                self._write(f"{_sign(outcome)} {_reason_words(reason)}", tone=_TONES.get(outcome, ""), gap=4)

    def _write(
        self, words: str, *, strong: bool = False, muted: bool = False, tone: str = "", gap: int = 0
    ) -> None:
        look = appearance().theme
        drawn, block = QTextCharFormat(), QTextBlockFormat()
        drawn.setFontWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
        drawn.setForeground(look.state(tone).text if tone else look.muted if muted else look.text)
        block.setBottomMargin(gap)
        cursor = self.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if not self.document().isEmpty():
            cursor.insertBlock()
        cursor.setBlockFormat(block)
        cursor.insertText(words, drawn)
        self.setTextCursor(cursor)

    def _tell(self, url: QUrl) -> None:
        self.setToolTip(tooltip(text("inspector.data.link", host=url.host() or url.toString())))


def _sign(verdict: str) -> str:
    return _SIGNS.get(verdict, "?")


def _reason_words(reason: Mapping[str, Json]) -> str:
    """A reason's sentence; a code that no catalogue knows is shown with its facts."""
    code, args = f"reason.{reason.get('code')}", reason.get("args")
    known: Mapping[str, Json] = args if isinstance(args, Mapping) else {}
    if texts.has(code, "en"):
        return visible(text(code, **known))
    facts = ", ".join(f"{name}: {as_text(value)}" for name, value in known.items())
    return visible(f"{reason.get('code')} ({facts})" if facts else str(reason.get("code")))
