"""Cost words: what a run may cost, said before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from app import figures
from app.adapters.shelf import Shelf
from app.forecast.forecast import Forecast
from app.sdk.fields import ModelChoice
from app.texts import sentences, text
from app.ui import model_words


def cost_words(models: Sequence[ModelChoice], shelf: Shelf, limit: Decimal | None) -> str:
    """Free, up to the limit, or with a part that nobody knows; or that the models are being looked up."""
    if models and shelf.loading:
        return text("run_form.cost.looking")
    lines = [(choice, shelf.model(choice)) for choice in models]
    if all(line is not None and line.price_state == "free" for _, line in lines):
        return text("run_form.cost.free" if lines else "run_form.cost.no_model")
    said = [
        text("run_form.cost.limit", limit=f"${limit:.2f}")
        if limit is not None
        else text("run_form.cost.no_limit")
    ]
    unknown = [line.name for _, line in lines if line is not None and line.price_state == "unknown"]
    if unknown:
        said.append(text("run_form.cost.unknown", models=tuple(dict.fromkeys(unknown))))
    missing = [model_words.choice_title(choice, shelf) for choice, line in lines if line is None]
    if missing:
        said.append(text("run_form.cost.missing", models=tuple(dict.fromkeys(missing))))
    return sentences(*said)


def forecast_words(forecast: Forecast | None) -> str:
    """What a run will take, and what that was made of; empty where no step asks a model or nobody can say."""
    if forecast is None or not forecast.steps:
        return ""
    # That it costs nothing, and why, stands in the line below.
    free = "_free" if forecast.total.cost.state == "free" else ""
    said = figures.forecast_words(
        forecast, f"run_form.cost.forecast{free}", f"run_form.cost.forecast_rows{free}"
    )
    return sentences(said, figures.kept_words(forecast))
