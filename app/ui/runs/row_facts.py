"""Row facts: what the table shows of each row of a run over rows, computed from the run's state."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.costs.cost import FREE, Cost
from app.document.workflow import Graph
from app.events.run_events import Failure, Preview, RowSettled
from app.events.run_state import InstanceState, RunState
from app.processes.messages import ItemLine
from app.ui.canvas.placed import SpecLookup, fields_of

RowStatus: TypeAlias = Literal[
    "waiting", "running", "done", "check_failed", "failed", "cancelled", "not_begun"
]
FILTERS: tuple[RowStatus, ...] = (
    "done",
    "check_failed",
    "failed",
    "running",
    "waiting",
    "cancelled",
    "not_begun",
)
_SETTLED: tuple[RowStatus, ...] = ("done", "check_failed", "failed", "cancelled")
_CODES: Mapping[RowStatus, int] = {status: code for code, status in enumerate(_SETTLED, 1)}
_KEPT_FACTS = 20_000  # rows
_AT_WORK = 2_000  # rows before the newest among which those at work are looked for
MOST_COLUMNS = 3  # of each side; more don't fit beside what went wrong


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """A value that every row has: an output port of a step that asks, or an input of a step that delivers."""

    node: str
    port: str
    title: str
    side: Literal["in", "out"]
    name: str = ""  # what the row itself calls it: a column of the source, a result of the run


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
    failed_checks: tuple[str, ...] = ()  # nodes, in the order in which they ended


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
            ValueColumn(node.id, ask.name, ask.label or ask.name, "out", ask.name)
            for ask in spec.type.asks(fields)
        ]
        if spec.type.kind == "output":
            ports = spec.ports(fields).inputs
            name = spec.type.result_name(fields) or ""
            given += [ValueColumn(node.id, port.name, node.title or port.label, "in", name) for port in ports]
    return (*asked[:MOST_COLUMNS], *given[:MOST_COLUMNS])


class RowBook:
    """The rows of one run. What is known of settled rows is kept, so that tables of any length stay quick: looking
    again costs what has settled since, not what there is. `item` gives a row as the engine keeps it, if at hand.
    """

    def __init__(
        self,
        run: RunState,
        columns: Sequence[ValueColumn] = (),
        item: Callable[[int], ItemLine | None] = lambda _: None,
    ) -> None:
        self._run = run
        self._item = item
        self.columns = tuple(columns)
        self._settled: OrderedDict[int, RowFacts] = OrderedDict()
        self._words = bytearray()  # by row: which state it has settled in; 0 is not known
        self._checks_failed = 0
        self._last: RowSettled | None = None

    @property
    def count(self) -> int:
        """Rows that are known to exist."""
        return max(self._run.rows or 0, self._run.rows_begun)

    def facts(self, row: int) -> RowFacts:
        known = self._settled.get(row)
        if known is None:
            known = self._look(row)
            whole = None not in known.values or not self._run.is_over
            if row in self._run.rows_settled and known.values and whole:
                self._settled[row] = known
                if len(self._settled) > _KEPT_FACTS:
                    self._settled.popitem(last=False)
        return known

    def counts(self) -> Counter[RowStatus]:
        """How many rows are in each state; the states add up to all rows."""
        self._note_settled()
        run = self._run
        through = run.rows_done + run.rows_failed + run.rows_cancelled
        begun = max(run.rows_begun, through)
        rest: RowStatus = "cancelled" if run.is_over else "running"
        counts: Counter[RowStatus] = Counter()
        counts["done"] = run.rows_done - self._checks_failed
        counts["check_failed"] = self._checks_failed
        counts["failed"] = run.rows_failed
        counts["cancelled"] = run.rows_cancelled
        counts[rest] += begun - through
        counts["not_begun" if run.is_over else "waiting"] += self.count - begun
        return counts

    def chosen(self, status: RowStatus | None) -> Sequence[int]:
        """The rows in a state, in the order of the table; None means all."""
        if status is None:
            return range(self.count)
        self._note_settled()
        begun, code = self._run.rows_begun, _CODES.get(status, 0)
        words = self._words
        if status in ("waiting", "not_begun"):
            return range(begun, self.count)
        if status == "running":
            return [
                row for row in range(max(0, begun - _AT_WORK), begun) if self.facts(row).status == "running"
            ]
        if status == "done" and self._run.rows_forgotten:  # of what isn't known any more, all went well
            return [row for row in range(begun) if row >= len(words) or words[row] in (0, code)]
        return [row for row, word in enumerate(words) if word == code]

    def _note_settled(self) -> None:
        """Goes through what has settled since the last time, the latest first."""
        run = self._run
        if len(self._words) < self.count:
            self._words.extend(bytes(self.count - len(self._words)))
        latest = next(reversed(run.rows_settled.values()), None)
        for row in reversed(run.rows_settled):
            settled = run.rows_settled[row]
            if settled is self._last:
                break
            before = self._words[row]
            now = _CODES.get(self.facts(row).status, 0)
            self._words[row] = now
            self._checks_failed += (now == _CODES["check_failed"]) - (before == _CODES["check_failed"])
        self._last = latest

    def _look(self, row: int) -> RowFacts:
        run = self._run
        end = run.rows_settled.get(row)
        # Rows are many, steps few: one look a step.
        instances = [i for node in run.nodes if (i := run.instances.get((node, f"#{row}")))]
        if not instances and (end is not None or row < run.rows_begun):
            item = self._item(row)
            if item is not None:
                return self._of_item(item)
        if not instances and end is not None:
            return RowFacts(row, end.status, end.node, cost=end.cost, failure=end.failure)
        if end is None and not instances:
            if row < run.rows_begun and run.rows_forgotten:  # its details are in the journal only
                return RowFacts(row, "done")
            if not run.is_over:
                return RowFacts(row, "waiting")
            return RowFacts(row, "cancelled" if row < run.rows_begun else "not_begun")
        start = min((i.start for i in instances), default=0.0)
        said = [(i.node, word) for i in sorted(instances, key=_ended) if (word := _verdict(i))]
        words = [word for _, word in said]
        is_approved = _is_approved(instances)
        done = [i.settled for i in instances if i.settled]
        # Records don't say when a row was through, only when its steps were.
        ended = max((i.end for i in instances if i.end is not None), default=start)
        return RowFacts(
            row,
            self._status(end.status if end else None, words, is_approved=is_approved),
            (end.node if end else "") or _at_work(instances),
            self._values(row, has_ended=end is not None),
            words.count("passed"),
            len(words),
            sum((settled.cost for settled in done), FREE),
            sum(settled.calls for settled in done),
            ended - start if end else None,
            end.failure if end else None,
            tuple(node for node, word in said if word != "passed"),
        )

    def _of_item(self, item: ItemLine) -> RowFacts:
        """A row whose steps are no longer in memory, or never were."""
        known = self._words[item.number] if item.number < len(self._words) else 0
        status: RowStatus = "check_failed" if known == _CODES["check_failed"] else item.status
        return RowFacts(
            item.number,
            status,
            item.node,
            tuple(_kept(item, column) for column in self.columns),
            cost=item.cost,
            calls=int(item.calls),
            seconds=item.seconds,
            failure=item.failure,
        )

    def _status(self, end: str | None, words: Sequence[str], *, is_approved: bool) -> RowStatus:
        match end:
            case None:
                return "cancelled" if self._run.is_over else "running"
            case "failed":
                return "failed"
            case "cancelled":
                return "cancelled"
            case _:
                # The last check decides, or a person after it: what failed first may have gone on to them.
                is_good = not words or words[-1] == "passed" or is_approved
                return "done" if is_good else "check_failed"

    def _values(self, row: int, *, has_ended: bool) -> tuple[Preview | None, ...]:
        """What its steps say; of a run that is over, what is kept of the row where they don't."""
        values = tuple(self._value(row, column) for column in self.columns)
        wanted = has_ended and self._run.is_over and None in values
        item = self._item(row) if wanted else None
        if item is None:
            return values
        return tuple(value or _kept(item, column) for value, column in zip(values, self.columns, strict=True))

    def _value(self, row: int, column: ValueColumn) -> Preview | None:
        instance = self._run.instances.get((column.node, f"#{row}"))
        if instance is None:
            return None
        if column.side == "in":
            return instance.inputs.get(column.port)
        return instance.settled.outputs.get(column.port) if instance.settled else None


def _kept(item: ItemLine, column: ValueColumn) -> Preview | None:
    words = (item.values if column.side == "out" else item.outputs).get(column.name)
    return None if words is None else Preview(words, "text", len(words))


def _ended(instance: InstanceState) -> float:
    return instance.end if instance.end is not None else instance.start


def _is_approved(instances: Sequence[InstanceState]) -> bool:
    """Whether a person has approved it and nothing was checked after that."""
    told = [one for one in instances if one.decision or _verdict(one)]
    return bool(told) and max(told, key=_ended).decision == "approved"


def _verdict(instance: InstanceState) -> str:
    verdict = instance.settled.verdict if instance.settled else None
    return str(verdict.get("verdict", "not_checked")) if verdict else ""


def _at_work(instances: Iterable[InstanceState]) -> str:
    return next((i.node for i in instances if i.settled is None), "")
