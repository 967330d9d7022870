"""Compares two runs node by node: what each answered, what it took, and where they part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.costs.cost import FREE, Cost
from app.events.run_events import Preview, Scope
from app.events.run_state import InstanceState, NodeState, RunState


@dataclass(frozen=True, slots=True)
class Side:
    """A node in one of the runs. `answer` is the preview of its main output; of several instances none is shown."""

    status: str = "idle"
    ok: int = 0
    failed: int = 0
    answer: str = ""
    tokens: int = 0
    cost: Cost = FREE
    seconds: float = 0.0
    model: str = ""


@dataclass(frozen=True, slots=True)
class NodePair:
    """A node in both runs; None where it was no part of the run. `differs`: status, answer or model are others.

    For instances by row, `parted` are the scopes that both have and in which the answers part, of `compared`; `shown`
    are where both can be looked at, the parted ones first.
    """

    node: str
    left: Side | None
    right: Side | None
    differs: bool
    compared: int = 0
    parted: tuple[Scope, ...] = ()
    shown: tuple[Scope, ...] = ()


def compare(left: RunState, right: RunState) -> tuple[NodePair, ...]:
    """The nodes of both, in the order of the left run; what only the right one has comes last."""
    mine, theirs = _by_node(left), _by_node(right)
    nodes = dict.fromkeys((*left.nodes, *right.nodes))
    empty: Mapping[str, InstanceState] = {}
    return tuple(
        _pair(
            node,
            left.nodes.get(node),
            right.nodes.get(node),
            mine.get(node, empty),
            theirs.get(node, empty),
        )
        for node in nodes
    )


def _by_node(run: RunState) -> dict[str, dict[str, InstanceState]]:
    found: dict[str, dict[str, InstanceState]] = {}
    for (node, scope), instance in run.instances.items():
        found.setdefault(node, {})[scope] = instance
    return found


def _pair(
    node: str,
    left: NodeState | None,
    right: NodeState | None,
    mine: Mapping[str, InstanceState],
    theirs: Mapping[str, InstanceState],
) -> NodePair:
    shared = [scope for scope in mine if scope in theirs]
    parted = tuple(scope for scope in shared if _texts(mine[scope]) != _texts(theirs[scope]))
    one, other = _side(left, mine), _side(right, theirs)
    differs = (
        one is None
        or other is None
        or (one.status, one.answer, one.model) != (other.status, other.answer, other.model)
        or bool(parted)
    )
    return NodePair(node, one, other, differs, len(shared), parted, parted or tuple(shared or mine or theirs))


def _side(state: NodeState | None, instances: Mapping[str, InstanceState]) -> Side | None:
    if state is None:
        return None
    only = next(iter(instances.values())) if len(instances) == 1 else None
    return Side(
        state.status,
        state.ok,
        state.failed,
        _answer(only) if only else "",
        state.usage.total,
        state.cost,
        state.seconds,
        state.model,
    )


def came_of(instance: InstanceState) -> Mapping[str, Preview]:
    """What an instance gave; of a step that only takes, such as one that delivers, what it took."""
    settled = instance.settled
    if settled is None or settled.status != "ok":
        return {}
    return settled.outputs or instance.inputs


def _texts(instance: InstanceState) -> Mapping[str, str]:
    return {name: shown.text for name, shown in came_of(instance).items()}


def _answer(instance: InstanceState) -> str:
    return next((shown.text for shown in came_of(instance).values()), "")
