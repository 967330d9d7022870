"""ZoomBar: out, the zoom in per cent, in, all, tidy."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from app.texts import text
from app.ui.appearance import appearance
from app.ui.widgets.icon_button import IconButton

_STEPS = (0.05, 0.1, 0.15, 0.25, 0.33, 0.5, 0.67, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 2.5, 3.0)


class ZoomBar(QFrame):
    """Emits what was pressed; `show_zoom` tells it where the view stands."""

    zoom_wanted = Signal(float)
    fit_wanted = Signal()
    tidy_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "float")
        self._zoom = 1.0
        self._out = IconButton("minus", "", 16)
        self._percent = QPushButton("100%")
        self._percent.setProperty("kind", "ghost")
        self._percent.setFixedWidth(72)
        self._in = IconButton("plus", "", 16)
        self._fit = IconButton("maximize", "", 16)
        self._tidy = IconButton("workflow", "", 16)
        line = QFrame()
        line.setProperty("role", "line-vertical")
        row = QHBoxLayout(self)
        row.setContentsMargins(5, 2, 5, 2)
        row.setSpacing(2)
        for part in (self._out, self._percent, self._in, line, self._fit, self._tidy):
            row.addWidget(part)
        self._out.clicked.connect(lambda: self.zoom_wanted.emit(self._next(-1)))
        self._in.clicked.connect(lambda: self.zoom_wanted.emit(self._next(1)))
        self._percent.clicked.connect(lambda: self.zoom_wanted.emit(1.0))
        self._fit.clicked.connect(self.fit_wanted)
        self._tidy.clicked.connect(self.tidy_wanted)
        appearance().changed.connect(self._name)
        self._name()

    def show_zoom(self, zoom: float) -> None:
        self._zoom = zoom
        self._percent.setText(f"{zoom * 100:.0f}%")

    def set_tidy_shown(self, shown: bool) -> None:
        """Whether the workflow can be tidied here."""
        self._tidy.setVisible(shown)

    def _next(self, direction: int) -> float:
        """The next round figure of zoom in a direction."""
        if direction > 0:
            return next((step for step in _STEPS if step > self._zoom * 1.01), _STEPS[-1])
        return next((step for step in reversed(_STEPS) if step < self._zoom * 0.99), _STEPS[0])

    def _name(self) -> None:
        for button, code in ((self._out, "out"), (self._in, "in"), (self._fit, "fit"), (self._tidy, "tidy")):
            button.set_label(text(f"canvas.zoom.{code}"))
        self._percent.setToolTip(text("canvas.zoom.full"))
        self._percent.setAccessibleName(text("canvas.zoom.full"))
