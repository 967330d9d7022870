"""Money and speed: what a run may cost, how many rows go at a time, what the built-in model may use."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from app.document.workflow import Json
from app.sdk.fields import NumberField
from app.ui.inspector.own_specs import own
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
        own("rows", NumberField(label="Rows at a time", minimum=1, maximum=64), int, 4),
        own("threads", NumberField(label="Processor cores", minimum=0, maximum=256, advanced=True), int, 0),
        own(
            "idle",
            NumberField(label="Unload after", minimum=0.5, maximum=1440, unit="minutes", advanced=True),
            float,
            10.0,
        ),
    )

    def shown(self) -> Mapping[str, Json]:
        now = self.kept.now
        return {
            "budget": _amount(now.budget_usd),
            "rows": now.rows_at_a_time,
            "threads": now.threads,
            "idle": now.model_idle_minutes,
        }

    def chosen(self, name: str, value: Json) -> Mapping[str, Any]:
        if name == "budget":
            return {"budget_usd": f"{Decimal(str(value)):.2f}"}
        names = {"rows": "rows_at_a_time", "idle": "model_idle_minutes"}
        return {names.get(name, name): value}


def _amount(budget: str) -> float:
    try:
        return float(Decimal(budget))
    except InvalidOperation:
        return 1.0
