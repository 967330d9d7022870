"""The budget chip: the cap of one run, and how much of it the run has spent."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app import figures
from app.costs.cost import Cost
from app.forecast.forecast import CostInterval
from app.texts import text
from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_text, fill_rounded
from app.ui.icons import paint_icon

_HEIGHT = 34


class BudgetChip(QAbstractButton):
    """A button: pressed, it lets a person change the cap. Of one run, or of everything today."""

    def __init__(self, span: Literal["run", "today"] = "run", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._span = span
        self._cap: Decimal | None = None
        self._spent: Cost | None = None
        self._ahead: CostInterval | None = None
        self.setObjectName("budget")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        appearance().changed.connect(self._renamed)

    def show_budget(self, cap: Decimal | None, spent: Cost | None, ahead: CostInterval | None = None) -> None:
        """The cap of a run and what the run has spent, or before one what it will cost; None: there is no cap, no run,
        or nobody knows.
        """
        if (cap, spent, ahead) != (self._cap, self._spent, self._ahead):
            self._cap, self._spent, self._ahead = cap, spent, ahead
            self._renamed()

    def _renamed(self) -> None:
        self.setAccessibleName(" ".join(self._words()))
        self.setToolTip(text("window.budget.tip" if self._span == "run" else "window.wallet.tip"))
        self.updateGeometry()
        self.update()

    def _words(self) -> tuple[str, str]:
        if self._span == "today":
            spent = figures.cost(self._spent) if self._spent else figures.money(Decimal(0))
            code = "window.wallet.today" if self._cap is None else "window.wallet.of"
            return spent, text(code, cap="" if self._cap is None else figures.limit(self._cap))
        cap = text("window.budget.none") if self._cap is None else figures.limit(self._cap)
        if self._spent is None and self._ahead is not None:
            of = text("window.budget.of", cap=cap) if self._cap is not None else ""
            return figures.cost_expected(self._ahead), of
        if self._spent is None:
            return cap, text("window.budget.a_run") if self._cap is not None else ""
        of = text("window.budget.of", cap=cap) if self._cap is not None else ""
        return figures.cost(self._spent), of

    def sizeHint(self) -> QSize:
        language = appearance().language
        first, second = self._words()
        width = fonts.metrics(fonts.CHIP_STRONG, language).horizontalAdvance(first)
        width += fonts.metrics(fonts.LABEL, language).horizontalAdvance(second)
        return QSize(round(width * 1.1) + 58, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        look, language = appearance().theme, appearance().language
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = QPen(look.accent2, 2) if self.hasFocus() else QPen(look.border, 1)
        ground = look.hover if self.underMouse() else look.card
        fill_rounded(painter, QRectF(self.rect()), 10, ground, edge)
        paint_icon(painter, "wallet", look.text2, QRectF(13, _HEIGHT / 2 - 8, 16, 16))
        first, second = self._words()
        style = fonts.TextStyle(12, fonts.LABEL_STRONG.weight, tabular=True)
        area = QRectF(37, 0, self.width() - 44, _HEIGHT)
        used = draw_text(painter, area, first, style, look.text, language)
        draw_text(painter, area.adjusted(used + 5, 0, 0, 0), second, fonts.LABEL, look.muted, language)
        self._paint_share(painter)

    def _paint_share(self, painter: QPainter) -> None:
        if not self._cap or self._spent is None:
            return
        look = appearance().theme
        share = min(1.0, float(self._spent.known / self._cap))
        track = QRectF(13, _HEIGHT - 5, self.width() - 26, 2)
        fill_rounded(painter, track, 1, look.input)
        tone = "error" if share >= 1 else "warning" if share > 0.8 else "done"
        if share > 0:
            track.setWidth(max(3.0, track.width() * share))
            fill_rounded(painter, track, 1, look.state(tone).line)
