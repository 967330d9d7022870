"""Two runs beside each other, step by step: what they answered, and what that took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app import figures
from app.cli.recalling import Recalled
from app.cli.report import Title, cost_object
from app.cli.terminal import table
from app.costs.cost import FREE, Cost
from app.document.workflow import Json
from app.events.run_state import NodeState
from app.executor.digests import digest_of
from app.executor.standing import Standing
from app.texts import text

Sameness: TypeAlias = Literal["equal", "different", "only_a", "only_b", "not_recorded"]

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Compared:
    """One step in both runs; `tokens`, `cost` and `seconds` are (in A, in B)."""

    node: str
    title: str
    answers: Sameness
    tokens: tuple[int, int]
    cost: tuple[Cost, Cost]
    seconds: tuple[float, float]

    def to_json(self) -> dict[str, Json]:
        return {
            "node": self.node,
            "title": self.title,
            "answers": self.answers,
            "tokens": list(self.tokens),
            "cost": [cost_object(cost) for cost in self.cost],
            "seconds": [round(seconds, 3) for seconds in self.seconds],
        }


async def compared(a: Recalled, b: Recalled, title: Title) -> list[Compared]:
    """Every step of either run, in the order of A and then B."""
    answers_a, answers_b = await _answers(a), await _answers(b)
    steps = {**b.workflow.graph.nodes, **a.workflow.graph.nodes}
    ordered = [
        *a.workflow.graph.nodes,
        *(n for n in b.workflow.graph.nodes if n not in a.workflow.graph.nodes),
    ]
    rows: list[Compared] = []
    for node in ordered:
        one, other = a.state.nodes.get(node), b.state.nodes.get(node)
        rows.append(
            Compared(
                node,
                title(steps[node]),
                _sameness(answers_a.get(node), answers_b.get(node)),
                (_tokens(one), _tokens(other)),
                (one.cost if one else FREE, other.cost if other else FREE),
                (one.seconds if one else 0.0, other.seconds if other else 0.0),
            )
        )
    return rows


def comparison_table(rows: Sequence[Compared]) -> str:
    names = ("step", "answers", "tokens_ab", "cost_ab", "seconds_ab")
    cells = [
        [
            row.title,
            text(f"cli.compare.{row.answers}"),
            " → ".join(map(figures.tokens, row.tokens)),
            " → ".join(map(figures.cost, row.cost)),
            " → ".join(f"{seconds:.1f}" for seconds in row.seconds),
        ]
        for row in rows
    ]
    total = (sum(row.tokens[0] for row in rows), sum(row.tokens[1] for row in rows))
    cells.append(
        [
            text("cli.compare.total"),
            "",
            " → ".join(map(figures.tokens, total)),
            " → ".join(figures.cost(sum((row.cost[i] for row in rows), FREE)) for i in (0, 1)),
            " → ".join(f"{sum(row.seconds[i] for row in rows):.1f}" for i in (0, 1)),
        ]
    )
    return table([text(f"cli.column.{name}") for name in names], cells, right=(2, 3, 4))


async def _answers(run: Recalled) -> dict[str, int]:
    """What every step answered, over its instances, as one number."""
    found: dict[str, int] = {}
    after, standing = 0, Standing(run.journal)
    while page := await run.journal.each(after, _PAGE):
        after = page[-1][0]
        for record in filter(None, await standing.of(page)):
            said = digest_of([record.place, dict(record.outputs), record.status])
            found[record.node] = found.get(record.node, 0) + int(said, 16)
    return found


def _sameness(a: int | None, b: int | None) -> Sameness:
    if a is None:
        return "not_recorded" if b is None else "only_b"
    if b is None:
        return "only_a"
    return "equal" if a == b else "different"


def _tokens(node: NodeState | None) -> int:
    return node.usage.total if node else 0
