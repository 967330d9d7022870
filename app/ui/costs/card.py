"""A card of the Costs page: a frame with a heading and room for more beside it."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel


class CostsCard(QFrame):
    """`role` is a frame's variant of the style sheet."""

    def __init__(self, role: str = "card", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        vary(self, role=role)
        self.title = PlainLabel(role="strong")
        self.head = QHBoxLayout()
        self.head.setSpacing(10)
        self.head.addWidget(self.title)
        self.head.addStretch(1)
        self.content = QVBoxLayout(self)
        self.content.setContentsMargins(18, 14, 18, 14)
        self.content.setSpacing(8)
        self.content.addLayout(self.head)
