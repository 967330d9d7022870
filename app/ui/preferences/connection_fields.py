"""Connection fields: which settings a kind of connection has, and a connection as the form's plain fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from app.adapters.connection import MOST, Connection
from app.adapters.connection_kinds import GENERAL, KINDS
from app.adapters.litellm_providers import providers
from app.document.workflow import Json
from app.sdk.fields import ChoiceField, ListField, NumberField, Option, TextField
from app.sdk.spec import FieldSpec
from app.ui.inspector.own_specs import own
from app.ui.inspector.shown import with_defaults

FIRST_KIND = "openai"  # what a new connection starts as
_KINDS = tuple(kind for kind in KINDS.values() if kind.id != "embedded")
_TEXTS = ("name", "url", "organisation", "version", "header")


def connection_specs(kind_id: str, provider: str = "") -> tuple[FieldSpec, ...]:
    """The fields that a kind, or a provider of the general one, needs; what it has by itself is among the further
    settings.
    """
    kind = KINDS[kind_id]
    specs = [
        own(
            "kind",
            ChoiceField(label="Kind", options=tuple(Option(k.id, k.title) for k in _KINDS)),
            str,
            FIRST_KIND,
        ),
        own("name", TextField(label="Name", required=True), str, ""),
    ]
    if kind_id == GENERAL:
        known = tuple(Option(one.id, one.title) for one in providers().values())
        first = known[0].value if known else ""
        specs.append(own("provider", ChoiceField(label="Provider", options=known), str, first))
    address, wanted = kind.url, kind.own_url
    if kind_id == GENERAL:
        address = providers()[provider].url if provider in providers() else ""
        wanted = not address
    url = TextField(label="Address", required=wanted, advanced=not wanted, placeholder=address)
    specs.append(own("url", url, str, ""))
    if kind.regions:
        regions = (Option("default", "default"), *(Option(region, region) for region in kind.regions))
        specs.append(own("region", ChoiceField(label="Region", options=regions), str, "default"))
    if kind.has_models:
        is_deployment = kind_id in {"azure", GENERAL}  # no list of models can be asked for
        specs.append(
            own(
                "models",
                ListField(label="Models", item="model", advanced=not is_deployment),
                tuple[str, ...],
                [],
            )
        )
    if kind_id in ("openai", "azure"):
        specs.append(own("organisation", TextField(label="Organisation", advanced=True), str, ""))
    if kind_id == "azure":
        specs.append(own("version", TextField(label="Version", advanced=True), str, ""))
    if kind.lane == "web":
        specs.append(own("header", TextField(label="Header", advanced=True), str, ""))
    else:
        specs += [_limit(name, most) for name, most in MOST.items()]
    return tuple(specs)


def _limit(name: str, most: int) -> FieldSpec:
    field = NumberField(label=name, minimum=1, maximum=most, advanced=True)
    return own(name, field, int | None, None)


def plain(connection: Connection) -> dict[str, Json]:
    """The connection as the form's fields."""
    texts: dict[str, Json] = {name: getattr(connection, name) for name in _TEXTS}
    limits: dict[str, Json] = {name: getattr(connection, name) for name in MOST}
    return {
        **texts,
        **limits,
        "kind": connection.kind,
        **({"provider": connection.provider} if connection.provider else {}),
        "region": connection.region or "default",
        "models": list(connection.models),
    }


def provider_of(fields: Mapping[str, Json]) -> str:
    """The provider that stands in the form of the general kind."""
    return str(fields.get("provider", "")) or next(iter(providers()), "")


def kind_of(fields: Mapping[str, Json]) -> str:
    """The kind that stands in the form."""
    return str(fields.get("kind", FIRST_KIND))


def filled_in(start: Connection, fields: Mapping[str, Json]) -> Connection:
    """The connection that the form describes; what it doesn't show stays as in `start`."""
    shown = with_defaults(connection_specs(kind_of(fields)), fields)
    region = str(shown.get("region", ""))
    return replace(
        start,
        kind=kind_of(fields),
        provider=provider_of(fields) if kind_of(fields) == GENERAL else "",
        region="" if region == "default" else region,
        models=tuple(str(name) for name in cast("list[Json]", shown.get("models", []))),
        **{name: str(shown.get(name, "")) for name in _TEXTS},
        **{name: cast("int | None", shown.get(name)) for name in MOST},
    )
