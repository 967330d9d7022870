"""The secret line: a field whose content is drawn as dots until somebody asks to see it."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QWidget

from app.texts import text
from app.ui.appearance import appearance
from app.ui.icons import icon
from app.ui.inspector.editors.inputs import LineInput


class SecretLine(LineInput):
    """An eye at its end shows and hides the content; it never goes to the clipboard."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._eye = QAction(self)
        self._eye.triggered.connect(self._switch)
        self.addAction(self._eye, QLineEdit.ActionPosition.TrailingPosition)
        appearance().changed.connect(self._tint)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self._tint()

    def clear(self) -> None:
        super().clear()
        self.setEchoMode(QLineEdit.EchoMode.Password)

    def _switch(self) -> None:
        hidden = self.echoMode() == QLineEdit.EchoMode.Password
        self.setEchoMode(QLineEdit.EchoMode.Normal if hidden else QLineEdit.EchoMode.Password)

    def _tint(self) -> None:
        self._eye.setIcon(icon("eye", appearance().theme.muted))
        self._eye.setText(text("preferences.connection.key.show"))
        self._eye.setToolTip(text("preferences.connection.key.show"))
