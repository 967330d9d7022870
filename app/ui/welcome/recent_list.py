"""The recent files: each a row with its name and folder; pressed, it opens."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from app.document.file_names import stem_of
from app.texts import text
from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_text, fill_rounded
from app.ui.inspector.editors.editor import empty
from app.ui.plain import one_line, tooltip, visible
from app.ui.widgets.icon_button import paint_tile
from app.ui.widgets.plain_label import PlainLabel

_ROW = 52


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
            row = _Row(path, is_lost=path in lost)
            row.clicked.connect(lambda _checked=False, chosen=path: self.chosen.emit(chosen))
            self._layout.addWidget(row)
        self._layout.addStretch(1)


class _Row(QAbstractButton):
    def __init__(self, path: Path, *, is_lost: bool) -> None:
        super().__init__()
        self._is_lost = is_lost
        self._name = stem_of(path.name)
        folder = path.parent.name or str(path.parent)
        self._folder = text("start.recent.lost", folder=folder) if is_lost else folder
        self.setFixedHeight(_ROW)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(tooltip(str(path)))
        self.setAccessibleName(visible(f"{self._name}, {self._folder}"))

    def paintEvent(self, event: QPaintEvent) -> None:
        look, language = appearance().theme, appearance().language
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            edge = QPen(look.accent2, 2) if self.hasFocus() else None
            fill_rounded(painter, QRectF(self.rect()).adjusted(0, 2, 0, -2), 9, look.hover, edge)
        ink, name_ink = (look.muted, look.muted) if self._is_lost else (look.accent2, look.text)
        paint_tile(painter, "workflow", ink, 12, QRectF(8, 10, 32, 32))
        words = QRectF(52, 8, self.width() - 60, 18)
        draw_text(painter, words, one_line(self._name), fonts.STRONG, name_ink, language)
        draw_text(painter, words.translated(0, 18), one_line(self._folder), fonts.SMALL, look.muted, language)
