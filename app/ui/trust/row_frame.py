"""The row frame: one row of the sheet, closed to two lines or open with all that is in it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.planner.sheet import SheetRow
from app.texts import text
from app.ui.inspector.editors.editor import column
from app.ui.style_sheet import vary
from app.ui.trust.cost_limit import CostLimit
from app.ui.trust.facts import TrustFacts
from app.ui.trust.item_line import ItemLine
from app.ui.trust.words import LEVEL_LOOKS, row_title, row_words
from app.ui.widgets.chip import Badge, Chip
from app.ui.widgets.icon_button import IconButton
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel
from app.ui.widgets.toggle import Toggle

_CLOSED = 64


class RowFrame(QFrame):
    """Emits `opened(self)` when it opens, `changed` when something in it was allowed or not."""

    opened = Signal(object)
    changed = Signal()

    def __init__(self, row: SheetRow, facts: TrustFacts, *, mixed: frozenset[str]) -> None:
        """`mixed` are the nodes that send what private data and strangers' texts came to."""
        super().__init__()
        self.row = row
        self.was_opened = False
        self._is_open = False
        self.lines = [
            ItemLine(row, item, facts, mixed=bool(mixed.intersection(item.nodes))) for item in row.items
        ]
        self.cost = CostLimit() if row.kind == "cost" else None
        vary(self, role="sheet-row", level="")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._all = Toggle()
        self._state = Chip("")
        self._fold = IconButton("chevron-down", "", 16)
        self._fold.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._body = QWidget()
        self._lay_out(facts)
        for line in self.lines:
            line.changed.connect(self._line_changed)
        if self.cost is not None:
            self.cost.changed.connect(self.changed)
        self._all.toggled.connect(self._allow_all)
        self._fold.clicked.connect(lambda: self.set_open(not self._is_open))
        self.setAccessibleName(f"{text(f'trust.level.{row.level}')}: {row_title(row)}")
        self._show_state()

    @property
    def is_open(self) -> bool:
        return self._is_open

    def set_open(self, is_open: bool) -> None:
        """Opens or closes; whoever opened it once has seen it."""
        self._is_open = is_open
        self.was_opened = self.was_opened or is_open
        self._body.setVisible(is_open and bool(self.lines))
        self._fold.set_icon_name("chevron-up" if is_open else "chevron-down")
        vary(self, level=self.row.level if is_open else "")
        self._show_state()
        if is_open:
            self.opened.emit(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.set_open(not self._is_open)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and event.position().y() < _CLOSED:
            self.set_open(not self._is_open)

    def _lay_out(self, facts: TrustFacts) -> None:
        icon, tone = LEVEL_LOOKS[self.row.level]
        badge = QWidget()
        badge.setFixedWidth(122)
        holder = QHBoxLayout(badge)
        holder.setContentsMargins(0, 0, 0, 0)
        holder.addWidget(
            Badge(text(f"trust.level.{self.row.level}"), tone, icon), 0, Qt.AlignmentFlag.AlignLeft
        )
        words = QWidget()
        lines = column(words, 2)
        lines.addWidget(ElidedLabel(row_title(self.row), "strong"))
        lines.addWidget(ElidedLabel(row_words(self.row, facts), "label"))
        head = QWidget()
        head.setFixedHeight(_CLOSED - 2)
        top = QHBoxLayout(head)
        top.setContentsMargins(12, 0, 12, 0)
        top.setSpacing(12)
        top.addWidget(badge)
        top.addWidget(words, 1)
        if self.cost is not None:
            top.addWidget(self.cost)
        if len(self.lines) == 1 and self.lines[0].control != "none":
            top.addWidget(self.lines[0].control_widget)
        top.addWidget(self._all)
        top.addWidget(self._state)
        top.addWidget(self._fold)
        inside = QVBoxLayout(self._body)
        inside.setContentsMargins(12, 6, 14, 12)
        inside.setSpacing(2)
        rule = QFrame()
        vary(rule, role="line")
        inside.addWidget(rule)
        for line in self.lines:
            inside.addWidget(line)
        if self.row.kind == "mixes":
            inside.addWidget(PlainLabel(text("trust.mixes.more"), "muted", wrap=True))
        self._body.hide()
        layout = column(self, 0)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.addWidget(head)
        layout.addWidget(self._body)

    def _usual(self) -> list[ItemLine]:
        """What the row's own switch allows: everything in it, so a row with a danger has no such switch."""
        if self.row.level == "danger" or len(self.lines) == 1:
            return []
        return [line for line in self.lines if line.control == "switch"]

    def _allow_all(self, allowed: bool) -> None:
        for line in self._usual():
            line.allow(allowed)

    def _line_changed(self) -> None:
        usual = self._usual()
        self._all.blockSignals(True)
        self._all.setChecked(bool(usual) and all(line.granted for line in usual))
        self._all.blockSignals(False)
        self._all.update()
        self._show_state()
        self.changed.emit()

    def _show_state(self) -> None:
        """What a closed row still says: how much is allowed, or that nobody has looked into it."""
        self._all.setVisible(bool(self._usual()))
        self._all.setAccessibleName(text("trust.allow_usual"))
        able = [line for line in self.lines if line.control != "none"]
        allowed = sum(1 for line in able if line.granted)
        if not self.was_opened:
            self._state.show_fact(text("trust.open"), "running")
        elif able:
            whole = text("trust.allowed_of", n=allowed, of=len(able))
            self._state.show_fact(whole, "done" if allowed else "muted")
        else:
            self._state.show_fact(text("trust.opened"), "muted", "check")
        self._fold.set_label(text("trust.close_row" if self._is_open else "trust.open_row"))
