"""Powers: what a node with these settings will ask of the broker, known before the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

DECIDED_WHILE_RUNNING = "*"  # an address or path that comes from data, not from the file

PowerKind: TypeAlias = Literal["net", "read", "write", "connection", "model", "person", "keep"]


@dataclass(frozen=True, slots=True)
class Power:
    """`target`: a host for net, a path for read and write, a name for connection, a role or
    `connection/model` for model, what stays on this computer for keep. The trust sheet is computed
    from these and the broker holds a node to what was granted.
    """

    kind: PowerKind
    target: str = ""
