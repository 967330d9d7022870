"""PickRow: a row with an icon tile, a title and one plain line; pressed, it is taken."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_text, fill_rounded
from app.ui.plain import one_line, tooltip, visible
from app.ui.widgets.icon_button import paint_tile

ROW = 52  # pixels high


class PickRow(QAbstractButton):
    """`kind` is a step's, for the tile's colour; a `pale` one stands for what isn't there."""

    def __init__(
        self,
        title: str,
        more: str,
        icon: str = "workflow",
        kind: str = "",
        *,
        pale: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._title, self._more, self._icon, self._kind, self._pale = title, more, icon, kind, pale
        self.setFixedHeight(ROW)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(tooltip(more))
        self.setAccessibleName(visible(f"{title}, {more}"))

    def paintEvent(self, event: QPaintEvent) -> None:
        look, language = appearance().theme, appearance().language
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            edge = QPen(look.accent2, 2) if self.hasFocus() else None
            fill_rounded(painter, QRectF(self.rect()).adjusted(1, 2, -1, -2), 9, look.hover, edge)
        ink = look.muted if self._pale else look.kind(self._kind) if self._kind else look.accent2
        paint_tile(painter, self._icon, ink, 12, QRectF(8, 10, 32, 32))
        words = QRectF(52, 8, self.width() - 60, 18)
        title_ink = look.muted if self._pale else look.text
        draw_text(painter, words, one_line(self._title), fonts.STRONG, title_ink, language)
        draw_text(painter, words.translated(0, 18), one_line(self._more), fonts.SMALL, look.muted, language)
