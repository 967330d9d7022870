"""The library: the left panel with its search line and all entries in their groups."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.sdk.spec import NodeSpec
from app.texts import text
from app.ui.appearance import appearance
from app.ui.palette.entries import entries, search
from app.ui.palette.entry_list import EntryList
from app.ui.palette.search_line import SearchLine
from app.ui.widgets.plain_label import PlainLabel

WIDTH = 256


class Library(QWidget):
    """Emits `picked(entry id)`: "type" or "type#preset"."""

    picked = Signal(str)

    def __init__(self, specs: Sequence[NodeSpec], keys: str = "", parent: QWidget | None = None) -> None:
        """`keys` lead to the search line, as people read them."""
        super().__init__(parent)
        self._all = entries(specs)
        self.setProperty("role", "panel")
        self.setMinimumWidth(200)
        self._title = PlainLabel(role="strong")
        self._hint = PlainLabel(role="small")
        self.search = SearchLine()
        self.search.show_keys(keys)
        self.list = EntryList()
        self._nothing = PlainLabel(role="muted", wrap=True)
        self._lay_out()
        self.search.textEdited.connect(self._find)
        self.search.stepped.connect(self._step)
        self.search.accepted.connect(self._accept)
        self.list.picked.connect(self.picked)
        appearance().changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        self._title.setText(text("library.title"))
        self._hint.setText(text("library.hint"))
        self._nothing.setText(text("library.nothing"))
        self.search.setPlaceholderText(text("library.search"))
        self.search.setAccessibleName(text("library.search"))
        self.list.setAccessibleName(text("library.title"))
        self._find()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(4, 0, 4, 0)
        head.addWidget(self._title, 1)
        head.addWidget(self._hint)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 16, 8, 8)
        layout.setSpacing(12)
        layout.addLayout(head)
        layout.addWidget(self.search)
        layout.addWidget(self._nothing)
        layout.addWidget(self.list, 1)

    def _find(self) -> None:
        words = self.search.text()
        found = search(self._all, words)
        self.list.show_entries(found, grouped=not words.strip())
        self._nothing.setVisible(not found)
        if words.strip():
            self.list.go_to_first()

    def _step(self, event: QKeyEvent) -> None:
        if self.list.current() is None:
            self.list.go_to_first()
        elif self.search.text().strip():
            # The cursor stays in the words; only the choice moves.
            QCoreApplication.sendEvent(self.list, event)
            return
        self.list.setFocus(Qt.FocusReason.TabFocusReason)

    def _accept(self) -> None:
        current = self.list.current()
        if current is not None:
            self.picked.emit(current.id)
