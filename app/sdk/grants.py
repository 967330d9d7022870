"""Grants: what a person allowed one workflow, by its content, to do on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Grants:
    """The rows of the trust sheet. The default grants nothing.

    `hosts`: host names; `any_host` where the address is decided while running. `reads` and `writes`:
    absolute folders or files. `connections`: the file's wish → the name of this machine's connection.
    `models`: a role, or `connection/model`, as in `Power.target`. `max_cost`: US dollars a run.
    """

    hosts: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    connections: Mapping[str, str] = field(default_factory=dict[str, str])
    models: frozenset[str] = frozenset()
    max_cost: Decimal = Decimal(0)
    any_host: bool = False
