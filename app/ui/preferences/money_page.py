"""Money and speed: what a run may cost, and how many rows go at a time."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.adapters.shelf import Shelf
from app.document.workflow import Json
from app.sdk.fields import NumberField
from app.ui.awaiting import Awaiting
from app.ui.engine_client import EngineClient
from app.ui.inspector.own_specs import own
from app.ui.kept_preferences import KeptPreferences
from app.ui.preferences.amounts import amount_of, shown_amount, shown_limit
from app.ui.preferences.connection_limits import ConnectionLimits
from app.ui.preferences.form_page import FormPage


class MoneyPage(FormPage):
    name = "money"
    icon = "wallet"
    specs = (
        own(
            "budget",
            NumberField(label="Spend limit", minimum=0, maximum=10_000, step=0.5, unit="$"),
            float,
            1.0,
        ),
        own(
            "day",
            NumberField(label="Spend limit per day", minimum=0, maximum=100_000, step=1, unit="$"),
            float | None,
            None,
        ),
        own(
            "month",
            NumberField(label="Spend limit per month", minimum=0, maximum=1_000_000, step=5, unit="$"),
            float | None,
            None,
        ),
        own("rows", NumberField(label="Rows at a time", minimum=1, maximum=64), int, 4),
    )

    def __init__(self, kept: KeptPreferences, client: EngineClient) -> None:
        super().__init__(kept)
        self._client = client
        self._awaiting = Awaiting(self)
        self.connections = ConnectionLimits(kept)
        self.content.insertWidget(self.content.count() - 1, self.connections)  # over the stretch

    def opened(self) -> None:
        self.kept.look_again()
        self._awaiting.start(self._client.shelf(), self._arrived, _nothing)

    def retranslate(self) -> None:
        super().retranslate()
        self.connections.retranslate()

    def _arrived(self, shelf: Shelf) -> None:
        self.connections.show_connections([line.connection.name for line in shelf.connections])

    def shown(self) -> Mapping[str, Json]:
        now = self.kept.now
        return {
            "budget": shown_amount(now.budget_usd),
            "day": shown_limit(now.budget_day_usd),
            "month": shown_limit(now.budget_month_usd),
            "rows": now.rows_at_a_time,
        }

    def chosen(self, name: str, value: Json) -> Mapping[str, Any]:
        if name == "budget":
            return {"budget_usd": f"{Decimal(str(value)):.2f}"}
        if name in ("day", "month"):
            cap = amount_of(value)
            return {f"budget_{name}_usd": "" if cap is None else str(cap)}
        return {"rows_at_a_time": value}


def _nothing(_: object) -> None:
    """The connections with limits are shown all the same."""
