"""The gate by its laws: first come first served, never above a limit, and whoever is cancelled holds nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.call_clock import Clock
from app.adapters.call_gate import CallGate, CallLimits, Turn
from app.adapters.call_total import CallTotal
from app.adapters.provider_pace import GROW_AFTER
from app.costs.usage import Usage
from app.executor.retry import LONGEST_RETRY_AFTER
from app.sdk.errors import NodeError
from app.sdk.gateway import Waiting
from tests.unit.adapters.turned_clock import TurnedClock, settled


@dataclass(eq=False)
class Caller:
    """One call that goes on until the test ends it; keeps what it heard."""

    place: Place
    size: int = 10
    heard: list[Waiting] = field(default_factory=list)
    waits_now: int = 0
    began: float | None = None
    error: BaseException | None = None

    def __post_init__(self) -> None:
        self.end: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self.turn: Turn = self.place.gate.turn(lambda: self.size, self)
        self.task = asyncio.ensure_future(self._call())

    async def _call(self) -> None:
        try:
            async with self.turn as turn:
                used = await self.end
                turn.used(None if used is None else Usage(used, 0))
        except BaseException as error:  # noqa: BLE001 - tests look at whatever ended it
            self.error = error

    def begins(self) -> None:
        self.waits_now += 1

    def waits(self, why: Waiting) -> None:
        self.heard.append(why)

    def ends(self) -> None:
        self.waits_now -= 1

    def calls(self) -> None:
        self.began = self.place.clock.now()
        self.place.order.append(self)

    @property
    def is_in(self) -> bool:
        return self.began is not None and not self.task.done()

    async def answer(self, used: int | None = None) -> None:
        self.end.set_result(used)
        await settled()

    async def fail(self, error: NodeError) -> None:
        self.end.set_exception(error)
        await settled()


class NotingGate(CallGate):
    """Notes whom it lets in, in the moment when it does."""

    def __init__(self, connection: str, limits: CallLimits, total: CallTotal, clock: Clock) -> None:
        super().__init__(connection, limits, total, clock)
        self.let: list[Turn] = []

    def _admit(self, turn: Turn, now: float) -> None:
        self.let.append(turn)
        super()._admit(turn, now)


class Place:
    """A gate, the clock beside it, and those who came."""

    def __init__(
        self, parallel: int = 2, rpm: int | None = None, tpm: int | None = None, total: int = 99
    ) -> None:
        self.clock = TurnedClock()
        self.total = CallTotal(total)
        self.gate = NotingGate("Company", CallLimits(parallel, rpm, tpm), self.total, self.clock)
        self.order: list[Caller] = []
        self.callers: list[Caller] = []
        self.refused: list[tuple[float, float]] = []  # when, and for how many seconds

    async def come(self, count: int = 1, size: int = 10) -> list[Caller]:
        came = [Caller(self, size) for _ in range(count)]
        self.callers += came
        await settled()
        return came

    async def close(self) -> None:
        """Everybody leaves; nothing is left of them."""
        for caller in self.callers:
            caller.task.cancel()
        await asyncio.gather(*(caller.task for caller in self.callers), return_exceptions=True)
        assert (self.gate.running, self.gate.waiting, self.clock.alarms) == (0, 0, set())
        assert all(caller.waits_now == 0 for caller in self.callers)


def too_many(retry_after: float | None = None) -> NodeError:
    return NodeError("model.too_many_requests", retry_after=retry_after)


async def test_calls_begin_in_the_order_in_which_they_came() -> None:
    place = Place(parallel=2)
    callers = await place.come(6)
    assert [caller.is_in for caller in callers] == [True, True, False, False, False, False]
    for caller in callers:
        await caller.answer()
    assert place.order == callers
    await place.close()


async def test_whoever_comes_later_does_not_overtake_those_who_wait() -> None:
    place = Place(parallel=1)
    first, second = await place.come(2)
    first.end.set_result(None)
    third = Caller(place)  # comes in the very moment when the place becomes free
    place.callers.append(third)
    await settled()
    assert (second.is_in, third.is_in) == (True, False)
    await place.close()


async def test_a_small_call_does_not_overtake_a_big_one() -> None:
    place = Place(parallel=5, tpm=100)
    await place.come(size=60)
    (big,) = await place.come(size=80)
    (small,) = await place.come(size=1)
    assert (big.is_in, small.is_in) == (False, False)
    await place.clock.turn(61)
    assert (big.is_in, small.is_in) == (True, True)
    await place.close()


async def test_requests_a_minute_hold_for_every_minute() -> None:
    place = Place(parallel=50, rpm=5)
    callers = await place.come(3)
    await place.clock.turn(30)
    callers += await place.come(12)
    assert len(place.order) == 5
    await place.clock.turn(29)
    assert len(place.order) == 5
    await place.clock.turn(1.1)  # the first three are a minute old
    assert len(place.order) == 8
    await place.clock.turn(300)
    assert place.order == callers
    began = [caller.began or 0.0 for caller in callers]
    assert all(late - early >= 60 for early, late in zip(began, began[5:], strict=False))
    await place.close()


async def test_tokens_a_minute_go_by_what_calls_really_used() -> None:
    place = Place(parallel=50, tpm=1000)
    cheap, _, waiting = await place.come(3, size=500)
    assert not waiting.is_in
    await cheap.answer(used=20)
    (more,) = await place.come(size=500)
    assert not waiting.is_in  # 520 are used, 480 left
    await place.clock.turn(61)
    assert waiting.is_in
    assert more.is_in
    await waiting.answer(used=5000)
    (late,) = await place.come(size=1)
    await place.clock.turn(58)
    assert not late.is_in
    await place.clock.turn(2)
    assert late.is_in
    await place.close()


async def test_a_call_bigger_than_a_minute_s_tokens_goes_alone() -> None:
    place = Place(parallel=50, tpm=100)
    first, big = [*await place.come(size=30), *await place.come(size=10_000)]
    assert (first.is_in, big.is_in) == (True, False)
    await place.clock.turn(61)
    assert big.is_in
    await place.close()


async def test_after_a_refusal_nobody_begins_before_the_provider_s_time_is_over() -> None:
    place = Place(parallel=4)
    callers = await place.come(4)
    waiting = await place.come(3)
    await callers[0].fail(too_many(20))
    await callers[1].answer()
    await callers[2].answer()
    waiting += await place.come()
    await place.clock.turn(19.9)
    assert not any(caller.is_in for caller in waiting)
    await place.clock.turn(0.2)
    # Half of four may be in, and one still is.
    assert [caller.is_in for caller in waiting] == [True, False, False, False]
    await place.close()


async def test_refusals_of_one_moment_halve_once_and_good_answers_grow_back() -> None:
    place = Place(parallel=16)
    for caller in await place.come(16):
        await caller.fail(too_many(1))
    assert place.gate.pace.allowed == 8
    await place.clock.turn(1.1)
    for caller in await place.come(8):
        await caller.fail(too_many(1))
    assert place.gate.pace.allowed == 4
    await place.clock.turn(1.1)
    for done in range(GROW_AFTER * 20):
        assert place.gate.pace.allowed == min(16, 4 + done // GROW_AFTER)
        (caller,) = await place.come()
        await caller.answer()
    await place.close()


async def test_without_a_time_of_the_provider_s_the_pause_doubles_up_to_a_minute() -> None:
    place = Place(parallel=1)
    pauses: list[float] = []
    for _ in range(9):
        (caller,) = await place.come()
        refused = place.clock.now()
        await caller.fail(too_many())
        (caller,) = await place.come()
        while not caller.is_in:
            await place.clock.turn(0.5)
        pauses.append(place.clock.now() - refused)
        caller.task.cancel()
        await settled()
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    await place.close()


async def test_a_busy_server_that_names_a_time_is_left_alone_but_no_fewer_calls_go_on() -> None:
    place = Place(parallel=4)
    (caller,) = await place.come()
    await caller.fail(NodeError("model.server_error", retry_after=5))
    (waiting,) = await place.come()
    await place.clock.turn(4.9)
    assert not waiting.is_in
    await place.clock.turn(0.2)
    assert waiting.is_in
    assert place.gate.pace.allowed == 4
    await place.close()


async def test_a_provider_that_is_away_for_hours_is_waited_for_by_nobody() -> None:
    place = Place(parallel=1)
    caller, waiting = await place.come(2)
    await caller.fail(too_many(24 * 3600))
    (later,) = await place.come()
    for refused in (waiting, later):
        assert isinstance(refused.error, NodeError)
        assert refused.error.code == "model.too_many_requests"
        assert (refused.error.retry_after or 0) > LONGEST_RETRY_AFTER
        assert refused.began is None
    place.gate.lift()  # the person has bought more
    (fresh,) = await place.come()
    assert fresh.is_in
    await place.close()


async def test_hints_keep_back_who_would_be_refused() -> None:
    place = Place(parallel=9)
    (caller,) = await place.come()
    caller.turn.hear({"x-ratelimit-remaining-requests": "2", "x-ratelimit-reset-requests": "7s"})
    callers = await place.come(4)
    assert [one.is_in for one in callers] == [True, True, False, False]
    await place.clock.turn(7.1)
    assert all(one.is_in for one in callers)
    caller.turn.hear({"x-ratelimit-remaining-tokens": "9", "x-ratelimit-reset-tokens": "1m30s"})
    (big,) = await place.come()
    await place.clock.turn(59)
    assert not big.is_in
    await place.clock.turn(2)
    assert big.is_in, "a hint holds a minute at most"
    await place.close()


async def test_one_limit_over_all_connections_goes_round() -> None:
    first, second = Place(parallel=9, total=3), Place(parallel=9)
    second.gate = CallGate("Other", CallLimits(9), first.total, second.clock)
    ones, others = await first.come(5), await second.come(2)
    assert [one.is_in for one in ones] == [True, True, True, False, False]
    assert not any(other.is_in for other in others)
    for one in ones[:2]:
        await one.answer()
    assert (ones[3].is_in, ones[4].is_in, others[0].is_in, others[1].is_in) == (True, False, True, False)
    for one in (*ones[2:4], *others[:1]):
        await one.answer()
    assert ones[4].is_in
    assert others[1].is_in
    await first.close()
    await second.close()


async def test_other_limits_hold_at_once() -> None:
    place = Place(parallel=1)
    callers = await place.come(4)
    place.gate.use(CallLimits(3))
    await settled()
    assert [caller.is_in for caller in callers] == [True, True, True, False]
    place.gate.use(CallLimits(3, rpm=1))
    for caller in callers[:3]:
        await caller.answer()
    assert callers[3].is_in
    (last,) = await place.come()
    assert not last.is_in
    place.gate.use(CallLimits(3))
    await settled()
    assert last.is_in
    await place.close()


async def test_who_waits_hears_why_once_a_second() -> None:
    place = Place(parallel=1, rpm=2)
    callers = await place.come(3)
    await place.clock.turn(0.9)
    assert not callers[1].heard
    await place.clock.turn(1)
    assert callers[1].heard[-1] == Waiting("Company", "turn", running=1, ahead=0)
    assert callers[2].heard[-1] == Waiting("Company", "turn", running=1, ahead=1)
    await callers[0].answer()
    await callers[1].answer()
    await place.clock.turn(1)
    said = callers[2].heard[-1]
    assert (said.cause, said.ahead) == ("rate", 0)
    assert said.seconds == pytest.approx(60 - (place.clock.now() - 1000), abs=1)
    assert len(callers[2].heard) == 2
    await place.clock.turn(61)
    await callers[2].fail(too_many(30))
    (last,) = await place.come()
    await place.clock.turn(2)
    assert last.heard[-1].cause == "asked"
    assert last.heard[-1].seconds == pytest.approx(28)
    await place.close()


async def test_who_is_told_to_stop_in_the_last_moment_leaves_the_place_to_the_next() -> None:
    place = Place(parallel=1, rpm=2)
    first, stopped, third = await place.come(3)

    def stop() -> None:
        raise asyncio.CancelledError

    stopped.calls = stop  # type: ignore[method-assign]
    await first.answer()
    assert isinstance(stopped.error, asyncio.CancelledError)
    assert third.is_in, "neither its place nor its part of the rate is taken"
    await place.close()


_OPERATIONS = st.one_of(
    st.tuples(st.just("come"), st.integers(1, 3)),
    st.tuples(st.just("cancel"), st.integers(0, 40)),
    st.tuples(st.just("answer"), st.integers(0, 40)),
    st.tuples(st.just("refuse"), st.integers(0, 40)),
    st.tuples(st.just("break"), st.integers(0, 40)),
    st.tuples(st.just("time"), st.sampled_from([1, 5, 30, 61])),
)


@settings(max_examples=100, deadline=None)
@given(
    operations=st.lists(st.tuples(_OPERATIONS, st.integers(0, 4)), min_size=25, max_size=60),
    parallel=st.integers(1, 4),
    rpm=st.sampled_from([None, 1, 3, 8]),
    tpm=st.sampled_from([None, 15, 100]),
    total=st.sampled_from([1, 3, 99]),
)
def test_whatever_happens_no_limit_is_passed_and_nothing_is_kept(
    operations: list[tuple[tuple[str, int], int]],
    parallel: int,
    rpm: int | None,
    tpm: int | None,
    total: int,
) -> None:
    """Also where things happen so close together that some have not noticed yet what others did."""

    async def live() -> None:
        place = Place(parallel, rpm, tpm, total)
        for (what, which), turns_of_the_loop in operations:
            await _happen(place, what, which)
            for _ in range(turns_of_the_loop):
                await asyncio.sleep(0)
            assert place.gate.running <= min(parallel, total)
        await _check(place, parallel, rpm)

    asyncio.run(live())


async def _happen(place: Place, what: str, which: int) -> None:
    if what == "come":
        place.callers += [Caller(place, size) for size in (5, 40, 90)[:which]]
        return
    if what == "time":
        await place.clock.turn(which)
        return
    if what == "cancel":
        alive = [caller for caller in place.callers if not caller.task.done()]
        if alive:
            alive[which % len(alive)].task.cancel()
        return
    inside = [caller for caller in place.callers if caller.is_in and not caller.end.done()]
    if not inside:
        return
    caller = inside[which % len(inside)]
    if what == "answer":
        caller.end.set_result(which)
    elif what == "refuse":
        caller.end.set_exception(too_many(which))
        await settled()
        place.refused.append((place.clock.now(), which))
    else:
        caller.end.set_exception(NodeError("model.server_error"))


async def _check(place: Place, parallel: int, rpm: int | None) -> None:
    await settled()
    came = {caller.turn: number for number, caller in enumerate(place.callers)}
    numbers = [came[turn] for turn in place.gate.let]
    assert numbers == sorted(numbers), "first come, first served"
    began = [caller.began or 0.0 for caller in place.order if not caller.task.cancelled()]
    if rpm:
        assert all(late - early >= 60 for early, late in zip(began, began[rpm:], strict=False))
    for refused, seconds in place.refused:
        assert not [at for at in began if refused < at < refused + seconds]
    inside = [caller for caller in place.callers if caller.is_in]
    assert place.gate.running == len(inside)
    assert len(inside) <= parallel
    await place.close()
    await place.clock.turn(LONGEST_RETRY_AFTER)
    (fresh,) = await place.come()
    assert fresh.is_in, "who comes to an empty gate is let in"
    await place.close()
