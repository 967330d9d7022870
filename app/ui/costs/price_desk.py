"""Asks the person what a model costs, before its first call or after, and has the engine keep it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.costs.bill import Model
from app.ui.awaiting import Awaiting
from app.ui.costs.price_dialog import PriceDialog
from app.ui.engine_client import EngineClient


class PriceDesk(QObject):
    """`given` names the model that has a price now; `refused` carries Problems."""

    given = Signal(str)
    refused = Signal(object)

    def __init__(self, client: EngineClient, window: QWidget) -> None:
        super().__init__(window)
        self._client = client
        self._window = window
        self._awaiting = Awaiting(self)

    def open(self, models: Sequence[Model]) -> None:
        """For one of these models."""
        dialog = PriceDialog(models, self._window)
        dialog.given.connect(self._keep)
        dialog.show()

    def _keep(self, model: Model, into: Decimal, out: Decimal) -> None:
        kept = self._client.give_price(*model, into, out)
        self._awaiting.start(kept, partial(self._kept, model), self.refused.emit)

    def _kept(self, model: Model, _: object) -> None:
        self.given.emit(model[1])
