"""Which fields a form shows: `shown_if` over the values as they stand now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.document.workflow import Json
from app.sdk.spec import FieldSpec


def with_defaults(specs: Iterable[FieldSpec], fields: Mapping[str, Json]) -> dict[str, Json]:
    """Every field's value: the one that is set, else the type's default."""
    return {spec.name: fields.get(spec.name, spec.default) for spec in specs}


def is_shown(spec: FieldSpec, values: Mapping[str, Json]) -> bool:
    """Whether the field has a meaning with these values of the others."""
    if spec.field.shown_if is None:
        return True
    other, wanted = spec.field.shown_if
    given = values.get(other)
    return any(given == value and isinstance(given, bool) == isinstance(value, bool) for value in wanted)
