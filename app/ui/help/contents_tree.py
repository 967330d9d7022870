"""The contents of Help: its parts and their pages as a tree."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem, QWidget

from app.guide.library import Library
from app.guide.order import INDEX, PARTS
from app.texts import text

_PAGE = Qt.ItemDataRole.UserRole


class ContentsTree(QTreeWidget):
    """Emits `chosen(page)` for a page that a person picks."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHeaderHidden(True)
        self.setIndentation(14)
        self.setProperty("role", "bare")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._items: dict[str, QTreeWidgetItem] = {}
        self._telling = False
        self.currentItemChanged.connect(self._picked)
        self.itemClicked.connect(self._picked)

    def show_library(self, library: Library) -> None:
        """Lists the pages of a language."""
        self._telling = True
        self.clear()
        self._items.clear()
        self.setAccessibleName(text("help.contents"))
        self.addTopLevelItem(self._item(library, INDEX))
        for part, pages in PARTS.items():
            heading = QTreeWidgetItem([text(f"guide.part.{part}")])
            heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.addTopLevelItem(heading)
            for page in pages:
                item = self._item(library, page)
                heading.addChild(item)
                item.addChildren([self._item(library, below) for below in library.contents[page]])
            heading.setExpanded(True)
        self._telling = False

    def pick(self, page: str) -> None:
        """Shows which page is read now."""
        self._telling = True
        if page in self._items:
            self.setCurrentItem(self._items[page])
        self._telling = False

    def _item(self, library: Library, page: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem([library.title(page)])
        item.setData(0, _PAGE, page)
        item.setToolTip(0, library.title(page))
        self._items[page] = item
        return item

    def _picked(self, item: QTreeWidgetItem | None, _: object = None) -> None:
        if not self._telling and item is not None and (page := item.data(0, _PAGE)):
            self.chosen.emit(page)
