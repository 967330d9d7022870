"""Cost rows: who used how many tokens and what it cost, by step, by group and in all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, TypeAlias

from app import figures
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


def cost_rows(run: RunState, groups: Collection[Group] = ()) -> list[CostRow]:
    """Steps that ran, in the order in which they began; then each group with its steps; then the total.

    Amounts are rounded so that the steps shown add up to the total shown.
    """
    ran = sorted((n for n in run.nodes.values() if n.first is not None), key=lambda n: n.first or 0.0)
    rounded = figures.parts([node.cost.known for node in ran])
    steps = {n.node: _step(n, amount, run.cost.known) for n, amount in zip(ran, rounded, strict=True)}
    grouped = {node for group in groups for node in group.nodes}
    rows = [row for row in steps.values() if row.name not in grouped]
    for group in groups:
        members = [replace(steps[node], grouped=True) for node in group.nodes if node in steps]
        if members:
            rows += [_sum("group", group.title, members, run.cost.known), *members]
    if steps:
        rows.append(_sum("total", "", list(steps.values()), Decimal(0)))
    return rows


def _step(node: NodeState, rounded: Decimal, all_money: Decimal) -> CostRow:
    # What cost less than can be shown says so itself; a rounded zero would say that it was free.
    cost = Cost(rounded or node.cost.known, node.cost.state)
    return CostRow(
        "step",
        node.node,
        node.model,
        node.calls,
        node.usage,
        node.usage_complete,
        cost,
        node.seconds,
        _share(node.cost, all_money),
    )


def _sum(kind: RowKind, name: str, rows: list[CostRow], all_money: Decimal) -> CostRow:
    cost = sum((row.cost for row in rows), FREE)
    return CostRow(
        kind,
        name,
        calls=sum(row.calls for row in rows),
        usage=sum((row.usage for row in rows), NO_USAGE),
        usage_complete=all(row.usage_complete for row in rows),
        cost=cost,
        seconds=sum(row.seconds for row in rows),
        share=_share(cost, all_money),
    )


def _share(cost: Cost, all_money: Decimal) -> float | None:
    """The part of all money, or None where nothing was spent here."""
    return min(1.0, float(cost.known / all_money)) if all_money and cost.known else None
