"""Simulates a plan some hundred times: past runs are drawn again, and what is in none of them is made up."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from statistics import fmean
from typing import TypeAlias

from app.forecast.answering import Answering
from app.forecast.asking import asking_of
from app.forecast.chance import Chance
from app.forecast.evidence import NO_EVIDENCE, Evidence, Spread, Unit, spread_of
from app.forecast.forecast import Forecast
from app.forecast.pace import queued
from app.forecast.shape import gives, lengths, needs, parts
from app.forecast.situation import Situation
from app.forecast.taken import Taken, summed
from app.forecast.today import priced, stretched
from app.forecast.typical import ELEMENTS, TUNED, TURNING, VALUE_TOKENS, Constants
from app.forecast.ways import Way, closed_ports, seen, ways_within, weights
from app.planner.plan import FramePlan, Plan, PlanStep
from app.sdk.node_type import AgentRule, LoopRule, MapRule

_WORK = 36_000  # steps that may be simulated in all
_MOST_DRAWS, _FEWEST_DRAWS = 400, 60
_MOST_INSIDE = 12  # rows or elements that stand for all

Sizes: TypeAlias = Mapping[str, float]  # tokens of values by name


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
        asking = {
            name: asking_of(step, situation.rate_of, constants.answer) for name, step in self._steps.items()
        }
        self._asking = {name: one for name, one in asking.items() if one}
        self._needs = {step.id: needs(step) for part in parts(plan) for step in part.steps}
        self._lengths = lengths(plan, situation)
        self._known = {name for name in self._asking if self._is_known(name, evidence)}
        self._ways: dict[str, Sequence[Way]] = {}
        for part in parts(plan):
            self._ways |= ways_within(part, self._known)
        told = [
            (run, self._as_today(unit))
            for run, unit in zip(evidence.runs, evidence.units, strict=True)
            if self._known.intersection(unit)
        ]
        self._units = [unit for _, unit in told]
        apart = spread_of(told, self._known) if told else Spread(0.0, 0.0)
        self._off = constants.spread * apart.units / math.sqrt(max(1, len(told)))
        self._off_together = apart.runs
        self._unpriced = {
            name for name, one in self._asking.items() if any(not rate.is_priced for rate in one.rates)
        } | (evidence.unpriced & self._known)
        self._chance = Chance()
        self._answering = Answering(self._asking, constants, self._chance)
        # Of the present draw:
        self._odds: dict[str, list[float]] = {}
        self._past: Unit | None = None
        self._kept: Collection[str] = ()
        self._factor = 1.0
        self._abreast = 1.0  # how many rows and elements go on at once
        self._repeats = False  # inside a frame that goes through its steps several times
        self._taken = Taken()

    def _as_today(self, unit: Unit) -> Unit:
        asked = {
            name: priced(unit[name], self._asking[name].rates) for name in self._known.intersection(unit)
        }
        return stretched(
            asked, [step for step in self._plan.steps if step.id in self._lengths], self._lengths
        )

    def forecast(self) -> Forecast:
        rows = self._situation.rows
        n = 1 if rows is None else rows
        draws = max(_FEWEST_DRAWS, min(_MOST_DRAWS, _WORK // max(1, len(self._steps))))
        inside = max(1, min(n, _MOST_INSIDE, _WORK // max(1, len(self._steps) * draws)))
        taken = [self._run(n, inside) for _ in range(draws)]
        learned = {name: sum(1 for unit in self._units if name in unit) for name in self._known}
        tail = self._constants.tail_of(len(self._units)) if self._units else self._constants.cold_tail
        asking = [name for name in self._steps if name in self._asking]
        steps, total = summed(taken, self._plan, asking, learned, self._unpriced, tail)
        unknown = tuple(name for name in asking if name in self._unpriced)
        sizes = [len(one) for one in self._situation.kept]
        kept = round(n * fmean(sizes)) if sizes else 0
        return Forecast(total, steps, len(self._units), rows or 0, unknown, kept=kept)

    # One simulated run

    def _run(self, n: int, inside: int) -> Taken:
        self._chance.begin()
        self._odds, self._taken = {}, Taken()
        if not n:
            return self._taken
        pool = self._chance.choices(self._units, k=len(self._units)) if self._units else []
        seconds, weight = 0.0, n / inside
        together = self._chance.gauss(0, self._off_together)
        self._abreast = float(min(n, max(1, self._situation.at_a_time)))
        kept = sorted(self._situation.kept, key=len)
        first = self._chance.random() if kept else 0.0
        for number in range(inside):
            self._kept = kept[int((number + first) * len(kept) / inside)] if kept else ()
            self._past = self._drawn(pool)
            self._factor = math.exp(together + self._chance.gauss(0, self._off))
            if self._past is not None:
                for name in self._known.intersection(self._past).difference(self._kept):
                    took, by = self._past[name], weight * self._factor
                    amounts = (took.input * by, took.output * by, took.usd * by, took.seconds * by)
                    self._taken.add(name, took.calls * weight, *amounts)
            seconds += self._scope(self._plan, self._situation.sizes, weight)[0] * weight
        self._taken.seconds = max(seconds / self._abreast, queued(self._taken.steps, self._asking))
        return self._taken

    def _drawn(self, pool: Sequence[Unit]) -> Unit | None:
        """A past run, or None for one that is made up: the fewer were seen, the more often."""
        prior = self._constants.prior
        if not pool or self._chance.random() * (len(pool) + prior) < prior:
            return None
        return self._chance.choice(pool)

    def _scope(self, plan: Plan, sizes: Sizes, weight: float) -> tuple[float, Sizes]:
        """Seconds on the longest way through, and the size of each result that comes out; "" is what came last."""
        open_edges: dict[int, float] = {}
        ends = [0.0] * len(plan.steps)
        results: dict[str, float] = {"": 0.0}
        for step in plan.steps:
            came = [edge for edge in step.incoming if edge.index in open_edges]
            if step.always_skipped or not self._fires(step, {edge.target_port for edge in came}):
                continue
            begins = max((ends[edge.source] for edge in came), default=0.0)
            read: dict[str, float] = {}
            for edge in came:
                read[edge.target_port] = read.get(edge.target_port, 0.0) + open_edges[edge.index]
            took, written = self._instance(step, read, sizes, weight)
            if step.frame or step.id in self._asking:
                own = took - self._told(step) if self._repeats else took
                self._works(step.id, own, weight)
            ends[step.index] = begins + took
            if not step.outgoing:
                results[""] = results[step.result_name] = written
                continue
            closed = self._closed(step)
            for edge in step.outgoing:
                if edge.source_port not in closed:
                    open_edges[edge.index] = sizes.get(edge.source_port, written) if gives(step) else written
        return max(ends, default=0.0), results

    def _works(self, name: str, seconds: float, weight: float) -> None:
        """It was at work so long, beside so many others of its kind."""
        work = self._taken.work
        work[name] = work.get(name, 0.0) + max(0.0, seconds) * weight / self._abreast

    def _fires(self, step: PlanStep, arrived: set[str]) -> bool:
        return bool(arrived) if step.merge else arrived >= self._needs[step.id]

    def _closed(self, step: PlanStep) -> frozenset[str]:
        ways = self._ways[step.id]
        if not ways:
            return closed_ports(ways, 0)
        odds = self._taken_before(ways) or self._odds.setdefault(step.id, weights(len(ways), self._chance))
        return closed_ports(ways, self._chance.choices(range(len(ways)), odds)[0])

    def _taken_before(self, ways: Sequence[Way]) -> Sequence[float]:
        """How often each way was in the past run that is drawn; empty where it doesn't tell."""
        if self._past is None or not any(way.only for way in ways):
            return ()
        times = seen(ways, self._past)
        return times if any(times) else ()

    def _instance(self, step: PlanStep, came: Sizes, sizes: Sizes, weight: float) -> tuple[float, float]:
        """Seconds and the size of what it gives."""
        if step.frame:
            return self._frame(step, step.frame, came, sizes, weight)
        read = sum(came.values())
        asking = self._asking.get(step.id)
        if asking is None:
            content = self._situation.contents.get(step.id)
            return 0.0, content.tokens if content else max(read, VALUE_TOKENS if gives(step) else 1.0)
        if step.id in self._kept:
            return 0.0, asking.answer
        if self._past is not None and step.id in self._known:  # what it took is counted already
            took = self._past.get(step.id)
            written = took.output / took.calls if took and took.calls else asking.answer
            return self._own(step.id), written
        return self._answering.ask(step.id, read, weight, self._taken)

    # Frames

    def _frame(
        self, step: PlanStep, frame: FramePlan, came: Sizes, sizes: Sizes, weight: float
    ) -> tuple[float, float]:
        inner = {**sizes, **{one.name: came.get(one.name, VALUE_TOKENS) for one in frame.given}}
        if isinstance(frame.rule, MapRule):
            return self._map(step, frame, frame.rule, {**inner, **came}, weight)
        if isinstance(frame.rule, LoopRule):
            return self._loop(step, frame, frame.rule, inner, weight)
        if isinstance(frame.rule, AgentRule):
            return self._agent(step, frame, sum(came.values()), inner, weight)
        took, results = self._scope(frame.body, inner, weight)
        return took, results[""]

    def _map(
        self, step: PlanStep, frame: FramePlan, rule: MapRule, sizes: Sizes, weight: float
    ) -> tuple[float, float]:
        """A few elements stand for all."""
        count = self._elements(step)
        if not count:
            return 0.0, 0.0
        at_once = max(1.0, min(count, rule.at_a_time or self._situation.at_a_time))
        around, self._abreast = self._abreast, self._abreast * at_once
        element = sizes.get("items", count * VALUE_TOKENS) / count
        inner = {**sizes, **{one.name: element for one in frame.given if one.source in ("item", "column")}}
        times = max(1, round(min(count, _MOST_INSIDE / 2)))
        took, size = 0.0, 0.0
        for _ in range(times):
            seconds, results = self._body(frame.body, inner, weight * count / times)
            took += seconds
            size += results[""]
        busy = took * count / times + self._told_within(frame.body, weight)
        self._abreast = around
        return busy / at_once, size * count / times

    def _loop(
        self, step: PlanStep, frame: FramePlan, rule: LoopRule, sizes: Sizes, weight: float
    ) -> tuple[float, float]:
        """Turn by turn: what a variable came to in one is what the next one reads."""
        variables = {one.name for one in frame.given if one.source == "variable"}
        took, inner, results = 0.0, dict(sizes), {"": 0.0}
        for _ in range(self._turns(step.id, rule.max_turns, ends=bool(rule.names))):
            seconds, results = self._body(frame.body, inner, weight)
            took += seconds
            inner |= {name: size for name, size in results.items() if name in variables}
        return took + self._told_within(frame.body, weight), results[""]

    def _agent(
        self, step: PlanStep, frame: FramePlan, read: float, inner: Sizes, weight: float
    ) -> tuple[float, float]:
        """Its own turns, and after each but the last one of its tools, which it reads what came of."""
        asking = self._asking.get(step.id)
        rule = frame.rule
        if asking is None or not isinstance(rule, AgentRule):
            return 0.0, read
        if self._past is not None and step.id in self._known:
            return self._own(step.id) + self._told_within(frame.body, weight), asking.answer
        turns, took, written = self._turns(step.id, rule.max_turns, ends=True), 0.0, 0.0
        for turn in range(turns):
            seconds, written = self._answering.ask(step.id, read, weight, self._taken)
            took += seconds
            if turn < turns - 1 and frame.tools:
                seconds, results = self._body(self._chance.choice(frame.tools).plan, inner, weight)
                took += seconds
                read += written + max(VALUE_TOKENS, results[""])
        return took + self._told_within(frame.body, weight), written

    def _body(self, body: Plan, sizes: Sizes, weight: float) -> tuple[float, Sizes]:
        """Once through; what past runs say of the steps within counts for all times together, and not here."""
        around, self._repeats = self._repeats, True
        took, results = self._scope(body, sizes, weight)
        self._repeats = around
        return max(0.0, took - sum(map(self._told, body.steps))), results

    def _told_within(self, body: Plan, weight: float) -> float:
        """Seconds that past runs tell of the steps in a frame, for all its times together."""
        if self._past is None:
            return 0.0
        if not self._repeats:
            for step in body.all_steps():
                self._works(step.id, self._told(step), weight)
        return sum(map(self._told, body.steps))

    def _told(self, step: PlanStep) -> float:
        """Seconds that the past run tells of a step and what is in it."""
        if self._past is None:
            return 0.0
        within = step.frame.body.steps if step.frame else ()
        return self._own(step.id) + sum(map(self._told, within))

    def _own(self, name: str) -> float:
        counts = self._past is not None and name in self._known and name not in self._kept
        took = self._past.get(name) if self._past is not None and counts else None
        return took.elapsed * self._factor if took else 0.0

    def _elements(self, step: PlanStep) -> float:
        """Of the list that a For each goes through."""
        if step.id in self._lengths:
            return float(self._lengths[step.id])
        return max(1.0, ELEMENTS * math.exp(self._chance.normal(step.id, "elements", 0.9)))

    def _turns(self, name: str, most: int, *, ends: bool) -> int:
        if not ends:
            return most
        goes_on, turns = self._chance.share(name, "on", TURNING), 1
        while turns < min(most, 50) and self._chance.random() < goes_on:
            turns += 1
        return turns

    def _is_known(self, name: str, evidence: Evidence) -> bool:
        """Whether past runs tell of this step as it is now: with the models that it would ask today."""
        asked = evidence.models.get(name)
        now = {rate.id for rate in self._asking[name].rates if rate.id}
        # A server may name a model with its date behind what was asked for.
        return asked is not None and all(any(one.startswith(name) for name in now) for one in asked)
