"""The reference legend: below a text, which step each name in it stands for."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.sdk.references import inputs_of
from app.texts import text
from app.ui.inspector.around import Around
from app.ui.inspector.editors.editor import column
from app.ui.inspector.editors.reference_marks import BRACES
from app.ui.inspector.editors.source_menu import full_name
from app.ui.widgets.plain_label import ElidedLabel


class ReferenceLegend(QWidget):
    """One line a name: "message: Customer request › Message", or that nothing brings it."""

    def __init__(self, around: Around, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._around = around
        self._lines: list[ElidedLabel] = []
        self._column = column(self, 2)
        self.setVisible(False)

    def show_text(self, shown: str) -> None:
        """Says what the names of this text stand for."""
        sources = self._around.incoming()
        facts: list[tuple[str, str]] = []
        for name in _names(shown):
            known = sources.get(name)
            if known is None:
                facts.append((text("inspector.reference.nothing", name=name), "warning"))
            else:
                facts.append((text("inspector.reference.from", name=name, source=full_name(known)), "small"))
        self._show(facts)

    def _show(self, facts: list[tuple[str, str]]) -> None:
        if [(label.text(), label.property("role")) for label in self._lines] == facts:
            return
        for label in self._lines:
            label.deleteLater()
            label.setParent(None)
        self._lines = [ElidedLabel(words, role) for words, role in facts]
        for label in self._lines:
            self._column.addWidget(label)
        self.setVisible(bool(facts))


def _names(shown: str) -> list[str]:
    """The inputs named, each once; one reference that can't be read doesn't hide the others."""
    return list(dict.fromkeys(name for braces in BRACES.findall(shown) for name in inputs_of(braces)))
