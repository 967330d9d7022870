"""The table view: a list of records as rows and columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QHeaderView, QTableView

from app.document.workflow import Json
from app.ui.inspector.editors.cells import columns_of, shown
from app.ui.plain import one_line, tooltip

AnyIndex = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_WIDEST = 260
_LOOKED_AT = 200  # rows whose columns and widths are looked at
_NUMBERS = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class TableModel(QAbstractTableModel):
    """Records as they are; what a view doesn't draw costs nothing."""

    def __init__(self, rows: Sequence[Mapping[str, Json]]) -> None:
        super().__init__()
        self._rows = rows
        self._columns = columns_of(rows[:_LOOKED_AT])

    def rowCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        value = self._rows[index.row()].get(self._columns[index.column()])
        if role == Qt.ItemDataRole.DisplayRole:
            return one_line(shown(value))
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(shown(value)[:2000])
        if role == Qt.ItemDataRole.TextAlignmentRole and isinstance(value, (int, float)):
            return _NUMBERS
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            one_line(self._columns[section], 80) if orientation == Qt.Orientation.Horizontal else section + 1
        )


class TableView(QTableView):
    """Read-only."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "grid")
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().setDefaultSectionSize(28)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setResizeContentsPrecision(40)
        self.horizontalHeader().setStretchLastSection(True)

    def show_value(self, value: Json, data_type: str) -> None:
        model = TableModel(cast("Sequence[Mapping[str, Json]]", value))
        model.setParent(self)
        self.setModel(model)
        self.resizeColumnsToContents()
        for at in range(model.columnCount()):
            self.setColumnWidth(at, max(60, min(_WIDEST, self.columnWidth(at) + 12)))
