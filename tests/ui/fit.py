"""Whether texts have the room that they need."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget

from app.ui.widgets.plain_label import ElidedLabel


def clipped(root: QWidget) -> list[str]:
    """The texts of visible labels that are cut off; those that end in an ellipsis by design don't count."""
    found: list[str] = []
    for label in root.findChildren(QLabel):
        if not label.isVisibleTo(root) or isinstance(label, ElidedLabel) or not label.text():
            continue
        needed = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
        too_low = label.height() < needed
        too_narrow = not label.wordWrap() and label.width() < label.sizeHint().width()
        if too_low or too_narrow:
            found.append(label.text())
    return found
