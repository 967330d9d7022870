"""The cell model: rows with free columns as Qt's views see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from app.document.workflow import Json
from app.ui.inspector.editors import cells
from app.ui.plain import one_line, tooltip

AnyIndex = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_SHOWN = 400  # characters of a cell that a view draws


class CellModel(QAbstractTableModel):
    """Holds its own copy of the rows; `edited` tells of each change that a person makes."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, Json]] = []
        self.columns: list[str] = []

    def show_rows(self, rows: Sequence[Mapping[str, Json]]) -> None:
        """Shows other rows; columns that had no cell anywhere stay until the rows are others."""
        self.beginResetModel()
        self.rows = [dict(row) for row in rows]
        self.columns = cells.columns_of(self.rows)
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        value = self.rows[index.row()].get(self.columns[index.column()])
        if role == Qt.ItemDataRole.DisplayRole:
            return one_line(cells.shown(value), _SHOWN)
        if role == Qt.ItemDataRole.EditRole:
            return cells.shown(value)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(cells.shown(value)[:2000])
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            one_line(self.columns[section], 80) if orientation == Qt.Orientation.Horizontal else section + 1
        )

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable

    def setData(self, index: AnyIndex, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        name = self.columns[index.column()]
        before = self.rows[index.row()].get(name)
        if role != Qt.ItemDataRole.EditRole or cells.shown(before) == value:
            return False
        self.rows[index.row()][name] = cells.typed(str(value), before)
        self.dataChanged.emit(index, index)
        self.edited.emit()
        return True

    def add_row(self) -> None:
        """An empty row at the end; a table without columns gets its first."""
        if not self.columns:
            self._add_columns([cells.unique([""])[0]])
        self.beginInsertRows(_NOWHERE, len(self.rows), len(self.rows))
        self.rows.append(dict.fromkeys(self.columns, ""))
        self.endInsertRows()
        self.edited.emit()

    def remove_rows(self, rows: Sequence[int]) -> None:
        for row in sorted(set(rows), reverse=True):
            self.beginRemoveRows(_NOWHERE, row, row)
            del self.rows[row]
            self.endRemoveRows()
        self.edited.emit()

    def add_column(self, name: str) -> None:
        """A new column; its cells are empty texts."""
        self._add_columns([cells.unique([*self.columns, name])[-1]])
        for row in self.rows:
            row.setdefault(self.columns[-1], "")
        self.edited.emit()

    def rename_column(self, at: int, name: str) -> None:
        if not name or name in self.columns:
            return
        old = self.columns[at]
        self.columns[at] = name
        self.rows = [{name if key == old else key: value for key, value in row.items()} for row in self.rows]
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, at, at)
        self.edited.emit()

    def remove_column(self, at: int) -> None:
        self.beginRemoveColumns(_NOWHERE, at, at)
        name = self.columns.pop(at)
        for row in self.rows:
            row.pop(name, None)
        self.endRemoveColumns()
        self.edited.emit()

    def paste(self, lines: Sequence[Sequence[str]], row: int, column: int) -> None:
        """Puts cells over those from (row, column) on, adding rows and columns where they end."""
        width = max((len(line) for line in lines), default=0)
        if not width:
            return
        self.beginResetModel()
        while len(self.columns) < column + width:
            self.columns.append(cells.unique([*self.columns, ""])[-1])
        while len(self.rows) < row + len(lines):
            self.rows.append(dict.fromkeys(self.columns, ""))
        for down, line in enumerate(lines):
            for right, cell in enumerate(line):
                name = self.columns[column + right]
                self.rows[row + down][name] = cells.typed(cell, self.rows[row + down].get(name))
        self.endResetModel()
        self.edited.emit()

    def append(self, rows: Sequence[Mapping[str, Json]]) -> None:
        """Rows of a file behind those that are there, by the names of their columns."""
        self.beginResetModel()
        self.rows += [dict(row) for row in rows]
        self.columns = cells.columns_of(self.rows)
        self.endResetModel()
        self.edited.emit()

    def _add_columns(self, names: Sequence[str]) -> None:
        at = len(self.columns)
        self.beginInsertColumns(_NOWHERE, at, at + len(names) - 1)
        self.columns += names
        self.endInsertColumns()
