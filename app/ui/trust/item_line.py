"""The item line: one thing that is asked for, and the control that allows it."""

from __future__ import annotations

from typing import Literal, TypeAlias

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QWidget

from app.planner.sheet import SheetItem, SheetRow
from app.sdk.powers import DECIDED_WHILE_RUNNING
from app.texts import text
from app.ui.appearance import appearance
from app.ui.asking import name_parts
from app.ui.icons import pixmap
from app.ui.inspector.editors.editor import line
from app.ui.inspector.editors.inputs import Choices
from app.ui.plain import one_line, tooltip
from app.ui.style_sheet import vary
from app.ui.trust.facts import TrustFacts
from app.ui.trust.words import LEVEL_LOOKS, item_title, item_words
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel
from app.ui.widgets.toggle import Toggle

Control: TypeAlias = Literal["switch", "folder", "connection", "none"]


class ItemLine(QWidget):
    """Nothing is allowed at first, whatever the file wishes. `changed` tells of the person's choice.

    `granted` is what was allowed: the target itself, the folder or the connection chosen; empty if nothing.
    `control_widget` may be shown elsewhere: a row with one item has it on its closed line.
    """

    changed = Signal()

    def __init__(self, row: SheetRow, item: SheetItem, facts: TrustFacts, *, mixed: bool) -> None:
        """`mixed`: where data decides the address, it can't be allowed (R11)."""
        super().__init__()
        self.item = item
        self._facts = facts
        self.granted = ""
        self.control: Control = control_for(row, item, mixed=mixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 0, 4)
        layout.setSpacing(10)
        name, tone = LEVEL_LOOKS[item.level]
        sign = QLabel()
        sign.setPixmap(pixmap(name, appearance().theme.state(tone).text, 15, self.devicePixelRatioF()))
        sign.setFixedSize(QSize(18, 18))
        title = ElidedLabel(item_title(row, item, facts), "strong")
        title.setMinimumWidth(170)
        words = PlainLabel(item_words(row, item, facts), "label", wrap=True)
        layout.addWidget(sign)
        layout.addWidget(title, 2)
        layout.addWidget(words, 4)
        self.control_widget = self._make_control(mixed=mixed and row.kind == "sends")
        layout.addWidget(self.control_widget)

    def allow(self, allowed: bool) -> None:
        """Switches a switch, as the row's own switch does for all."""
        if self.control == "switch":
            self.switch.setChecked(allowed)

    def _make_control(self, *, mixed: bool) -> QWidget:
        holder = QWidget()
        layout = line(10)
        holder.setLayout(layout)
        if self.control == "switch":
            self._word = PlainLabel(text("trust.off"), "label")
            self.switch = Toggle()
            self.switch.setAccessibleName(text("trust.allow"))
            self.switch.toggled.connect(self._switched)
            layout.addWidget(self._word)
            layout.addWidget(self.switch)
        elif self.control == "folder":
            self.folder = QPushButton(text("trust.choose_folder"))
            vary(self.folder, kind="small")
            self.folder.clicked.connect(self._ask_folder)
            layout.addWidget(self.folder)
        elif self.control == "connection":
            self.choices = Choices()
            self.choices.setMinimumWidth(170)
            self.choices.addItem(text("trust.choose_connection"), "")
            for found in self._facts.connections_for(self.item.nodes):
                self.choices.addItem(one_line(found.name, 60), found.name)
            self.choices.activated.connect(lambda: self._grant(self.choices.currentData()))
            layout.addWidget(self.choices)
        elif mixed:
            layout.addWidget(PlainLabel(text("trust.not_possible"), "warning"))
        return holder

    def _switched(self, on: bool) -> None:
        self._word.setText(text("trust.allowed" if on else "trust.off"))
        vary(self._word, role="done" if on else "label")
        self._grant(self.item.target if on else "")

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, text("trust.choose_folder"), str(self._facts.folder))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        name_parts(dialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.take_folder)
        dialog.open()

    def take_folder(self, folder: str) -> None:
        """The folder that the person picked."""
        # A single "&" would be taken for a key and not be shown.
        self.folder.setText(one_line(folder.rstrip("/").rpartition("/")[2] or folder, 30).replace("&", "&&"))
        self.folder.setToolTip(tooltip(folder))
        self._grant(folder)

    def _grant(self, granted: str) -> None:
        self.granted = granted
        self.changed.emit()


def control_for(row: SheetRow, item: SheetItem, *, mixed: bool) -> Control:
    """What allows an item of this row."""
    decided_later = item.target == DECIDED_WHILE_RUNNING
    if row.kind in ("mixes", "cost", "keeps") or (row.kind == "sends" and decided_later and mixed):
        return "none"
    if row.kind in ("reads", "writes") and decided_later:
        return "folder"
    return "connection" if row.kind == "connections" else "switch"
