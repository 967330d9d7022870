"""A bill: what a month or any other span of days has cost, by day, workflow and step, model and connection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from app.costs.cost import FREE, Cost
from app.costs.ledger import Part, Sum
from app.costs.shares import parts_of, rounded, tenths_of, unit_for
from app.costs.usage import NO_USAGE, Usage

FINEST: tuple[Part, ...] = ("day", "workflow", "node", "connection", "model")

Model = tuple[str, str]  # connection, model


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill. `shown` is its amount as it stands beside the others, `tenths` its share in tenths of a
    percent; both add up. `free`: nothing of it was charged. `unknown` calls are not in the amount. `rows` is None where
    nobody can say. `inner` are the lines that it is made of. `estimated` calls are in the amount, and were guessed.
    """

    key: str
    name: str
    type: str = ""
    models: tuple[Model, ...] = ()
    calls: int = 0
    free_calls: int = 0
    unknown: int = 0
    failed: int = 0
    usage: Usage = NO_USAGE
    cost: Cost = FREE
    shown: Decimal = Decimal(0)
    tenths: int = 0
    rows: int | None = None
    inner: tuple[Line, ...] = ()
    estimated: int = 0

    @property
    def free(self) -> bool:
        return self.cost.state == "free"

    @property
    def a_call(self) -> Decimal:
        """What a call has cost on average, of those whose cost is known."""
        known = self.calls - self.unknown
        return self.cost.known / known if known else Decimal(0)


@dataclass(frozen=True, slots=True)
class Bill:
    """`unit` is what amounts are rounded to. `by_day` holds amounts and calls by day and model, for a chart."""

    unit: Decimal
    total: Line
    workflows: tuple[Line, ...] = ()
    models: tuple[Line, ...] = ()
    connections: tuple[Line, ...] = ()
    days: tuple[Line, ...] = ()
    by_day: Mapping[str, Mapping[Model, Line]] = field(default_factory=dict[str, Mapping[Model, Line]])


def bill_of(sums: Sequence[Sum], rows: Mapping[str, int] | None = None) -> Bill:
    """`sums` are by `FINEST`; `rows` is the number of rows and runs of each workflow."""
    sums = [one for one in sums if one.calls]
    whole = _line("", "", sums)
    unit = unit_for(whole.cost.known)
    shown = rounded(whole.cost.known, unit)
    total = _with(whole, shown, 1000 if shown else 0)
    workflows = _lines(sums, total, unit, lambda one: one.key[1], lambda one: one.names[1])
    return Bill(
        unit,
        total,
        tuple(_with_steps(line, sums, unit, (rows or {}).get(line.key)) for line in workflows),
        _lines(sums, total, unit, lambda one: f"{one.key[3]}\n{one.key[4]}", lambda one: one.key[4]),
        _lines(sums, total, unit, lambda one: one.key[3], lambda one: one.key[3]),
        tuple(
            sorted(
                _lines(sums, total, unit, lambda one: one.key[0], lambda one: one.key[0]),
                key=lambda line: line.key,
            )
        ),
        _by_day(sums),
    )


def only(sums: Iterable[Sum], day: str = "", model: Model | None = None, workflow: str = "") -> list[Sum]:
    """Those of one day, one model or one workflow."""
    return [
        one
        for one in sums
        if (not day or one.key[0] == day)
        and (model is None or one.key[3:5] == model)
        and (not workflow or one.key[1] == workflow)
    ]


def _lines(
    sums: Sequence[Sum],
    total: Line,
    unit: Decimal,
    key: Callable[[Sum], str],
    name: Callable[[Sum], str],
) -> tuple[Line, ...]:
    """The dearest first, then those with most calls."""
    groups: defaultdict[str, list[Sum]] = defaultdict(list)
    for one in sums:
        groups[key(one)].append(one)
    lines = [_line(its, name(_latest(group)), group) for its, group in groups.items()]
    lines.sort(key=lambda line: (-line.cost.known, -line.calls, line.key))
    amounts = [line.cost.known for line in lines]
    shown, tenths = parts_of(amounts, total.shown, unit), tenths_of(amounts, total.tenths)
    return tuple(
        _with(line, *both) for line, both in zip(lines, zip(shown, tenths, strict=True), strict=True)
    )


def _with_steps(line: Line, sums: Sequence[Sum], unit: Decimal, rows: int | None) -> Line:
    mine = only(sums, workflow=line.key)
    steps = _lines(mine, line, unit, lambda one: one.key[2], lambda one: one.names[2])
    return _with(line, line.shown, line.tenths, rows, steps)


def _with(
    line: Line, shown: Decimal, tenths: int, rows: int | None = None, inner: tuple[Line, ...] = ()
) -> Line:
    return replace(line, shown=shown, tenths=tenths, rows=rows, inner=inner)


def _line(key: str, name: str, sums: Sequence[Sum]) -> Line:
    by_model: defaultdict[Model, Decimal] = defaultdict(Decimal)
    for one in sums:
        by_model[one.key[3], one.key[4]] += one.cost.known
    return Line(
        key,
        name,
        _latest(sums).type if sums else "",
        tuple(sorted(by_model, key=lambda model: -by_model[model])),
        sum(one.calls for one in sums),
        sum(one.free for one in sums),
        sum(one.unknown for one in sums),
        sum(one.failed for one in sums),
        sum((one.usage for one in sums), NO_USAGE),
        sum((one.cost for one in sums), FREE),
        estimated=sum(one.estimated for one in sums),
    )


def _by_day(sums: Sequence[Sum]) -> Mapping[str, Mapping[Model, Line]]:
    groups: defaultdict[str, defaultdict[Model, list[Sum]]] = defaultdict(lambda: defaultdict(list))
    for one in sums:
        groups[one.key[0]][one.key[3], one.key[4]].append(one)
    return {
        day: {model: _line(day, model[1], group) for model, group in models.items()}
        for day, models in groups.items()
    }


def _latest(sums: Sequence[Sum]) -> Sum:
    return max(sums, key=lambda one: one.key[0])
