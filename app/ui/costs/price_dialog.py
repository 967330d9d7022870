"""A price that the person gives a model of which nobody knows one."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QWidget,
)

from app.costs.bill import Model
from app.guide.order import WATCH_THE_BILL
from app.texts import text
from app.ui.help.subject import lead_to_help
from app.ui.plain import one_line
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel

_MOST = 10_000  # US dollars a million tokens


class PriceDialog(QDialog):
    """Emits `given(model, input, output)`, in US dollars a million tokens."""

    given = Signal(object, object, object)

    def __init__(self, models: Sequence[Model], parent: QWidget) -> None:
        super().__init__(parent)
        lead_to_help(self, WATCH_THE_BILL)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(text("costs.price.title"))
        self._models = tuple(models)
        self.models = QComboBox()
        for connection, model in self._models:
            self.models.addItem(one_line(" · ".join(filter(None, (model, connection)))))
        self.input, self.output = _amount(), _amount()
        form = QFormLayout(self)
        form.setContentsMargins(24, 20, 24, 20)
        form.setSpacing(12)
        fields = (("model", self.models), ("input", self.input), ("output", self.output))
        for name, editor in fields:
            words = text(f"costs.price.{name}")
            editor.setAccessibleName(words)
            form.addRow(PlainLabel(words, "label"), editor)
        form.addRow(PlainLabel(text("costs.price.note"), "muted", wrap=True))
        self.keep, cancel = QPushButton(text("costs.price.keep")), QPushButton(text("costs.price.cancel"))
        vary(self.keep, kind="primary")
        self.keep.setDefault(True)
        self.keep.clicked.connect(self._keep)
        cancel.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.keep)
        form.addRow(buttons)
        for editor in (self.input, self.output):
            editor.valueChanged.connect(self._allow)
        self._allow()

    def _allow(self, _: float = 0.0) -> None:
        """0 and 0 would say that it is free, which nobody has said."""
        self.keep.setEnabled(bool(self._models) and (self.input.value() > 0 or self.output.value() > 0))

    def _keep(self) -> None:
        model = self._models[self.models.currentIndex()]
        self.given.emit(model, _money(self.input), _money(self.output))
        self.close()


def _amount() -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(0, _MOST)
    box.setDecimals(4)
    box.setSingleStep(0.1)
    return box


def _money(box: QDoubleSpinBox) -> Decimal:
    return Decimal(f"{box.value():.4f}")
