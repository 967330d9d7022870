"""The trust sheet: one page of rows, worst first, and three buttons of which Cancel is the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.guide.order import SHARE_A_WORKFLOW
from app.planner.sheet import RowKind, Sheet
from app.sdk.grants import Grants
from app.sdk.powers import DECIDED_WHILE_RUNNING
from app.texts import text
from app.ui.appearance import appearance
from app.ui.awaiting import until_closed
from app.ui.help.subject import lead_to_help
from app.ui.icons import icon
from app.ui.inspector.editors.editor import column
from app.ui.inspector.scrolling import scrolled
from app.ui.plain import one_line
from app.ui.style_sheet import vary
from app.ui.theme import tint
from app.ui.trust.facts import TrustFacts
from app.ui.trust.item_line import ItemLine
from app.ui.trust.row_frame import RowFrame
from app.ui.trust.veil import Veil
from app.ui.widgets.chip import Chip
from app.ui.widgets.icon_button import IconTile
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel

WIDTH = 880
_ROW = 72


@dataclass(frozen=True, slots=True)
class Review:
    """What the person decided: the grants, and whether they hold from now on or for this run."""

    grants: Grants
    from_now_on: bool


class TrustSheet(QDialog):
    """Emits `decided(Review)`; closing it in any other way grants nothing."""

    decided = Signal(object)

    def __init__(self, sheet: Sheet, facts: TrustFacts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        lead_to_help(self, SHARE_A_WORKFLOW)
        self._facts = facts
        self._review: Review | None = None
        mixes = sheet.row("mixes")
        mixed = frozenset(item.nodes[-1] for item in mixes.items) if mixes else frozenset[str]()
        self.rows = [RowFrame(row, facts, mixed=mixed) for row in sheet.rows]
        self._veil = Veil(parent.window()) if parent is not None else None
        self._count = Chip("")
        self._hint = PlainLabel(role="label", wrap=True)
        self.keep, self.once, self.cancel = QPushButton(), QPushButton(), QPushButton()
        self._lay_out(sheet)
        for row in self.rows:
            row.opened.connect(self._row_opened)
            row.changed.connect(self._show_state)
        self.keep.clicked.connect(lambda: self._decide(from_now_on=True))
        self.once.clicked.connect(lambda: self._decide(from_now_on=False))
        self.cancel.clicked.connect(self.reject)
        self._show_state()

    async def review(self) -> Review | None:
        """Shows the sheet and waits for what the person decides; None: nothing may run."""
        await until_closed(self)
        return self._review

    def row(self, kind: RowKind) -> RowFrame:
        """The row of one kind, which must be there."""
        return next(row for row in self.rows if row.row.kind == kind)

    def grants(self) -> Grants:
        """What is allowed now, as the broker will hold the run to it."""
        hosts = self._granted("sends")
        return Grants(
            hosts=frozenset(hosts) - {DECIDED_WHILE_RUNNING},
            any_host=DECIDED_WHILE_RUNNING in hosts,
            reads=self._places("reads"),
            writes=self._places("writes"),
            connections=self._granted("connections"),
            models=frozenset(self._granted("models")),
            max_cost=self._max_cost() or Decimal(0),
        )

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._veil is not None:
            self._veil.show()
        self.cancel.setFocus(Qt.FocusReason.PopupFocusReason)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self._lift()

    def done(self, result: int) -> None:
        self._lift()
        super().done(result)

    def _lift(self) -> None:
        if self._veil is not None:
            self._veil.hide()

    def _lay_out(self, sheet: Sheet) -> None:
        self.setWindowTitle(text("trust.window"))
        self.setModal(True)
        rows = QWidget()
        stack = column(rows, 8)
        stack.setContentsMargins(28, 4, 28, 18)
        if sheet.unknown:
            note = text("trust.unknown", n=len(sheet.unknown), steps=self._facts.steps(sheet.unknown))
            stack.addWidget(PlainLabel(note, "muted", wrap=True))
        for row in self.rows:
            stack.addWidget(row)
        stack.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._head())
        layout.addWidget(scrolled(rows), 1)
        rule = QFrame()
        vary(rule, role="line")
        layout.addWidget(rule)
        layout.addLayout(self._foot())
        self.resize(WIDTH, 96 + 76 + _ROW * len(self.rows) + 150)

    def _head(self) -> QHBoxLayout:
        words = QWidget()
        lines = column(words, 2)
        title = text("trust.title", name=one_line(self._facts.workflow.name, 80))
        lines.addWidget(ElidedLabel(title, "title"))
        lines.addWidget(PlainLabel(text("trust.words"), "label", wrap=True))
        head = QHBoxLayout()
        head.setContentsMargins(28, 22, 28, 14)
        head.setSpacing(14)
        head.addWidget(IconTile("shield-alert", "flow", 40))
        head.addWidget(words, 1)
        head.addWidget(self._count)
        return head

    def _foot(self) -> QHBoxLayout:
        look = appearance().theme
        self.keep.setText(text("trust.keep"))
        self.keep.setIcon(icon("lock", look.text2, tint(look.muted, 60)))
        self.once.setText(text("trust.once"))
        self.once.setIcon(icon("play", look.text, tint(look.muted, 60)))
        self.cancel.setText(text("trust.cancel"))
        self.cancel.setDefault(True)
        for button in (self.keep, self.once):
            button.setAutoDefault(False)
        foot = QHBoxLayout()
        foot.setContentsMargins(28, 18, 28, 20)
        foot.setSpacing(10)
        foot.addWidget(self._hint, 1)
        for button in (self.keep, self.once, self.cancel):
            foot.addWidget(button)
        return foot

    def _row_opened(self, opened: RowFrame) -> None:
        """One row is open at a time."""
        for row in self.rows:
            if row is not opened and row.is_open:
                row.set_open(False)
        self._show_state()

    def _show_state(self) -> None:
        seen = sum(row.was_opened for row in self.rows)
        left = len(self.rows) - seen
        self._count.show_fact(text("trust.seen", n=seen, of=len(self.rows)))
        has_limit = self._max_cost() is not None
        if not has_limit:
            self._hint.setText(text("trust.hint.limit"))
        else:
            self._hint.setText(text("trust.hint.open", n=left) if left else text("trust.hint.ready"))
        self.once.setEnabled(has_limit)
        self.keep.setEnabled(has_limit and not left)

    def _max_cost(self) -> Decimal | None:
        cost = next((row.cost for row in self.rows if row.cost is not None), None)
        return cost.amount if cost is not None else Decimal(0)

    def _lines(self, kind: RowKind) -> list[ItemLine]:
        return [line for row in self.rows if row.row.kind == kind for line in row.lines]

    def _granted(self, kind: RowKind) -> Mapping[str, str]:
        """What was chosen for each target."""
        return {line.item.target: line.granted for line in self._lines(kind) if line.granted}

    def _places(self, kind: RowKind) -> frozenset[str]:
        chosen = self._granted(kind)
        return frozenset(self._facts.place(place) for place in chosen.values())

    def _decide(self, *, from_now_on: bool) -> None:
        self._review = Review(self.grants(), from_now_on)
        self.accept()
        self.decided.emit(self._review)
