"""The subject of a dialog: which page of Help is about it, and the key of Help in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from app.guide.library import Place

_SUBJECT = "help"


def lead_to_help(dialog: QWidget, page: str = "") -> None:
    """The window's key of Help works in a dialog too. `page`, with a heading's anchor behind `#`, is about it; without
    one, what is picked in the window is.
    """
    dialog.setProperty(_SUBJECT, page)
    above = dialog.parentWidget()
    while above is not None:
        help_action = next((one for one in above.actions() if one.objectName() == "help.fitting"), None)
        if isinstance(help_action, QAction):
            dialog.addAction(help_action)
            return
        above = above.parentWidget()


def subject_of(dialog: QWidget) -> Place | None:
    """What is read on it."""
    from app.guide.library import Place  # with the pages, when somebody reads

    page, _, anchor = str(dialog.property(_SUBJECT) or "").partition("#")
    return Place(page, anchor) if page else None
