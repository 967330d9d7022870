"""The models of a month with their colours and amounts; one can be chosen, and then only it is shown."""

from __future__ import annotations

from collections import Counter
from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from app import figures
from app.adapters.model_names import short_name
from app.costs.bill import Line, Model
from app.texts import text
from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_text, fill_rounded
from app.ui.costs.amounts import line_cost
from app.ui.costs.model_colours import ModelColours
from app.ui.plain import one_line
from app.ui.theme import tint
from app.ui.widgets.flow_row import FlowRow

_HEIGHT = 24
_MOST = 10
_LONGEST_CONNECTION = 24  # characters


class Legend(FlowRow):
    """Emits `chosen(model)`: a pair of connection and model, or None where it was taken back."""

    chosen = Signal(object)

    def show_models(self, lines: tuple[Line, ...], colours: ModelColours, chosen: Model | None) -> None:
        self.clear()
        names = Counter(short_name(line.name) for line in lines)
        for line in lines[:_MOST]:
            model = line.models[0]
            entry = _Entry(line, model, colours, model == chosen)
            if names[short_name(line.name)] > 1:  # the same model of several accounts
                entry.tell_connection()
            entry.clicked.connect(partial(self._choose, None if model == chosen else model))
            self.add(entry)

    def _choose(self, model: Model | None) -> None:
        self.chosen.emit(model)


class _Entry(QAbstractButton):
    def __init__(self, line: Line, model: Model, colours: ModelColours, is_chosen: bool) -> None:
        super().__init__()
        self._name = one_line(short_name(line.name)) or text("figure.unknown")
        self._cost = line_cost(line)
        if line.free:
            self._cost += text("costs.legend.calls", calls=figures.count(line.calls))
        self._model, self._colours = model, colours
        self.setCheckable(True)
        self.setChecked(is_chosen)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{self._name}, {self._cost}")
        self.setToolTip(
            text("costs.legend.tip", model=self._name, connection=model[0] or text("model.this_computer"))
        )

    def tell_connection(self) -> None:
        """Says with its name whose model it is."""
        whose = one_line(self._model[0], _LONGEST_CONNECTION) or text("model.this_computer")
        self._name = f"{self._name} · {whose}"
        self.setAccessibleName(f"{self._name}, {self._cost}")
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        language = appearance().language
        width = fonts.metrics(fonts.LABEL, language).horizontalAdvance(self._name)
        width += fonts.metrics(fonts.LABEL, language).horizontalAdvance(self._cost)
        return QSize(round(width) + 38, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        look, language = appearance().theme, appearance().language
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = (
            tint(look.accent, 14)
            if self.isChecked()
            else look.hover
            if self.underMouse()
            else tint(look.hover, 0)
        )
        edge = QPen(look.accent2, 2) if self.hasFocus() else None
        fill_rounded(painter, QRectF(self.rect()), 8, ground, edge)
        fill_rounded(painter, QRectF(8, _HEIGHT / 2 - 4.5, 9, 9), 3, self._colours.of(self._model, look))
        area = QRectF(23, 0, self.width() - 28, _HEIGHT)
        used = draw_text(painter, area, self._name, fonts.LABEL, look.text, language)
        draw_text(painter, area.adjusted(used + 6, 0, 0, 0), self._cost, fonts.LABEL, look.muted, language)
