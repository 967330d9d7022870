"""Simulates a plan some hundred times: past runs are drawn again, and what is in none of them is made up."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.costs.price import Price
from app.forecast.evidence import NO_EVIDENCE, Evidence, Took, Unit
from app.forecast.forecast import Amounts, Forecast, StepForecast, interval, money
from app.forecast.typical import (
    ELEMENTS,
    ESCALATING,
    SECONDS_A_CALL,
    TOKENS_A_SECOND,
    TUNED,
    VALUE_TOKENS,
    Constants,
    answer_tokens,
    most_tokens,
    own_tokens,
)
from app.forecast.ways import closed_ports, ways_of, weights
from app.planner.plan import FramePlan, Plan, PlanStep
from app.sdk.fields import ModelChoice
from app.sdk.node_type import AgentRule, LoopRule, MapRule

_SEED = 20_261_130
_WORK = 60_000  # steps that may be simulated in all
_MOST_DRAWS, _FEWEST_DRAWS = 400, 60
_MOST_INSIDE = 12  # rows or elements that stand for all


@dataclass(frozen=True, slots=True)
class Rate:
    """A model as the forecast needs it: its id, price (None: unknown), whether it is free here, its speed if seen.

    `at_once` is how many calls its connection takes at a time; `connection` says which share that (0: no limit).
    """

    id: str
    price: Price | None = None
    free: bool = False
    tokens_a_second: float | None = None
    connection: str = ""
    at_once: int = 0

    @property
    def is_priced(self) -> bool:
        return self.free or self.price is not None

    def usd(self, read: float, written: float) -> float:
        """0 where nobody knows; who asks looks at `is_priced`, too."""
        if self.free or self.price is None:
            return 0.0
        price = self.price.for_input(int(read))
        return float(price.input) * read + float(price.output) * written


@dataclass(frozen=True, slots=True)
class Situation:
    """`sizes` are tokens of the run's inputs by name, `counts` the lengths of those that are lists; `rows` how many
    rows are run, None where it is one run. `at_a_time` is how many rows go on at once.
    """

    rate_of: Callable[[ModelChoice], Rate | None]
    sizes: Mapping[str, float]
    counts: Mapping[str, int]
    rows: int | None = None
    at_a_time: int = 4


@dataclass(frozen=True, slots=True)
class _Asking:
    """A step that calls models: what it sends, a typical answer and the longest, the models of each call in order."""

    own: float
    answer: float
    most: float
    calls: tuple[tuple[Rate, ...], ...]
    escalates: bool


def forecast(
    plan: Plan, situation: Situation, evidence: Evidence = NO_EVIDENCE, constants: Constants = TUNED
) -> Forecast:
    """The same question gets the same answer. Reads and asks nothing."""
    return _Simulation(plan, situation, evidence, constants).forecast()


class _Simulation:
    def __init__(self, plan: Plan, situation: Situation, evidence: Evidence, constants: Constants) -> None:
        self._plan = plan
        self._situation = situation
        self._constants = constants
        self._steps = {step.id: step for step in plan.all_steps()}
        self._unpriced: set[str] = set()
        self._asking = {name: one for name, step in self._steps.items() if (one := self._asking_of(step))}
        self._ways = {name: ways_of(step) for name, step in self._steps.items()}
        self._known = {name for name in self._asking if self._is_known(name, evidence)}
        self._units = [unit for unit in evidence.units if self._known.intersection(unit)]
        self._unpriced |= evidence.unpriced & self._known
        self._draw = random.Random(_SEED)  # noqa: S311 - a simulation, nothing is guarded by it
        # Of the present draw:
        self._world: dict[str, float] = {}
        self._odds: dict[str, list[float]] = {}
        self._past: Unit | None = None
        self._sums: dict[str, list[float]] = {}

    def forecast(self) -> Forecast:
        rows = self._situation.rows
        n = 1 if rows is None else rows
        draws = max(_FEWEST_DRAWS, min(_MOST_DRAWS, _WORK // max(1, len(self._steps))))
        inside = max(1, min(n, _MOST_INSIDE, _WORK // max(1, len(self._steps) * draws)))
        taken = [self._run(n, inside) for _ in range(draws)]
        learned = {name: sum(1 for unit in self._units if name in unit) for name in self._known}
        return self._summed(taken, learned)

    # One simulated run

    def _run(self, n: int, inside: int) -> tuple[dict[str, list[float]], float]:
        self._world, self._odds, self._sums = {}, {}, {}
        if not n:
            return self._sums, 0.0
        pool = self._draw.choices(self._units, k=len(self._units)) if self._units else []
        off = self._constants.spread / math.sqrt(len(pool)) if pool else 0.0
        factor = math.exp(self._draw.gauss(0, off))
        seconds, weight = 0.0, n / inside
        for _ in range(inside):
            self._past = self._drawn(pool)
            if self._past is not None:
                for name in self._known.intersection(self._past):
                    self._add(name, self._past[name], weight, factor)
            seconds += self._scope(self._plan, self._situation.sizes, weight)[0] * weight
        return self._sums, max(seconds / min(n, max(1, self._situation.at_a_time)), self._queued())

    def _queued(self) -> float:
        """Seconds that the busiest connection needs at least for all calls, so many at once as it takes."""
        busy: dict[tuple[str, int], float] = {}
        for name, sums in self._sums.items():
            asking = self._asking.get(name)
            first = asking.calls[0][0] if asking and asking.calls else None
            if first and first.at_once:
                place = (first.connection, first.at_once)
                busy[place] = busy.get(place, 0.0) + sums[4]
        return max((seconds / at_once for (_, at_once), seconds in busy.items()), default=0.0)

    def _drawn(self, pool: Sequence[Unit]) -> Unit | None:
        """A past run, or None for one that is made up: the fewer were seen, the more often."""
        prior = self._constants.prior
        if not pool or self._draw.random() * (len(pool) + prior) < prior:
            return None
        return self._draw.choice(pool)

    def _scope(self, plan: Plan, sizes: Mapping[str, float], weight: float) -> tuple[float, float]:
        """Seconds on the longest way through, and the size of what comes out."""
        open_edges: dict[int, float] = {}
        ends = [0.0] * len(plan.steps)
        last = 0.0
        for step in plan.steps:
            came = [edge for edge in step.incoming if edge.index in open_edges]
            if step.always_skipped or not self._fires(step, {edge.target_port for edge in came}):
                continue
            begins = max((ends[edge.source] for edge in came), default=0.0)
            read = sum(open_edges[edge.index] for edge in came)
            took, written = self._instance(step, read, sizes, weight)
            ends[step.index] = begins + took
            if not step.outgoing:
                last = written
            closed = self._closed(step)
            for edge in step.outgoing:
                if edge.source_port not in closed:
                    open_edges[edge.index] = sizes.get(edge.source_port, written) if _gives(step) else written
        return max(ends, default=0.0), last

    def _fires(self, step: PlanStep, arrived: set[str]) -> bool:
        if step.merge:
            return bool(arrived)
        wanted = {edge.target_port for edge in step.incoming}
        return arrived.issuperset(wanted.intersection(step.required))

    def _closed(self, step: PlanStep) -> frozenset[str]:
        ways = self._ways[step.id]
        if not ways:
            return closed_ports(ways, 0)
        odds = self._odds.setdefault(step.id, weights(len(ways), self._draw))
        return closed_ports(ways, self._draw.choices(range(len(ways)), odds)[0])

    def _instance(
        self, step: PlanStep, read: float, sizes: Mapping[str, float], weight: float
    ) -> tuple[float, float]:
        """Seconds and the size of what it gives."""
        if step.frame:
            return self._frame(step, step.frame, read, sizes, weight)
        asking = self._asking.get(step.id)
        if asking is None:
            return 0.0, max(read, VALUE_TOKENS if _gives(step) else 1.0)
        if self._past is not None and step.id in self._known:  # what it took is counted already
            took = self._past.get(step.id)
            written = took.output / took.calls if took and took.calls else asking.answer
            return (took.seconds if took else 0.0), written
        return self._calls(step.id, asking, read, weight)

    def _calls(self, name: str, asking: _Asking, read: float, weight: float) -> tuple[float, float]:
        seconds, written = 0.0, 0.0
        for number, models in enumerate(asking.calls):
            if number and asking.escalates and self._draw.random() > self._share(f"{name} on", 1.2, 2.5):
                break
            rate = self._draw.choice(models)
            spread = self._normal(f"{name} length", self._constants.step)
            written = asking.answer * math.exp(spread + self._draw.gauss(0, self._constants.call))
            written = min(written, asking.most)
            speed = rate.tokens_a_second or TOKENS_A_SECOND
            off = 0.25 if rate.tokens_a_second else 1.0
            slow = math.exp(self._normal(f"{rate.id} speed", self._constants.speed) * off)
            took = (SECONDS_A_CALL + written / speed) * slow
            seconds += took
            sent = asking.own + read
            self._add(name, Took(1, round(sent), round(written), rate.usd(sent, written), took), weight)
        return seconds, written

    def _frame(
        self, step: PlanStep, frame: FramePlan, read: float, sizes: Mapping[str, float], weight: float
    ) -> tuple[float, float]:
        rule = frame.rule
        inner = {**sizes, **{one.name: read for one in frame.given}}
        if isinstance(rule, MapRule):
            count = self._elements(step)
            inner |= {one.name: read / count for one in frame.given if one.source in ("item", "column")}
            few = min(count, _MOST_INSIDE / 2)
            times = max(1, round(few))
            took, size = self._times(frame.body, inner, weight * count / times, times)
            busy = took * count / times + self._seconds_within(frame.body)
            at_once = min(count, rule.at_a_time or self._situation.at_a_time)
            return busy / max(1.0, at_once), size * count
        if isinstance(rule, LoopRule):
            turns = self._turns(step.id, rule.max_turns, ends=bool(rule.names))
            took, size = self._times(frame.body, inner, weight, turns)
            return took + self._seconds_within(frame.body), size
        if isinstance(rule, AgentRule):
            return self._agent(step, frame, read, inner, weight)
        took, size = self._scope(frame.body, inner, weight)
        return took, size

    def _agent(
        self, step: PlanStep, frame: FramePlan, read: float, inner: Mapping[str, float], weight: float
    ) -> tuple[float, float]:
        """Its own turns, and after each but the last one of its tools."""
        asking = self._asking.get(step.id)
        rule = frame.rule
        if asking is None or not isinstance(rule, AgentRule):
            return 0.0, read
        if self._past is not None and step.id in self._known:
            own = self._past.get(step.id, Took())
            return own.seconds + self._seconds_within(frame.body), asking.answer
        turns, seconds, written = self._turns(step.id, rule.max_turns, ends=True), 0.0, 0.0
        for turn in range(turns):
            took, written = self._calls(step.id, asking, read, weight)
            seconds += took
            read += written + VALUE_TOKENS
            if turn < turns - 1 and frame.body.steps:
                seconds += self._scope(frame.body, inner, weight / len(frame.body.steps))[0]
        return seconds, written

    def _times(
        self, body: Plan, sizes: Mapping[str, float], weight: float, times: int
    ) -> tuple[float, float]:
        past, self._past = self._past, self._past
        seconds, size = 0.0, 0.0
        for _ in range(times):
            took, size = self._body(body, sizes, weight)
            seconds += took
        self._past = past
        return seconds, size

    def _body(self, body: Plan, sizes: Mapping[str, float], weight: float) -> tuple[float, float]:
        """Once through; what past runs say of the steps within counts for all times together, and not here."""
        took, size = self._scope(body, sizes, weight)
        return max(0.0, took - self._seconds_within(body)), size

    def _seconds_within(self, body: Plan) -> float:
        if self._past is None:
            return 0.0
        names = (step.id for step in body.all_steps() if step.id in self._known)
        return sum(self._past[name].seconds for name in names if name in self._past)

    def _elements(self, step: PlanStep) -> float:
        """Of the list that a For each goes through."""
        for edge in step.incoming:
            if edge.target_port == "items" and edge.source_port in self._situation.counts:
                return max(1.0, float(self._situation.counts[edge.source_port]))
        return max(1.0, ELEMENTS * math.exp(self._normal(f"{step.id} elements", 0.9)))

    def _turns(self, name: str, most: int, *, ends: bool) -> int:
        if not ends:
            return most
        goes_on, turns = self._share(f"{name} on", 1.2, 1.2), 1
        while turns < min(most, 50) and self._draw.random() < goes_on:
            turns += 1
        return turns

    def _normal(self, what: str, spread: float) -> float:
        """One value a draw: what we are off by is the same in every call of a run."""
        if what not in self._world:
            self._world[what] = self._draw.gauss(0, spread)
        return self._world[what]

    def _share(self, what: str, alpha: float, beta: float) -> float:
        if what not in self._world:
            self._world[what] = self._draw.betavariate(alpha, beta)
        return self._world[what]

    def _add(self, name: str, took: Took, weight: float, factor: float = 1.0) -> None:
        sums = self._sums.setdefault(name, [0.0] * 5)
        sums[0] += took.calls * weight
        sums[1] += took.input * weight * factor
        sums[2] += took.output * weight * factor
        sums[3] += took.usd * weight * factor
        sums[4] += took.seconds * weight * factor

    # What steps are

    def _asking_of(self, step: PlanStep) -> _Asking | None:
        if step.spec is None or step.always_skipped:
            return None
        rule = step.frame.rule if step.frame else None
        if isinstance(rule, AgentRule):
            choices: Sequence[Sequence[ModelChoice]] = ((rule.model,),)
        elif step.frame or step.effect != "model":
            return None
        else:
            choices = step.spec.type.calls(step.fields)
        rates = [[self._situation.rate_of(choice) for choice in several] for several in choices]
        if any(rate is None or not rate.is_priced for several in rates for rate in several):
            self._unpriced.add(step.id)
        calls = tuple(tuple(rate or Rate("") for rate in several) for several in rates if several)
        escalates = step.node.type in ESCALATING
        return _Asking(own_tokens(step), answer_tokens(step), most_tokens(step), calls, escalates)

    def _is_known(self, name: str, evidence: Evidence) -> bool:
        """Whether past runs tell of this step as it is now: with the models that it would ask today."""
        asked = evidence.models.get(name)
        now = {rate.id for several in self._asking[name].calls for rate in several if rate.id}
        # A server may name a model with its date behind what was asked for.
        return asked is not None and all(any(one.startswith(name) for name in now) for one in asked)

    # What came of it

    def _summed(
        self, taken: Sequence[tuple[dict[str, list[float]], float]], learned: Mapping[str, int]
    ) -> Forecast:
        inside = {
            name: [name, *(one.id for one in step.frame.body.all_steps())] if step.frame else [name]
            for name, step in self._steps.items()
        }
        steps: dict[str, StepForecast] = {}
        for name, parts in inside.items():
            asking = [part for part in parts if part in self._asking]
            if asking:
                runs = max((learned.get(part, 0) for part in asking), default=0)
                steps[name] = StepForecast(self._amounts([sums for sums, _ in taken], asking, None), runs)
        everything = list(self._asking)
        total = self._amounts([sums for sums, _ in taken], everything, [seconds for _, seconds in taken])
        unknown = tuple(name for name in self._asking if name in self._unpriced)
        return Forecast(total, steps, len(self._units), self._situation.rows or 0, unknown)

    def _amounts(
        self,
        taken: Sequence[Mapping[str, Sequence[float]]],
        names: Sequence[str],
        seconds: Sequence[float] | None,
    ) -> Amounts:
        nothing = (0.0,) * 5
        columns = [[sum(sums.get(name, nothing)[at] for name in names) for sums in taken] for at in range(5)]
        constants = self._constants
        tail = constants.tail if self._units else constants.cold_tail
        calls, read, written, usd, busy = columns
        tokens = [a + b for a, b in zip(read, written, strict=True)]
        unknown = any(name in self._unpriced for name in names)
        return Amounts(
            interval(calls, tail),
            interval(read, tail),
            interval(written, tail),
            interval(tokens, tail),
            interval(busy if seconds is None else seconds, tail),
            money(usd, tail, unknown=unknown),
        )


def _gives(step: PlanStep) -> bool:
    """It hands out what the run or frame was given."""
    return step.node.type in ("intent.ask", "flow.inputs")
