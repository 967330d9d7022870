"""The widths that somebody dragged columns of tables to, kept by table and title of the column."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import cast

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QHeaderView

_LEAST, _MOST = 40, 2000  # pixels

Widths = Mapping[str, Mapping[str, int]]


class ColumnWidths(QObject):
    """One an application, reached by `column_widths()`; the window keeps it from one time to the next.

    By title, since columns come and go with the room there is, and since a width fits the words of one language.
    """

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.setObjectName("column widths")
        self._widths: dict[str, dict[str, int]] = {}

    def load(self, widths: Mapping[str, object]) -> None:
        """What was kept; what isn't a width is left out."""
        self._widths = {
            table: {
                title: min(max(_LEAST, width), _MOST)
                for title, width in cast("Mapping[str, object]", columns).items()
                if type(width) is int
            }
            for table, columns in widths.items()
            if isinstance(columns, Mapping)
        }

    def all(self) -> Widths:
        return {table: columns for table, columns in self._widths.items() if columns}

    def of(self, table: str, title: str) -> int | None:
        return self._widths.get(table, {}).get(title)

    def keep(self, table: str, title: str, width: int) -> None:
        self._widths.setdefault(table, {})[title] = width

    def forget(self, table: str, title: str) -> None:
        self._widths.get(table, {}).pop(title, None)


def column_widths() -> ColumnWidths:
    """The application's; made at the first call."""
    app = cast("QApplication", QApplication.instance())
    return app.findChild(ColumnWidths, "column widths") or ColumnWidths(app)


class DraggedColumns(QObject):
    """One table's header: notes what is dragged, not what the table itself sets while it is `setting`. A double click
    on the line behind a column gives that one back to the table: `given_back`.
    """

    given_back = Signal()

    def __init__(self, table: str, header: QHeaderView, title: Callable[[int], str]) -> None:
        super().__init__(header)
        self._table, self._title = table, title
        self._is_setting = False
        header.sectionResized.connect(self._resized)
        header.sectionHandleDoubleClicked.connect(self._give_back)

    def width(self, section: int) -> int | None:
        """What the column was dragged to; None: the table may say."""
        return column_widths().of(self._table, self._title(section))

    @contextmanager
    def setting(self) -> Generator[None]:
        """While the table itself shares out the room."""
        before, self._is_setting = self._is_setting, True
        try:
            yield
        finally:
            self._is_setting = before

    def _resized(self, section: int, before: int, width: int) -> None:
        is_shown = bool(before) and bool(width)  # a column that leaves or comes back was not dragged
        if self._table and is_shown and not self._is_setting and (title := self._title(section)):
            column_widths().keep(self._table, title, width)

    def _give_back(self, section: int) -> None:
        column_widths().forget(self._table, self._title(section))
        self.given_back.emit()
