"""Follow the newest: a table whose rows come in stays at the latest one, until somebody scrolls away from it."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QAbstractItemView, QCheckBox, QTableView

_AIR = 2  # rows that stay in sight behind the newest, where there is room


class FollowNewest(QObject):
    """`switch` shows whether it does, and lets the person say so; scrolling to the newest row begins it again."""

    def __init__(self, table: QTableView, switch: QCheckBox) -> None:
        super().__init__(table)
        self._table = table
        self._switch = switch
        self._newest = -1
        self._moving = False  # it is the rows that move the table, not a person
        switch.setChecked(True)
        switch.toggled.connect(self._go)
        table.verticalScrollBar().valueChanged.connect(self._scrolled)

    def rows_came(self, newest: int) -> None:
        """The place in the table of the row that began last; -1 where nothing comes any more."""
        self._newest = newest
        self._go()

    def _go(self) -> None:
        if self._newest < 0 or not self._switch.isChecked():
            return
        model = self._table.model()
        room = self._table.viewport().height() // max(1, self._table.verticalHeader().defaultSectionSize())
        last = min(self._newest + min(_AIR, room // 4), model.rowCount() - 1)
        self._moving = True
        self._table.scrollTo(model.index(last, 0), QAbstractItemView.ScrollHint.PositionAtBottom)
        self._moving = False

    def _scrolled(self) -> None:
        if self._moving or self._newest < 0:
            return
        area = self._table.visualRect(self._table.model().index(self._newest, 0))
        self._switch.setChecked(area.bottom() <= self._table.viewport().height())
