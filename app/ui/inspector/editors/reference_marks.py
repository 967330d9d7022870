"""Reference marks: colours each `{{…}}` of a text by what it leads to."""

from __future__ import annotations

import re
from collections.abc import Collection

from PySide6.QtGui import QTextCharFormat, QTextDocument

from app.sdk import references
from app.ui.appearance import appearance
from app.ui.hidden_marks import HiddenMarks
from app.ui.inspector.editors.places import units
from app.ui.theme import tint

BRACES = re.compile(r"\{\{[^{}\n]*\}\}")


class ReferenceMarks(HiddenMarks):
    """References to inputs that are there get the link colour, all others a wavy line."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._inputs: frozenset[str] = frozenset()

    def set_inputs(self, inputs: Collection[str]) -> None:
        """The inputs that a link brings."""
        if frozenset(inputs) != self._inputs:
            self._inputs = frozenset(inputs)
            self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        for match in BRACES.finditer(text):
            self.setFormat(units(text[: match.start()]), units(match.group()), self._format(match.group()))
        super().highlightBlock(text)

    def _format(self, braces: str) -> QTextCharFormat:
        look = appearance().theme
        drawn = QTextCharFormat()
        if _leads_somewhere(braces, self._inputs):
            drawn.setForeground(look.accent2)
            drawn.setBackground(tint(look.accent2, 14))
        else:
            warning = look.state("warning")
            drawn.setForeground(warning.text)
            drawn.setBackground(tint(warning.line, 14))
            drawn.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            drawn.setUnderlineColor(warning.line)
        return drawn


def _leads_somewhere(braces: str, inputs: Collection[str]) -> bool:
    try:
        found = references.find(braces)
    except references.ReferenceFault:
        return False
    return bool(found) and all(reference.input in inputs for reference in found)
