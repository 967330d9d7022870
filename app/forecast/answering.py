"""Answering: what one asking of models takes, made up from sizes and typical lengths."""

from __future__ import annotations

import math
from collections.abc import Mapping

from app.forecast.asking import Asking
from app.forecast.chance import Chance
from app.forecast.situation import Rate
from app.forecast.taken import Taken
from app.forecast.typical import (
    FAILING,
    GOING_ON,
    REPAIRED,
    SECONDS_A_CALL,
    SELDOM_GOING_ON,
    Beta,
    Constants,
    usual_speed,
)

_LONGEST_DELAY = 60.0  # seconds between two tries


class Answering:
    """Of the steps of a plan that ask models."""

    def __init__(self, asking: Mapping[str, Asking], constants: Constants, chance: Chance) -> None:
        self._asking = asking
        self._constants = constants
        self._chance = chance
        self._speeds: dict[tuple[str, str], float] = {}

    def ask(self, name: str, read: float, weight: float, taken: Taken) -> tuple[float, float]:
        """Stage by stage, until what was answered is enough: seconds, and the size of the last answer. What it takes
        counts so many times as `weight` says.
        """
        asking, chance = self._asking[name], self._chance
        seconds, written, last = 0.0, 0.0, asking.stages[-1] if asking.stages else None
        going_on = SELDOM_GOING_ON if asking.seldom else GOING_ON
        answers: list[float] = []
        for stage in asking.stages:
            times: list[float] = []
            asked = len(stage.calls) - stage.judges
            answers = [] if asked else answers
            for models in stage.calls[:asked]:
                took, written = self._call(name, chance.choice(models), read, weight, taken)
                times.append(took)
                answers.append(written)
                read += written if asking.grows else 0.0
            for number, models in enumerate(stage.calls[asked:]):
                if number and chance.random() > chance.share(name, "on", going_on):
                    break
                each = sum(answers) / stage.judges
                took, _ = self._call(name, chance.choice(models), each, weight, taken, judges=True)
                times.append(took)
            seconds += max(times, default=0.0) if stage.together else sum(times)
            if stage is last:
                break
            if stage.may_be_last and chance.random() > chance.share(name, "on", going_on):
                break
        return seconds, written

    def _call(
        self, name: str, rate: Rate, read: float, weight: float, taken: Taken, *, judges: bool = False
    ) -> tuple[float, float]:
        """One answer or judgement, with the tries that it takes and the repairs that it needs."""
        asking = self._asking[name]
        spread = self._chance.normal(name, "judgement" if judges else "length", self._constants.step)
        typical = asking.judgement if judges else asking.answer
        written = typical * math.exp(spread + self._chance.gauss(0, self._constants.call))
        written = min(written, asking.most)
        off = 0.25 if rate.tokens_a_second else 1.0
        slow = math.exp(self._chance.normal(rate.id, "speed", self._constants.speed) * off)
        took = (SECONDS_A_CALL + written / self._speed_of(rate)) * slow
        sent = asking.own + read
        calls, busy, waited = self._failed(asking, rate, slow)
        if calls:
            taken.add(name, calls * weight, 0.0, 0.0, 0.0, busy * weight)
        seconds = busy + waited
        for _ in range(1 + self._repairs(name, asking)):
            usd = rate.usd(sent, written) * weight
            taken.add(name, weight, sent * weight, written * weight, usd, took * weight)
            seconds += took
            sent += written  # a repair reads what was wrong, too
        return seconds, written

    def _speed_of(self, rate: Rate) -> float:
        key = rate.connection, rate.id
        if key not in self._speeds:
            self._speeds[key] = rate.tokens_a_second or usual_speed(rate.price)
        return self._speeds[key]

    def _failed(self, asking: Asking, rate: Rate, slow: float) -> tuple[int, float, float]:
        """Tries that come to nothing before the one that doesn't: how many, their seconds, and those between them."""
        failing = Beta(FAILING.yes + rate.failed, FAILING.no + rate.tried - rate.failed)
        share, failed, waited = self._chance.share(f"{rate.connection} {rate.id}", "fails", failing), 0, 0.0
        while failed + 1 < asking.attempts and self._chance.random() < share:
            waited += min(_LONGEST_DELAY, 2.0**failed) * self._chance.uniform(0.5, 1.0)
            failed += 1
        return failed, failed * SECONDS_A_CALL * slow, waited

    def _repairs(self, name: str, asking: Asking) -> int:
        wrong, repairs = 0.0 if not asking.repairs else self._chance.share(name, "repaired", REPAIRED), 0
        while repairs < asking.repairs and self._chance.random() < wrong:
            repairs += 1
        return repairs
