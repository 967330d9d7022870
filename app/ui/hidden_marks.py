"""Hidden marks: gives letters that nobody can see a place and a colour in a text that is being edited."""

from __future__ import annotations

from PySide6.QtGui import QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from app.ui.appearance import appearance
from app.ui.plain import hides
from app.ui.theme import tint

_WIDTH = 7  # pixels that something without a width of its own gets


class HiddenMarks(QSyntaxHighlighter):
    """A document has room for one highlighter: who colours more inherits this one."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        appearance().changed.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:
        if text.isascii() and text.isprintable():
            return
        at, drawn = 0, _drawn()
        for letter in text:
            if hides(letter):
                self.setFormat(at, _units(letter), drawn)
            at += _units(letter)


def _drawn() -> QTextCharFormat:
    warning = appearance().theme.state("warning")
    drawn = QTextCharFormat()
    drawn.setBackground(tint(warning.line, 70))
    drawn.setForeground(warning.text)
    drawn.setFontLetterSpacingType(QFont.SpacingType.AbsoluteSpacing)
    drawn.setFontLetterSpacing(_WIDTH)
    return drawn


def _units(letter: str) -> int:
    """Qt counts in UTF-16."""
    return 2 if ord(letter) > 0xFFFF else 1
