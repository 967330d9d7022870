"""The page: a title, one line below it, and a column that scrolls."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.guide.markdown import anchor
from app.guide.order import SETTINGS
from app.texts import has, text
from app.ui.inspector.editors.editor import column
from app.ui.inspector.scrolling import scrolled
from app.ui.widgets.plain_label import PlainLabel

_MARGIN = 28


class Page(QWidget):
    """`name` is the key of its texts (`preferences.<name>.title`, `.words`) and of its line at the left."""

    name = ""
    icon = ""
    help = ""  # the page of Help about it, where that on settings is not all there is

    def __init__(self) -> None:
        super().__init__()
        self._title = PlainLabel(role="title")
        self._words = PlainLabel(role="muted", wrap=True)
        holder = QWidget()
        self.content = column(holder, 18)
        self.content.setContentsMargins(_MARGIN, 24, _MARGIN, 24)
        head = QWidget()
        words = column(head, 4)
        words.addWidget(self._title)
        words.addWidget(self._words)
        self.content.addWidget(head)
        column(self, 0).addWidget(scrolled(holder))

    @property
    def subject(self) -> str:
        """What is read on it."""
        return self.help or f"{SETTINGS}#{anchor(text(f'preferences.{self.name}.title'))}"

    def opened(self) -> None:
        """The person looks at it: the time to ask for what it shows."""

    def retranslate(self) -> None:
        """Asks for all texts again."""
        self._title.setText(text(f"preferences.{self.name}.title"))
        code = f"preferences.{self.name}.words"
        self._words.setVisible(has(code, "en"))
        self._words.setText(text(code))
