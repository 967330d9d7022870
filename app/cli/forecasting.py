"""Forecasts as the terminal says them, and as JSON."""

from __future__ import annotations

from app import figures
from app.cli.report import Title
from app.cli.terminal import plain
from app.document.graph import every_node
from app.document.workflow import Workflow
from app.forecast.forecast import Amounts, CostInterval, Forecast, Interval
from app.texts import text


def forecast_words(forecast: Forecast) -> str:
    """One line: money, tokens, time, and what it was made of; another one where answers are kept from before."""
    said = figures.forecast_words(forecast, "cli.forecast", "cli.forecast.rows")
    return "\n".join(filter(None, (said, figures.kept_words(forecast))))


def unknown_words(forecast: Forecast, workflow: Workflow, title: Title) -> list[str]:
    """Names the steps whose price nobody knows."""
    known = {node.id: node for node in every_node(workflow.graph)}
    names = [plain(title(known[name])) if name in known else name for name in forecast.unknown]
    return [text("cli.check.unknown", steps=tuple(dict.fromkeys(names)))] if names else []


def forecast_object(forecast: Forecast) -> dict[str, object]:
    """Low and high hold in about 80 of 100 cases. `usd` counts known prices only; `runs` 0: from sizes; `rows` 0: one
    run; `kept_answers` cost nothing.
    """
    return {
        "rows": forecast.rows,
        "rows_counted": not forecast.about_rows,
        "runs": forecast.runs,
        "kept_answers": forecast.kept,
        "unknown_price": list(forecast.unknown),
        "total": _amounts(forecast.total),
        "steps": {
            name: {"runs": step.runs, **_amounts(step.amounts)} for name, step in forecast.steps.items()
        },
    }


def _amounts(amounts: Amounts) -> dict[str, object]:
    return {
        "cost": amounts.cost.state,
        "usd": _usd(amounts.cost),
        "tokens": _interval(amounts.tokens, 0),
        "input_tokens": _interval(amounts.input, 0),
        "output_tokens": _interval(amounts.output, 0),
        "calls": _interval(amounts.calls, 1),
        "seconds": _interval(amounts.seconds, 2),
    }


def _usd(cost: CostInterval) -> dict[str, str] | None:
    if cost.state == "unknown" and not cost.high:
        return None
    return {"low": f"{cost.low:f}", "median": f"{cost.median:f}", "high": f"{cost.high:f}"}


def _interval(amount: Interval, digits: int) -> dict[str, float]:
    return {
        "low": round(amount.low, digits),
        "median": round(amount.median, digits),
        "high": round(amount.high, digits),
    }
