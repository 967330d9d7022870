"""Scrolling: a page that moves up and down in the width of its panel."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QWidget

PADDING = 20  # px at the sides of a panel's page


def scrolled(page: QWidget) -> QScrollArea:
    """A page that scrolls up and down and takes the panel's width."""
    area = QScrollArea()
    make_scroll(area, page)
    return area


def make_scroll(area: QScrollArea, page: QWidget) -> None:
    """Lets an area scroll a page up and down in its own width."""
    page.setProperty("role", "scrolled")
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(page)
