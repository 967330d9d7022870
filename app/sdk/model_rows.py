"""Several models in one step: rows of a form, in the order in which they are asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.sdk.fields import SMALL, ModelChoice, ModelField, NumberField
from app.sdk.node_type import Fault


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model of several."""

    model: Annotated[ModelChoice, ModelField(label="Model")] = SMALL


@dataclass(frozen=True, slots=True)
class Member(ModelRow):
    """One that answers several times."""

    times: Annotated[int, NumberField(label="Answers", minimum=1, maximum=20, unit="times")] = 1


@dataclass(frozen=True, slots=True)
class Weighted(ModelRow):
    """One of several that share the work."""

    weight: Annotated[
        int,
        NumberField(
            label="Share", help="Twice the share, twice the calls.", minimum=1, maximum=100, advanced=True
        ),
    ] = 1


def too_few(rows: tuple[ModelRow, ...], least: int = 2) -> tuple[Fault, ...]:
    """A fault where fewer models stand in the field `models` than the step makes sense with."""
    return () if len(rows) >= least else (("models", "models.too_few", {"least": least}),)
