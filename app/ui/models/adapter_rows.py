"""The LoRA adapters of a model: a line for each, with how strongly it works."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDoubleSpinBox, QPushButton, QWidget

from app.adapters.model_records import MOST_SCALE
from app.adapters.model_setup import LoraAdapter
from app.texts import text
from app.ui.inspector.editors.editor import column, empty, line
from app.ui.plain import tooltip
from app.ui.style_sheet import vary
from app.ui.widgets.icon_button import IconButton
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel


class AdapterRows(QWidget):
    """Emits `changed` when a person sets or takes one off, `wanted` when they ask for a file."""

    changed = Signal()
    wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._title = PlainLabel(role="label")
        self._none = PlainLabel(role="muted", wrap=True)
        self.add = QPushButton()
        vary(self.add, kind="small")
        self.add.clicked.connect(self.wanted)
        self._adapters: list[LoraAdapter] = []
        self.scales: list[QDoubleSpinBox] = []
        self.removers: list[IconButton] = []
        head = line(8)
        head.addWidget(self._title, 1)
        head.addWidget(self.add)
        holder = QWidget()
        self._rows = column(holder, 4)
        layout = column(self, 6)
        layout.addLayout(head)
        layout.addWidget(self._none)
        layout.addWidget(holder)

    @property
    def adapters(self) -> tuple[LoraAdapter, ...]:
        """As they are set now."""
        return tuple(
            LoraAdapter(one.path, scale.value())
            for one, scale in zip(self._adapters, self.scales, strict=True)
        )

    def show_adapters(self, adapters: Sequence[LoraAdapter]) -> None:
        self._title.setText(text("models.lora"))
        self._none.setText(text("models.lora.none"))
        self._none.setVisible(not adapters)
        self.add.setText(text("models.lora.add"))
        empty(self._rows)
        self._adapters, self.scales, self.removers = list(adapters), [], []
        for at, adapter in enumerate(adapters):
            self._rows.addWidget(self._row(at, adapter))

    def attach(self, path: Path) -> None:
        """One more, as strong as it was made."""
        self.show_adapters([*self.adapters, LoraAdapter(str(path))])
        self.changed.emit()

    def _row(self, at: int, adapter: LoraAdapter) -> QWidget:
        name = Path(adapter.path).stem
        label = ElidedLabel(name, "strong")
        label.setToolTip(tooltip(adapter.path))
        scale = QDoubleSpinBox()
        scale.setProperty("kind", "compact")
        scale.lineEdit().setTextMargins(6, 0, 0, 0)
        scale.setRange(0, MOST_SCALE)
        scale.setSingleStep(0.1)
        scale.setFixedWidth(84)
        scale.setValue(adapter.scale)
        scale.setAccessibleName(text("models.lora.scale", name=name))
        scale.setToolTip(tooltip(text("models.lora.scale.help")))
        scale.valueChanged.connect(self.changed)
        remove = IconButton("x", text("models.lora.remove", name=name), 15)
        remove.clicked.connect(lambda: self._take_off(at))
        self.scales.append(scale)
        self.removers.append(remove)
        holder = QWidget()
        row = line(8)
        row.addWidget(label, 1)
        row.addWidget(scale)
        row.addWidget(remove)
        holder.setLayout(row)
        return holder

    def _take_off(self, at: int) -> None:
        self.show_adapters([one for n, one in enumerate(self.adapters) if n != at])
        self.changed.emit()
