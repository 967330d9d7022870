"""One colour for each model, the same in bars, legend and tree."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QColor

from app.costs.bill import Bill, Model
from app.ui.theme import Theme

_KINDS = ("strong", "cheap", "tool", "output", "intent", "flow")  # colours that can be told apart


class ModelColours:
    """The dearest models of a month get a colour each, free ones that of what is done, the rest a grey."""

    def __init__(self, bill: Bill | None = None) -> None:
        lines = bill.models if bill else ()
        paid = [line for line in lines if not line.free]
        self._kinds: Mapping[Model, str] = {
            line.models[0]: kind for line, kind in zip(paid, _KINDS, strict=False) if line.models
        }
        self._free = {line.models[0] for line in lines if line.free and line.models}

    def of(self, model: Model, look: Theme) -> QColor:
        if model in self._free:
            return look.state("done").line
        return look.kind(self._kinds.get(model, "unknown"))
