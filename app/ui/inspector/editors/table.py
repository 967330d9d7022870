"""The editor of a small table: a grid to type, paste and import sample rows into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QInputDialog, QWidget

from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.spec import FieldSpec
from app.texts import text
from app.ui.inspector.around import Around
from app.ui.inspector.editors import cells
from app.ui.inspector.editors.cell_grid import CellGrid
from app.ui.inspector.editors.cell_model import CellModel
from app.ui.inspector.editors.editor import Editor, column, line
from app.ui.inspector.editors.large import open_large
from app.ui.widgets.icon_button import IconButton
from app.ui.widgets.plain_label import PlainLabel


class TableEditor(Editor):
    """For `TableField`."""

    def __init__(
        self, spec: FieldSpec, texts: FieldTexts, around: Around, parent: QWidget | None = None
    ) -> None:
        super().__init__(spec, texts, around, parent)
        self._model = CellModel()
        self._model.edited.connect(self._changed)
        self.grid = CellGrid(self._model)
        self._count = PlainLabel(role="small")
        self._buttons = {
            "row": IconButton("plus", "", 16),
            "column": IconButton("columns-3", "", 16),
            "import": IconButton("upload", "", 16),
            "remove": IconButton("trash-2", "", 16),
            "large": IconButton("maximize", "", 16),
        }
        for name, act in (
            ("row", self.grid.add_row),
            ("column", self._add_column),
            ("import", self._import),
            ("remove", self.grid.remove_selected),
            ("large", lambda: open_large(self, TableEditor(spec, texts, around))),
        ):
            self._buttons[name].clicked.connect(act)
        tools = line(2)
        tools.addWidget(self._count, 1)
        for button in self._buttons.values():
            tools.addWidget(button)
        layout = column(self, 4)
        layout.addWidget(self.grid)
        layout.addLayout(tools)
        self.setFocusProxy(self.grid)
        self.retranslate()

    def show_value(self, value: Json) -> None:
        self.given = value
        rows = _rows(value)
        if rows != self._model.rows:
            self._model.show_rows(rows)
            self.grid.fit()
        self._counted()

    def retranslate(self) -> None:
        for name, button in self._buttons.items():
            button.set_label(text(f"inspector.table.{name}"))
        self.grid.retranslate()
        self._counted()

    def import_file(self, path: Path) -> None:
        """Adds the rows of a CSV file; says why where it can't."""
        try:
            if path.stat().st_size > cells.MAX_BYTES:
                self.fault.emit(
                    text("inspector.table.too_large", name=path.name, limit=cells.MAX_BYTES // 1_000_000)
                )
                return
            rows = cells.as_rows(cells.read_csv(path.read_bytes()))
        except (OSError, ValueError):
            self.fault.emit(text("inspector.table.unreadable", name=path.name))
            return
        self.fault.emit("" if rows else text("inspector.table.no_rows", name=path.name))
        if rows:
            self._model.append(rows)
            self.grid.fit()

    def grow(self) -> None:
        """Takes all the room there is, in a window of its own."""
        self.grid.set_free_height()
        self._buttons["large"].hide()

    def _changed(self) -> None:
        self._counted()
        self.chosen([dict(row) for row in self._model.rows])

    def _counted(self) -> None:
        self._count.setText(text("inspector.table.count", n=len(self._model.rows)))

    def _add_column(self) -> None:
        name, given = QInputDialog.getText(
            self, text("inspector.table.column"), text("inspector.table.column.name")
        )
        if given and name.strip():
            self._model.add_column(name.strip())
            self.grid.fit()

    def _import(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self,
            text("inspector.table.import"),
            str(self.around.folder() or Path.home()),
            "CSV (*.csv *.tsv *.txt)",
        )
        if chosen:
            self.import_file(Path(chosen))


def _rows(value: Json) -> list[dict[str, Json]]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return []
    return [dict(row) for row in value if isinstance(row, Mapping)]
