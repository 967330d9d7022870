"""Settings that steps which ask a model have in common."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from app.sdk.fields import NumberField, TextField

Prompt: TypeAlias = Annotated[
    str,
    TextField(
        label="Prompt",
        help="{{name}} stands for a value; each name becomes an input.",
        lines=6,
        references=True,
        required=True,
    ),
]
Creativity: TypeAlias = Annotated[
    float | None,
    NumberField(
        label="Creativity",
        help="0 is exact; empty: as the provider has it.",
        minimum=0,
        maximum=2,
        step=0.1,
        slider=True,
        advanced=True,
    ),
]
