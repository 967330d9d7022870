"""Own specs: field specs for settings that belong to no node type, so that one form edits them all."""

from __future__ import annotations

from typing import Any

from app.document.workflow import Json
from app.sdk.fields import AnyField, Option
from app.sdk.spec import FieldSpec


def own(name: str, field: AnyField, hint: Any, default: Json) -> FieldSpec:
    """A field whose texts stand in our catalogues; the label given here is only the last resort."""
    return FieldSpec(name, field, hint, default)


def options(*values: str) -> tuple[Option, ...]:
    """Options whose words stand in our catalogues."""
    return tuple(Option(value, value) for value in values)
