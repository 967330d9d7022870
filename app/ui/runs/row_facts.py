"""Row facts: what the table shows of each row of a run over rows, computed from the run's state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.costs.cost import FREE, Cost
from app.document.workflow import Graph
from app.events.run_events import Failure, Preview
from app.events.run_state import InstanceState, RunState
from app.ui.canvas.placed import SpecLookup, fields_of

RowStatus: TypeAlias = Literal["waiting", "running", "done", "check_failed", "failed", "cancelled"]
FILTERS: tuple[RowStatus, ...] = ("done", "check_failed", "failed", "running", "waiting", "cancelled")
MOST_COLUMNS = 3  # of each side; more don't fit beside what went wrong


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """A value that every row has: an output port of a step that asks, or an input of a step that delivers."""

    node: str
    port: str
    title: str
    side: Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class RowFacts:
    """One row. `where` is the node at work or at fault; `passed` of `verdicts` were passes."""

    row: int
    status: RowStatus
    where: str = ""
    values: tuple[Preview | None, ...] = ()
    passed: int = 0
    verdicts: int = 0
    cost: Cost = FREE
    calls: int = 0
    seconds: float | None = None
    failure: Failure | None = None


def value_columns(graph: Graph, specs: SpecLookup) -> tuple[ValueColumn, ...]:
    """What goes in and what comes out, in the order of the file."""
    asked: list[ValueColumn] = []
    given: list[ValueColumn] = []
    for node in graph.nodes.values():
        spec = specs(node.type)
        fields = fields_of(node, spec) if spec else None
        if spec is None or fields is None or node.disabled:
            continue
        asked += [
            ValueColumn(node.id, ask.name, ask.label or ask.name, "out") for ask in spec.type.asks(fields)
        ]
        if spec.type.kind == "output":
            ports = spec.ports(fields).inputs
            given += [ValueColumn(node.id, port.name, node.title or port.label, "in") for port in ports]
    return (*asked[:MOST_COLUMNS], *given[:MOST_COLUMNS])


class RowBook:
    """The rows of one run. Facts of a settled row are kept, so that long tables stay quick."""

    def __init__(self, run: RunState, columns: Sequence[ValueColumn] = ()) -> None:
        self._run = run
        self.columns = tuple(columns)
        self._settled: dict[int, RowFacts] = {}

    @property
    def count(self) -> int:
        """Rows that are known to exist."""
        return max(self._run.rows or 0, self._run.rows_begun, len(self._run.rows_settled))

    def facts(self, row: int) -> RowFacts:
        known = self._settled.get(row)
        if known is None:
            known = self._look(row)
            if row in self._run.rows_settled:
                self._settled[row] = known
        return known

    def counts(self) -> Counter[RowStatus]:
        """How many rows are in each state; the states add up to all rows."""
        begun = max(self._run.rows_begun, max(self._run.rows_settled, default=-1) + 1)
        counts: Counter[RowStatus] = Counter()
        for row in range(begun):
            counts[self.facts(row).status] += 1
        counts["waiting"] += self.count - begun
        return counts

    def chosen(self, status: RowStatus | None) -> Sequence[int]:
        """The rows in a state, in the order of the table; None means all."""
        if status is None:
            return range(self.count)
        return [row for row in range(self.count) if self.facts(row).status == status]

    def _look(self, row: int) -> RowFacts:
        end = self._run.rows_settled.get(row)
        instances = [i for node in self._run.nodes if (i := self._run.instances.get((node, f"#{row}")))]
        if not instances and end is None:
            return RowFacts(row, "cancelled" if self._run.is_over else "waiting")
        start = min((i.start for i in instances), default=0.0)
        words = [word for i in sorted(instances, key=_ended) if (word := _verdict(i))]
        done = [i.settled for i in instances if i.settled]
        return RowFacts(
            row,
            self._status(end.status if end else None, words),
            (end.node if end else "") or _at_work(instances),
            tuple(self._value(row, column) for column in self.columns),
            words.count("passed"),
            len(words),
            sum((settled.cost for settled in done), FREE),
            sum(settled.calls for settled in done),
            end.t - start if end else None,
            end.failure if end else None,
        )

    def _status(self, end: str | None, words: Sequence[str]) -> RowStatus:
        match end:
            case None:
                return "cancelled" if self._run.is_over else "running"
            case "failed":
                return "failed"
            case "cancelled":
                return "cancelled"
            case _:
                # The last check decides: what failed first may have gone on to something stronger.
                return "done" if not words or words[-1] == "passed" else "check_failed"

    def _value(self, row: int, column: ValueColumn) -> Preview | None:
        instance = self._run.instances.get((column.node, f"#{row}"))
        if instance is None:
            return None
        if column.side == "in":
            return instance.inputs.get(column.port)
        return instance.settled.outputs.get(column.port) if instance.settled else None


def _ended(instance: InstanceState) -> float:
    return instance.end if instance.end is not None else instance.start


def _verdict(instance: InstanceState) -> str:
    verdict = instance.settled.verdict if instance.settled else None
    return str(verdict.get("verdict", "not_checked")) if verdict else ""


def _at_work(instances: Iterable[InstanceState]) -> str:
    return next((i.node for i in instances if i.settled is None), "")
