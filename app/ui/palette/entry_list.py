"""The entry list: headings and entries as one list that keys walk and from which entries are dragged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QDrag, QKeyEvent, QPixmap
from PySide6.QtWidgets import QListView

from app.texts import text
from app.ui.canvas.interactions.drop import mime_for
from app.ui.palette.entries import Entry
from app.ui.palette.entry_row import EntryRow
from app.ui.plain import tooltip

AnyIndex = QModelIndex | QPersistentModelIndex
ENTRY = Qt.ItemDataRole.UserRole
_NOWHERE = QModelIndex()


class EntryModel(QAbstractListModel):
    """Rows are entries, or the names of groups."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Entry | str] = []

    def show_entries(self, found: Sequence[Entry], *, grouped: bool) -> None:
        """`grouped`: each group begins with its name."""
        self.beginResetModel()
        self.rows = []
        group = ""
        for entry in found:
            if grouped and entry.group != group:
                group = entry.group
                self.rows.append(text(f"library.group.{group}"))
            self.rows.append(entry)
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role == ENTRY:
            return row
        if isinstance(row, str):
            return row if role == Qt.ItemDataRole.DisplayRole else None
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(row.summary)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.title}: {row.summary}"
        return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if isinstance(self.rows[index.row()], str):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled


class EntryList(QListView):
    """Emits `picked(entry id)` on a double click or Enter."""

    picked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._entries = EntryModel()
        self.setModel(self._entries)
        self.setItemDelegate(EntryRow(self))
        self.setProperty("role", "bare")
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setDragDropMode(QListView.DragDropMode.DragOnly)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.doubleClicked.connect(self._pick)

    def show_entries(self, found: Sequence[Entry], *, grouped: bool) -> None:
        """Shows other entries; what was current stays current if it is still there."""
        before = self.current()
        self._entries.show_entries(found, grouped=grouped)
        if before is not None:
            self.set_current(before.id)

    def current(self) -> Entry | None:
        """The entry that Enter would pick."""
        return _entry_at(self.currentIndex())

    def set_current(self, entry_id: str) -> None:
        for at, row in enumerate(self._entries.rows):
            if isinstance(row, Entry) and row.id == entry_id:
                self.setCurrentIndex(self._entries.index(at))

    def go_to_first(self) -> None:
        """Makes the best find current."""
        first = next((at for at, row in enumerate(self._entries.rows) if isinstance(row, Entry)), -1)
        self.setCurrentIndex(self._entries.index(first))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._pick(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def startDrag(self, supportedActions: Qt.DropAction) -> None:
        entry = self.current()
        if entry is None:
            return
        drag = QDrag(self)
        drag.setMimeData(mime_for(entry.id))
        area = self.visualRect(self.currentIndex())
        picture = QPixmap(area.size() * self.devicePixelRatioF())
        picture.setDevicePixelRatio(self.devicePixelRatioF())
        picture.fill(Qt.GlobalColor.transparent)
        self.viewport().render(picture, QPoint(), area)
        drag.setPixmap(picture)
        drag.setHotSpot(QPoint(28, area.height() // 2))
        drag.exec(Qt.DropAction.CopyAction)

    def _pick(self, index: AnyIndex) -> None:
        entry = _entry_at(index)
        if entry is not None:
            self.picked.emit(entry.id)


def _entry_at(index: AnyIndex) -> Entry | None:
    row = cast("Entry | str | None", index.data(ENTRY)) if index.isValid() else None
    return row if isinstance(row, Entry) else None
