"""Evidence: what a person's own past runs of a workflow took, row by row and step by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.costs.ledger import Entry

MOST_UNITS = 300  # the latest runs or rows that count


@dataclass(slots=True)
class Took:
    """What one step took in one run or row."""

    calls: int = 0
    input: int = 0
    output: int = 0
    usd: float = 0.0
    seconds: float = 0.0


Unit = Mapping[str, Took]  # one run, or one row of a run over rows: steps by id


@dataclass(frozen=True, slots=True)
class Evidence:
    """`units` are runs or rows, the latest last; `models` are those that each step asked in them; `unpriced` the steps
    whose calls nobody could price.
    """

    units: tuple[Unit, ...] = ()
    models: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    unpriced: frozenset[str] = frozenset()


NO_EVIDENCE = Evidence()


def evidence_of(entries: Iterable[Entry]) -> Evidence:
    """From the calls of one workflow in the ledger. What the cache gave is left out: it tells nothing of a new run."""
    units: dict[tuple[str, str], dict[str, Took]] = {}
    models: dict[str, set[str]] = {}
    unpriced: set[str] = set()
    for entry in entries:
        if entry.source != "call":
            continue
        origin = entry.origin
        first = entry.scope.partition("/")[0]
        unit = units.setdefault((origin.run, first if first.startswith("#") else ""), {})
        took = unit.setdefault(origin.node, Took())
        took.calls += 1
        took.input += entry.usage.input
        took.output += entry.usage.output
        took.usd += float(entry.cost.known)
        took.seconds += entry.seconds
        models.setdefault(origin.node, set()).add(origin.model)
        if entry.cost.state == "unknown":
            unpriced.add(origin.node)
    latest = tuple(units.values())[-MOST_UNITS:]
    known = {node: frozenset(names) for node, names in models.items()}
    return Evidence(latest, known, frozenset(unpriced))
