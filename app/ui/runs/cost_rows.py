"""Cost rows: who used how many tokens and what it cost, by step, by group and in all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from app.costs.cost import FREE, Cost
from app.costs.usage import NO_USAGE, Usage
from app.document.workflow import Group
from app.events.run_state import NodeState, RunState

RowKind: TypeAlias = Literal["step", "group", "total"]


@dataclass(frozen=True, slots=True)
class CostRow:
    """`name` is a node's id or a group's title; `share` is the part of the known money, 0..1."""

    kind: RowKind
    name: str
    model: str = ""
    calls: int = 0
    usage: Usage = NO_USAGE
    usage_complete: bool = True
    cost: Cost = FREE
    seconds: float = 0.0
    share: float | None = None
    grouped: bool = False


def cost_rows(run: RunState, groups: Iterable[Group] = ()) -> list[CostRow]:
    """Steps that ran, in the order in which they began; then each group with its steps; then the total."""
    ran = sorted((n for n in run.nodes.values() if n.first is not None), key=lambda n: n.first or 0.0)
    by_id = {node.node: node for node in ran}
    in_groups = {group.title: [by_id[node] for node in group.nodes if node in by_id] for group in groups}
    grouped = {node.node for nodes in in_groups.values() for node in nodes}
    rows = [_step(node, run.cost.known) for node in ran if node.node not in grouped]
    for title, nodes in in_groups.items():
        if nodes:
            rows.append(_sum("group", title, nodes, run.cost.known))
            rows += [_step(node, run.cost.known, grouped=True) for node in nodes]
    if ran:
        rows.append(_sum("total", "", ran, Decimal(0)))
    return rows


def _step(node: NodeState, all_money: Decimal, *, grouped: bool = False) -> CostRow:
    share = _share(node.cost, all_money)
    return CostRow(
        "step",
        node.node,
        node.model,
        node.calls,
        node.usage,
        node.usage_complete,
        node.cost,
        node.seconds,
        share,
        grouped,
    )


def _sum(kind: RowKind, name: str, nodes: list[NodeState], all_money: Decimal) -> CostRow:
    return CostRow(
        kind,
        name,
        calls=sum(node.calls for node in nodes),
        usage=sum((node.usage for node in nodes), NO_USAGE),
        usage_complete=all(node.usage_complete for node in nodes),
        cost=sum((node.cost for node in nodes), FREE),
        seconds=sum(node.seconds for node in nodes),
        share=_share(sum((node.cost for node in nodes), FREE), all_money),
    )


def _share(cost: Cost, all_money: Decimal) -> float | None:
    return float(cost.known / all_money) if all_money else None
