"""Evidence: what a person's own past runs of a workflow took, row by row and step by step."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from app.costs.ledger import BROKEN_OFF, EndedBy, Entry
from app.costs.usage import Usage

MOST_UNITS = 300  # the latest runs or rows that count
_USUAL_APART, _USUAL_RUNS_APART = (
    0.6,
    0.2,
)  # what runs take, and rows of different runs on average (logarithms)
_WEIGHS = 2  # runs that this counts as
_STOPPED: tuple[EndedBy, ...] = ("call.stopped", BROKEN_OFF)


@dataclass(slots=True)
class Took:
    """What one step took in one run or row. `seconds` are those of its calls, `elapsed` those in which any of them was
    under way, instance by instance. `elements` are how many of the outermost frame around it asked, or its turns;
    `unpriced` the model and tokens of each call whose price nobody knew.
    """

    calls: float = 0
    input: float = 0
    output: float = 0
    usd: float = 0.0
    seconds: float = 0.0
    elapsed: float = 0.0
    elements: int = 0
    unpriced: Sequence[tuple[str, Usage]] = ()


Unit = Mapping[str, Took]  # one run, or one row of a run over rows: steps by id


@dataclass(frozen=True, slots=True)
class Evidence:
    """`units` are runs or rows, the latest last, and `runs` says of each which run it belongs to; `models` are those
    that each step asked in them; `unpriced` the steps whose calls nobody could or can price.
    """

    units: tuple[Unit, ...] = ()
    runs: tuple[str, ...] = ()
    models: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    unpriced: frozenset[str] = frozenset()


NO_EVIDENCE = Evidence()


@dataclass(frozen=True, slots=True)
class Spread:
    """How far past runs or rows lie apart, in the logarithm of their tokens: one by one, and runs as a whole beyond
    what chance makes of their rows.
    """

    units: float
    runs: float


def spread_of(units: Sequence[tuple[str, Unit]], names: Collection[str]) -> Spread:
    """Of units with the names of their runs; a few are thought to be as usual."""
    logs: dict[str, list[float]] = {}
    for run, unit in units:
        size = sum(unit[name].input + unit[name].output for name in names if name in unit)
        logs.setdefault(run, []).append(math.log(max(1, size)))
    everything = [one for of_run in logs.values() for one in of_run]
    apart = _deviation(everything, _USUAL_APART)
    if len(everything) == len(logs):  # no run had rows
        return Spread(apart, 0.0)
    within = _deviation([one - fmean(of_run) for of_run in logs.values() for one in of_run], _USUAL_APART)
    runs = _deviation([fmean(of_run) for of_run in logs.values()], _USUAL_RUNS_APART)
    by_chance = within**2 * len(logs) / len(everything)
    return Spread(apart, math.sqrt(max(_USUAL_RUNS_APART**2 / len(logs), runs**2 - by_chance)))


def _deviation(values: Sequence[float], usual: float) -> float:
    middle = fmean(values)
    off = math.fsum((one - middle) ** 2 for one in values) + _WEIGHS * usual**2
    return math.sqrt(off / (len(values) - 1 + _WEIGHS))


def evidence_of(entries: Iterable[Entry]) -> Evidence:
    """From the calls of one workflow in the ledger, in the order of time. Runs and rows that were stopped or broke off
    are left out, and so is what the cache gave, which tells nothing of a new run.
    """
    entries = list(entries)
    stopped = {_unit_of(entry) for entry in entries if entry.outcome in _STOPPED}
    units: dict[tuple[str, str], dict[str, Took]] = {}
    models: dict[str, set[str]] = {}
    unpriced: set[str] = set()
    times: dict[tuple[str, str, str], tuple[Took, list[tuple[float, float]]]] = {}
    elements: dict[tuple[str, str, str], tuple[Took, set[str]]] = {}
    for entry in entries:
        if entry.source != "call" or _unit_of(entry) in stopped:
            continue
        origin = entry.origin
        unit = units.setdefault(_unit_of(entry), {})
        took = unit.setdefault(origin.node, Took())
        took.calls += 1
        took.input += entry.usage.input
        took.output += entry.usage.output
        took.usd += float(entry.cost.known)
        took.seconds += entry.seconds
        _, of_instance = times.setdefault((origin.run, origin.node, entry.scope), (took, []))
        of_instance.append((entry.at - entry.seconds, entry.at))
        row, outermost = _places_of(entry)
        elements.setdefault((origin.run, origin.node, row), (took, set()))[1].add(outermost)
        models.setdefault(origin.node, set()).add(origin.model)
        if entry.cost.state == "unknown" and origin.price is None and entry.usage.total:
            took.unpriced = (*took.unpriced, (origin.model, entry.usage))
        elif entry.cost.state == "unknown":
            unpriced.add(origin.node)
    for took, of_instance in times.values():
        took.elapsed += _covered(of_instance)
    for took, places in elements.values():
        took.elements = len(places)
    _fill_in(units, entries)
    latest = tuple(units.items())[-MOST_UNITS:]
    known = {node: frozenset(names) for node, names in models.items()}
    of_runs = tuple(run for (run, _), _ in latest)
    return Evidence(tuple(unit for _, unit in latest), of_runs, known, frozenset(unpriced))


def _fill_in(units: Mapping[tuple[str, str], dict[str, Took]], entries: Sequence[Entry]) -> None:
    """A step that only the cache answered for in a whole run would have taken what it takes elsewhere. Where others in
    the run were asked, the same came up twice in it, and that may happen again.
    """
    asked = {(run, node) for (run, _), unit in units.items() for node in unit}
    spared = dict.fromkeys((_unit_of(one), one.origin.node) for one in entries if one.source == "cache")
    elsewhere: dict[str, list[Took]] = {}
    for unit in units.values():
        for node, took in unit.items():
            elsewhere.setdefault(node, []).append(took)
    for number, (where, node) in enumerate(spared):
        if where in units and node in elsewhere and (where[0], node) not in asked:
            units[where][node] = elsewhere[node][number % len(elsewhere[node])]


def _covered(times: list[tuple[float, float]]) -> float:
    """Seconds that lie in any of these times, each from when to when."""
    if len(times) == 1:
        return times[0][1] - times[0][0]
    seconds, until = 0.0, -math.inf
    for begin, end in sorted(times):
        seconds += max(0.0, end - max(begin, until))
        until = max(until, end)
    return seconds


def _unit_of(entry: Entry) -> tuple[str, str]:
    """Its run, and its row where the run went over rows."""
    return entry.origin.run, _places_of(entry)[0]


def _places_of(entry: Entry) -> tuple[str, str]:
    """Its row, if any, and the element or turn of the outermost frame around it."""
    first, _, rest = entry.scope.partition("/")
    return (first, rest.partition("/")[0]) if first.startswith("#") else ("", first)
