"""Editor: what every kind of field's editor has: a value shown, and word of each edit."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLayout, QVBoxLayout, QWidget

from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.spec import FieldSpec
from app.ui.inspector.around import Around
from app.ui.style_sheet import vary

_PAUSE = 2_000  # ms; typing after a longer pause is a new step for undo


class Editor(QWidget):
    """Shows a field's plain value; emits `edited(value, goes_on)` when the person changes it.

    `goes_on` is true for a letter typed right after another: both are one step for undo. What the
    person didn't touch stays exactly as it was given, even where the editor can't express it.
    """

    edited = Signal(object, bool)
    wanted = Signal(object)  # a Wanted: the value asked for needs a new link
    fault = Signal(str)  # what was typed can't be used yet, in words; empty: it can

    def __init__(
        self, spec: FieldSpec, texts: FieldTexts, around: Around, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.spec = spec
        self.texts = texts
        self.around = around
        self.given: Json = spec.default
        self._since = QElapsedTimer()

    def value(self) -> Json:
        """The value given, or what the person's last edit that can be used made of it."""
        return self.given

    def show_value(self, value: Json) -> None:
        """Shows a value without emitting; leaves cursor and open menus alone where nothing changed."""
        raise NotImplementedError

    def retranslate(self) -> None:
        """Asks for all texts again; the language may have changed."""

    def refresh(self) -> None:
        """Something around has changed: links above, models, connections."""

    def mark(self, faulty: bool) -> None:
        """Draws the editor as one with a problem."""
        target = self.focusProxy() or self
        vary(target, error="true" if faulty else "false")

    def grow(self) -> None:
        """Takes all the room there is, in a window of its own."""

    def beside_label(self) -> QWidget | None:
        """A small control for the right end of the label's line, if this kind has one."""
        return None

    def typed(self, value: Json) -> None:
        """Tells of a letter or a slider's step."""
        self.given = value
        goes_on = self._since.isValid() and self._since.elapsed() < _PAUSE
        self._since.start()
        self.edited.emit(value, goes_on)

    def chosen(self, value: Json) -> None:
        """Tells of a finished choice: a step of its own for undo."""
        self.given = value
        self._since.invalidate()
        self.edited.emit(value, False)


def column(widget: QWidget, spacing: int = 6) -> QVBoxLayout:
    """A column without margins in `widget`."""
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    return layout


def empty(layout: QLayout) -> None:
    """Takes all widgets out of a layout; they go when this turn of the loop is over."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.deleteLater()


def line(spacing: int = 6) -> QHBoxLayout:
    """A line without margins."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    return layout
