"""Breadcrumb: the way from the workflow to the frame that is open, each part of it a way back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.texts import text
from app.ui.appearance import appearance
from app.ui.icons import pixmap
from app.ui.plain import one_line, tooltip
from app.ui.widgets.icon_button import IconButton
from app.ui.widgets.plain_label import PlainLabel

_WIDEST = 200  # px of one title
_NARROWEST = 48


class Breadcrumb(QFrame):
    """Emits `wanted(frame)`, empty for the top. Hidden at the top, where there is nowhere to go."""

    wanted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "float")
        self._way: Sequence[tuple[str, str]] = ()
        self._room = 0
        self._up = IconButton("corner-left-up", "", 16)
        self._up.clicked.connect(self._go_up)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(5, 2, 12, 2)
        self._row.setSpacing(2)
        self._row.addWidget(self._up)
        self._parts: list[QWidget] = []
        self.hide()
        appearance().changed.connect(self._name)

    def show_way(self, way: Sequence[tuple[str, str]], room: int) -> None:
        """`way`: (frame, title) from the workflow to the open level; `room`: how wide it may be, in pixels."""
        if (way, room) != (self._way, self._room):
            self._way, self._room = way, room
            self._name()
        self.setVisible(len(way) > 1)

    def _go_up(self) -> None:
        if len(self._way) > 1:
            self.wanted.emit(self._way[-2][0])

    def _name(self) -> None:
        self._up.set_label(text("canvas.levels.up"))
        self.setAccessibleName(text("canvas.levels.name"))
        for part in self._parts:
            self._row.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._parts.clear()
        most = min(_WIDEST, max(_NARROWEST, (self._room - 64) // max(1, len(self._way)) - 44))
        for frame, title in self._way[:-1]:
            self._add(self._button(frame, title, most))
            self._add(_arrow())
        if self._way:
            self._add(self._here(self._way[-1][1], most))
        self.adjustSize()

    def _add(self, part: QWidget) -> None:
        self._parts.append(part)
        self._row.addWidget(part)
        part.show()

    def _button(self, frame: str, title: str, most: int) -> QPushButton:
        button = QPushButton()
        button.setProperty("kind", "ghost")
        button.setText(_shortened(button.fontMetrics(), title, most).replace("&", "&&"))
        button.setToolTip(tooltip(title))
        button.setAccessibleName(text("canvas.levels.to", title=one_line(title)))
        button.clicked.connect(partial(self.wanted.emit, frame))
        return button

    def _here(self, title: str, most: int) -> PlainLabel:
        here = PlainLabel("", "strong")
        here.setText(_shortened(here.fontMetrics(), title, most))
        here.setContentsMargins(8, 0, 0, 0)
        here.setToolTip(tooltip(title))
        here.setAccessibleName(text("canvas.levels.here", title=one_line(title)))
        return here


def _shortened(metrics: QFontMetrics, title: str, most: int) -> str:
    return metrics.elidedText(one_line(title), Qt.TextElideMode.ElideRight, most)


def _arrow() -> QLabel:
    arrow = QLabel()
    arrow.setPixmap(pixmap("chevron-right", appearance().theme.muted, 14, arrow.devicePixelRatioF()))
    return arrow
