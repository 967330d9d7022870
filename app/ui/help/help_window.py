"""The window of Help beside a dialog, which may keep the main window from being used."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from app.guide.library import Place
from app.texts import text
from app.ui.help.help_panel import HelpPanel

_WIDTH = 460
_GAP = 12


class HelpWindow(QDialog):
    """Goes with its dialog."""

    def __init__(self, dialog: QWidget) -> None:
        super().__init__(dialog)
        self._dialog = dialog
        self.setWindowTitle(text("help.title"))
        self.panel = HelpPanel()
        self.panel.size_button.hide()
        self.panel.closed.connect(self.close)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel)

    def open_at(self, place: Place) -> None:
        """Shows a page."""
        if not self.isVisible():
            self._stand_beside()
        self.show()  # before it is asked for a place on the page, which only lies somewhere in a width
        self.panel.open(place)
        self.raise_()
        self.activateWindow()
        self.panel.view.setFocus()

    def _stand_beside(self) -> None:
        """At the right of the dialog where the screen has room, else at the left, else at the screen's right end."""
        dialog = self._dialog
        screen = dialog.screen() or QGuiApplication.primaryScreen()
        free, taken = screen.availableGeometry(), dialog.frameGeometry()
        self.resize(_WIDTH, min(max(taken.height(), 560), free.height() - 60))
        right = taken.right() + _GAP
        left = right if right + _WIDTH <= free.right() else taken.left() - _GAP - _WIDTH
        if left < free.left():
            left = free.right() - _WIDTH
        self.move(left, max(free.top(), min(taken.top(), free.bottom() - self.height() - 40)))
