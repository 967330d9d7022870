"""The large view: an editor in a window of its own, for long texts and tables."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout

from app.texts import text
from app.ui.help.subject import lead_to_help
from app.ui.inspector.editors.editor import Editor


def open_large(small: Editor, large: Editor) -> None:
    """Shows `large`, a second editor of the same field; each edit goes through `small` at once."""
    window = QDialog(small.window())
    lead_to_help(window)
    window.setWindowTitle(small.texts.label(small.spec))
    layout = QVBoxLayout(window)
    layout.setContentsMargins(20, 20, 20, 20)
    layout.setSpacing(14)
    layout.addWidget(large, 1)
    close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    close.button(QDialogButtonBox.StandardButton.Close).setText(text("inspector.close"))
    close.rejected.connect(window.reject)
    layout.addWidget(close)
    large.show_value(small.value())
    large.refresh()
    large.grow()
    large.edited.connect(small.edited)
    large.wanted.connect(partial(_pass_on, small, large))
    window.resize(900, 620)
    large.setFocus()
    window.exec()
    window.deleteLater()


def _pass_on(small: Editor, large: Editor, wish: object) -> None:
    """A new link is made by whoever owns the form; what it did to the text shows here too."""
    small.wanted.emit(wish)
    large.refresh()
    large.show_value(small.value())
