"""The cell grid: a table view with the keys of a spreadsheet."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHeaderView, QInputDialog, QMenu, QSizePolicy, QTableView

from app.texts import text
from app.ui.inspector.editors import cells
from app.ui.inspector.editors.cell_model import CellModel

_ROW_HEIGHT = 28
_MOST_ROWS = 7
_WIDEST = 260


class CellGrid(QTableView):
    """Copies, pastes and empties cells; double-click on a column's name renames it."""

    def __init__(self, model: CellModel) -> None:
        super().__init__()
        self._cells = model
        self._free = False
        self.setModel(model)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setProperty("role", "grid")
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        across = self.horizontalHeader()
        across.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        across.setHighlightSections(False)
        across.setStretchLastSection(True)
        across.sectionDoubleClicked.connect(self._rename)
        across.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        across.customContextMenuRequested.connect(self._column_menu)
        for tell in (model.modelReset, model.rowsInserted, model.rowsRemoved):
            tell.connect(self.updateGeometry)
        self.fit()

    def retranslate(self) -> None:
        self.horizontalHeader().setToolTip(text("inspector.table.rename.tip"))

    def fit(self) -> None:
        """Gives each column the width of its texts, within limits."""
        self.resizeColumnsToContents()
        for at in range(self._cells.columnCount()):
            self.setColumnWidth(at, max(70, min(_WIDEST, self.columnWidth(at) + 12)))
        self.updateGeometry()

    def set_free_height(self) -> None:
        """Lets the grid take the height of its window."""
        self._free = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        rows = max(2, min(_MOST_ROWS, self._cells.rowCount()))
        return QSize(200, 400 if self._free else 34 + rows * _ROW_HEIGHT + 12)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 110)

    def add_row(self) -> None:
        """A new row, ready to be typed in."""
        self._cells.add_row()
        first = self._cells.index(self._cells.rowCount() - 1, 0)
        self.setCurrentIndex(first)
        self.edit(first)

    def remove_selected(self) -> None:
        """Takes away the rows that hold selected cells."""
        rows = sorted({index.row() for index in self.selectedIndexes()})
        if rows:
            self._cells.remove_rows(rows)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            for index in self.selectedIndexes():
                self._cells.setData(index, "")
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        """Puts the selected cells on the clipboard, as a spreadsheet would."""
        chosen = self.selectedIndexes()
        if not chosen:
            return
        rows = range(min(i.row() for i in chosen), max(i.row() for i in chosen) + 1)
        across = range(min(i.column() for i in chosen), max(i.column() for i in chosen) + 1)
        edit = Qt.ItemDataRole.EditRole
        block = [[str(self._cells.index(row, at).data(edit)) for at in across] for row in rows]
        QGuiApplication.clipboard().setText(cells.to_clipboard(block))

    def paste(self) -> None:
        """Puts the clipboard's cells from the current one on; an empty table takes names from the first line."""
        lines = cells.from_clipboard(QGuiApplication.clipboard().text())
        if not self._cells.rows and len(lines) > 1:
            self._cells.append(cells.as_rows(lines))
        else:
            at = self.currentIndex()
            self._cells.paste(lines, max(0, at.row()), max(0, at.column()))
        self.fit()

    def _rename(self, at: int) -> None:
        old = self._cells.columns[at]
        name, given = QInputDialog.getText(
            self, text("inspector.table.rename"), text("inspector.table.column.name"), text=old
        )
        if given:
            self._cells.rename_column(at, name.strip())

    def _column_menu(self, where: QPoint) -> None:
        at = self.horizontalHeader().logicalIndexAt(where)
        if at < 0:
            return
        menu = QMenu(self)
        menu.addAction(text("inspector.table.rename"), lambda: self._rename(at))
        menu.addAction(text("inspector.table.remove_column"), lambda: self._cells.remove_column(at))
        menu.exec(self.horizontalHeader().mapToGlobal(where))
