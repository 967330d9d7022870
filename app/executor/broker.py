"""The broker: which powers a run was granted, asked before every use of one."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from pathlib import Path

from app.planner.plan import Plan
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.grants import Grants
from app.sdk.powers import DECIDED_WHILE_RUNNING, Power


class Broker:
    """Knows only the grants; neither the file nor a model can widen them. Paths are absolute."""

    def __init__(self, grants: Grants, folder: Path) -> None:
        self._grants = grants
        self._reads = _Places(grants.reads, folder)
        self._writes = _Places(grants.writes, folder)

    def may_reach(self, host: str) -> bool:
        """Whether a request of a step may go to this host (lower case)."""
        return self._grants.any_host or host in self._grants.hosts

    def may_read(self, path: Path) -> bool:
        return path in self._reads

    def may_write(self, path: Path) -> bool:
        return path in self._writes

    def may_ask(self, choice: ModelChoice) -> bool:
        """Whether a step may call this model."""
        return choice.target in self._grants.models

    def connection(self, wish: str) -> str:
        """The connection of this machine for the file's wish. Raises NodeError `connection.not_granted`."""
        granted = self._grants.connections.get(wish)
        if granted is None:
            raise NodeError("connection.not_granted", connection=wish)
        return granted


class _Places:
    """Granted files and folders, with all that lies in them. Relative ones lie in the workflow's folder."""

    def __init__(self, granted: Collection[str], folder: Path) -> None:
        self._anywhere = DECIDED_WHILE_RUNNING in granted
        self._roots = frozenset(root for path in granted if (root := _place(folder, path)))

    def __contains__(self, path: Path) -> bool:
        return self._anywhere or not self._roots.isdisjoint((path, *path.parents))


def _place(folder: Path, path: str) -> Path | None:
    """As the doors for files read a path; None for one that can't be any file's."""
    try:
        return (folder / Path(path).expanduser()).resolve() if path.strip() else None
    except (OSError, ValueError, RuntimeError):
        return None


def powers_of(plan: Plan) -> tuple[Power, ...]:
    """Everything that the steps of a plan may ask for, each once."""
    return tuple(dict.fromkeys(power for step in plan.all_steps() for power in step.powers))


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
