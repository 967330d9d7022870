"""The fold: a heading that opens and closes what stands below it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from app.ui.appearance import appearance
from app.ui.icons import icon
from app.ui.inspector.editors.editor import column


class Fold(QWidget):
    """Closed at first; `content` is where the owner puts its widgets."""

    toggled = Signal(bool)

    def __init__(self, spacing: int = 18, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._button = QPushButton(self)
        self._button.setProperty("kind", "fold")
        self._button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.body = QWidget(self)
        self.body.setVisible(False)
        self.content = column(self.body, spacing)
        layout = column(self, 12)
        layout.addWidget(self._button)
        layout.addWidget(self.body)
        self._button.clicked.connect(lambda: self.set_open(not self.is_open))
        appearance().changed.connect(self._tint)
        self._tint()

    @property
    def is_open(self) -> bool:
        return not self.body.isHidden()

    def set_title(self, title: str) -> None:
        self._button.setText(title)

    def set_open(self, is_open: bool) -> None:
        """Opens or closes; tells only of a change."""
        if is_open != self.is_open:
            self.body.setVisible(is_open)
            self._tint()
            self.toggled.emit(is_open)

    def _tint(self) -> None:
        name = "chevron-down" if self.is_open else "chevron-right"
        self._button.setIcon(icon(name, appearance().theme.muted, size=14))
