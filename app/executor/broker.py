"""The broker: which powers a run was granted, asked before every use of one."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from app.planner.plan import Plan
from app.sdk.errors import NodeError
from app.sdk.grants import Grants
from app.sdk.powers import DECIDED_WHILE_RUNNING, Power


class Broker:
    """Knows only the grants; neither the file nor a model can widen them. Paths are absolute."""

    def __init__(self, grants: Grants, folder: Path) -> None:
        self._grants = grants
        self._reads = _roots(grants.reads, folder)
        self._writes = _roots(grants.writes, folder)

    def may_reach(self, host: str) -> bool:
        """Whether a request of a step may go to this host (lower case)."""
        return self._grants.any_host or host in self._grants.hosts

    def may_read(self, path: Path) -> bool:
        return _within(path, self._reads)

    def may_write(self, path: Path) -> bool:
        return _within(path, self._writes)

    def connection(self, wish: str) -> str:
        """The connection of this machine for the file's wish. Raises NodeError `connection.not_granted`."""
        granted = self._grants.connections.get(wish)
        if granted is None:
            raise NodeError("connection.not_granted", connection=wish)
        return granted


def _roots(granted: Iterable[str], folder: Path) -> tuple[Path, ...]:
    return tuple(
        Path("/") if path == DECIDED_WHILE_RUNNING else (folder / path).resolve() for path in granted
    )


def _within(path: Path, roots: tuple[Path, ...]) -> bool:
    return any(path == root or root in path.parents for root in roots)


def powers_of(plan: Plan) -> tuple[Power, ...]:
    """Everything that the steps of a plan may ask for, each once."""
    return tuple(dict.fromkeys(power for step in plan.steps for power in step.powers))


def own_grants(plan: Plan) -> Grants:
    """What a workflow that was made here may do: what stands in it."""
    powers = powers_of(plan)

    def targets(kind: str) -> frozenset[str]:
        return frozenset(power.target for power in powers if power.kind == kind)

    hosts = targets("net")
    return Grants(
        hosts=hosts - {DECIDED_WHILE_RUNNING},
        any_host=DECIDED_WHILE_RUNNING in hosts,
        reads=targets("read"),
        writes=targets("write"),
        connections={name: name for name in targets("connection")},
        models=targets("model"),
        max_cost=Decimal("Infinity"),  # what binds then is the person's own budget
    )
