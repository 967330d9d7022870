"""The recent files: each a row with its name and folder; pressed, it opens."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.document.file_names import stem_of
from app.texts import text
from app.ui.inspector.editors.editor import empty
from app.ui.plain import tooltip
from app.ui.welcome.pick_row import PickRow
from app.ui.widgets.plain_label import PlainLabel


class RecentList(QWidget):
    """Emits `chosen(path)`."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)

    def show_files(self, files: Sequence[Path], lost: Collection[Path] = ()) -> None:
        """Shows these files, the latest first; those that are `lost` in grey."""
        empty(self._layout)
        if not files:
            self._layout.addWidget(PlainLabel(text("start.no_recent"), "muted", wrap=True))
        for path in files:
            folder = path.parent.name or str(path.parent)
            more = text("start.recent.lost", folder=folder) if path in lost else folder
            row = PickRow(stem_of(path.name), more, pale=path in lost)
            row.setToolTip(tooltip(str(path)))
            row.clicked.connect(lambda _checked=False, chosen=path: self.chosen.emit(chosen))
            self._layout.addWidget(row)
        self._layout.addStretch(1)
