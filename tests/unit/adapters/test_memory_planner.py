"""Models share the memory in turns: nobody is unloaded at work, nobody waits for ever, and it is told who waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.memory_planner import NO_OTHERS, MemoryPlanner, Others, Room, Tenant, Wish
from app.sdk.errors import NodeError
from app.sdk.gateway import Waiting
from tests.unit.adapters.turned_clock import TurnedClock, settled

TURN = 10.0
IDLE = 600.0


@dataclass
class House:
    """A planner with a turned clock; `log` keeps who was unloaded, and `holds` how much memory was taken at most."""

    memory: int = 10
    clock: TurnedClock = field(default_factory=TurnedClock)
    log: list[str] = field(default_factory=list)
    idle: float = IDLE
    others: Others = NO_OTHERS
    wall: float = 0.0
    is_kept_out: bool = False

    def __post_init__(self) -> None:
        self.planner = MemoryPlanner(
            "This computer",
            lambda _taken: Room(self.memory),
            lambda: self.idle,
            turn=TURN,
            clock=self.clock,
            neighbours=self,
            wall=lambda: self.clock.now() + self.wall,
        )
        self.unloading: asyncio.Event | None = None

    def alone(self) -> AbstractContextManager[bool]:
        return nullcontext(not self.is_kept_out)

    def tenant(self, name: str, need: int) -> Tenant:
        async def unload() -> None:
            assert tenant.running == 0, "a model at work was unloaded"
            if self.unloading is not None:
                await self.unloading.wait()
            self.log.append(name)

        tenant = Tenant(name, Room(need), unload)
        return tenant

    def call(self, tenant: Tenant, heard: Heard | None = None) -> Call:
        return Call(self, tenant, heard)


class Call:
    """A call that goes on until it is told to end."""

    def __init__(self, house: House, tenant: Tenant, heard: Heard | None) -> None:
        self.begun = asyncio.Event()
        self.end = asyncio.Event()
        self.task = asyncio.ensure_future(self._run(house, tenant, heard))

    async def _run(self, house: House, tenant: Tenant, heard: Heard | None) -> None:
        async with house.planner.place(tenant, heard):
            if not tenant.is_ready:
                house.planner.ready(tenant, 0)
            self.begun.set()
            assert sum(one.need.memory for one in house.planner.inside) <= house.memory
            await self.end.wait()
            assert tenant in house.planner.inside

    async def over(self) -> None:
        self.end.set()
        await self.task
        await settled()


@dataclass
class Heard:
    """A WaitListener."""

    said: list[Waiting] = field(default_factory=list)
    open: int = 0

    def begins(self) -> None:
        self.open += 1

    def waits(self, why: Waiting) -> None:
        self.said.append(why)

    def ends(self) -> None:
        self.open -= 1

    def calls(self) -> None:
        """It goes out."""


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.planner.stop()
    assert house.planner.inside == ()


async def test_what_fits_together_is_in_together(house: House) -> None:
    calls = [house.call(house.tenant(name, 5)) for name in "ab"]
    await settled()
    assert all(call.begun.is_set() for call in calls)
    for call in calls:
        await call.over()
    assert [one.name for one in house.planner.inside] == ["a", "b"]
    assert house.log == []


async def test_an_idle_model_leaves_at_once_for_one_that_needs_the_room(house: House) -> None:
    a, b = house.tenant("a", 6), house.tenant("b", 6)
    await house.call(a).over()
    house.unloading = asyncio.Event()
    call = house.call(b)
    await settled()
    assert not call.begun.is_set(), "its memory isn't free before the other has left"
    house.unloading.set()
    await settled()
    assert call.begun.is_set()
    assert house.log == ["a"]
    await call.over()


async def test_the_longest_unused_leaves_first_and_no_more_than_needed(house: House) -> None:
    tenants = {name: house.tenant(name, 3) for name in "abc"}
    for name in "abc":
        await house.call(tenants[name]).over()
        await house.clock.turn(1)
    await house.call(tenants["a"]).over()
    await house.call(house.tenant("d", 4)).over()
    assert house.log == ["b"]


async def test_a_model_at_work_keeps_its_place_for_a_turn_and_then_takes_no_more_calls(house: House) -> None:
    a, b = house.tenant("a", 6), house.tenant("b", 6)
    first, other, late = house.call(a), house.call(b), None
    await house.clock.turn(TURN - 1)
    within = house.call(a)
    await settled()
    assert within.begun.is_set(), "its turn isn't over"
    await house.clock.turn(1)
    late = house.call(a)
    await settled()
    assert not late.begun.is_set()
    await first.over()
    assert not other.begun.is_set(), "a call is still in flight"
    await within.over()
    assert other.begun.is_set()
    assert house.log == ["a"]
    await house.clock.turn(TURN)  # now the other's turn is over, and it goes on to the late one
    await other.over()
    assert late.begun.is_set()
    assert house.log == ["a", "b"]
    await late.over()


async def test_a_turn_lasts_for_several_loads(house: House) -> None:
    a, b = house.tenant("a", 6), house.tenant("b", 6)
    first = house.call(a)
    await settled()
    house.planner.ready(a, load_seconds=30)
    other = house.call(b)
    await house.clock.turn(100)
    more = house.call(a)
    await settled()
    assert more.begun.is_set()
    await house.clock.turn(20)
    last = house.call(a)
    await settled()
    assert not last.begun.is_set()
    for call in (first, more, other, last):
        await call.over()


async def test_who_waits_longest_comes_first_and_others_only_where_it_costs_them_nothing(
    house: House,
) -> None:
    a, b, c, d = (house.tenant(name, need) for name, need in (("a", 6), ("b", 7), ("c", 3), ("d", 4)))
    at_work = house.call(a)
    await settled()
    large, small, middle = house.call(b), house.call(c), house.call(d)
    await settled()
    assert not large.begun.is_set()
    assert small.begun.is_set(), "there is room for it beside whoever is in and whoever comes next"
    assert not middle.begun.is_set()
    await at_work.over()
    assert large.begun.is_set()
    assert not middle.begun.is_set()
    for call in (large, small, middle):
        await call.over()
    assert middle.begun.is_set()


async def test_who_waits_hears_for_whom_and_its_own_time_stands_still(house: House) -> None:
    a, b, heard = house.tenant("a", 6), house.tenant("b", 6), Heard()
    at_work = [house.call(a), house.call(a)]
    await settled()
    calls = [house.call(b, heard), house.call(b, heard)]
    await settled()
    assert heard.open == 2
    await house.clock.turn(1)
    assert heard.said == [
        Waiting("This computer", "memory", 2, ahead, model="b", behind=("a",)) for ahead in (0, 1)
    ]
    assert house.planner.why(b) == heard.said[0]
    for call in at_work:
        await call.over()
    assert heard.open == 0
    assert house.planner.why(b) is None
    for call in calls:
        await call.over()


async def test_a_model_that_never_fits_is_refused_with_its_figures_and_takes_nobodys_place(
    house: House,
) -> None:
    house.memory = 2_000_000_000
    small, large = house.tenant("small", 1_000_000_000), house.tenant("large", 2_500_000_000)
    await house.call(small).over()
    with pytest.raises(NodeError) as caught:
        await house.call(large).over()
    assert caught.value.code == "model.no_room"
    assert caught.value.args_by_name == {"model": "large", "needs": "2.5", "room": "2.0"}
    assert not caught.value.may_pass
    assert house.log == []


async def test_memory_that_gets_free_elsewhere_is_seen(house: House) -> None:
    a, b = house.tenant("a", 6), house.tenant("b", 6)
    at_work, waiting = house.call(a), house.call(b)
    await settled()
    house.memory = 12
    await house.clock.turn(1)
    assert waiting.begun.is_set()
    for call in (at_work, waiting):
        await call.over()


async def test_an_idle_model_leaves_after_a_while_but_not_under_a_user(house: House) -> None:
    a = house.tenant("a", 6)
    call = house.call(a)
    await house.clock.turn(2 * IDLE)
    await call.over()
    await house.clock.turn(IDLE - 1)
    assert house.log == []
    await house.call(a).over()
    await house.clock.turn(IDLE - 1)
    assert house.log == []
    await house.clock.turn(1)
    assert house.log == ["a"]


async def test_whoever_gives_up_holds_nothing(house: House) -> None:
    a, b = house.tenant("a", 6), house.tenant("b", 6)
    at_work, impatient = house.call(a), house.call(b)
    await house.clock.turn(TURN)  # from now on the one at work takes no more calls
    impatient.task.cancel()
    await settled()
    more = house.call(a)
    await settled()
    assert more.begun.is_set(), "nobody waits for its place any more"
    for call in (at_work, more):
        await call.over()
    assert house.log == []


async def test_one_that_is_ended_in_the_moment_when_it_might_begin_holds_nothing(house: House) -> None:
    a, b = house.tenant("a", 6), house.tenant("b", 6)
    at_work, waiting = house.call(a), house.call(b)
    await settled()
    house.unloading = asyncio.Event()
    at_work.end.set()
    await settled()
    house.unloading.set()
    for _ in range(20):
        if b.running:  # let in, and not yet awake
            break
        await asyncio.sleep(0)
    assert b.running
    waiting.task.cancel()
    await settled()
    assert b.running == 0
    assert b.is_idle


async def test_a_model_that_is_set_up_anew_leaves_when_its_calls_are_through(house: House) -> None:
    old, new = house.tenant("a", 6), house.tenant("a", 7)
    call = house.call(old)
    await settled()
    house.planner.retire(old)
    waiting = house.call(new)
    await settled()
    assert not waiting.begun.is_set()
    await call.over()
    assert waiting.begun.is_set()
    await waiting.over()
    assert house.planner.inside == (new,)


async def test_one_whose_process_has_ended_takes_no_room(house: House) -> None:
    a, b = house.tenant("a", 6), house.tenant("b", 6)
    await house.call(a).over()
    house.planner.gone(a)
    call = house.call(b)
    await settled()
    assert call.begun.is_set()
    assert house.log == []
    await call.over()


async def test_nobody_is_refused_for_what_others_take_while_they_leave(house: House) -> None:
    """The memory of one that is on its way out is neither counted as its own any more nor free yet."""
    a, b = house.tenant("a", 6), house.tenant("b", 8)
    await house.call(a).over()
    house.unloading = asyncio.Event()
    call = house.call(b)
    await settled()
    house.memory = 4
    house.planner.retire(a)
    other = house.call(b)
    await settled()
    assert not call.task.done()
    assert not other.task.done()
    house.memory = 10
    house.unloading.set()
    await settled()
    assert call.begun.is_set()
    assert other.begun.is_set()
    await call.over()
    await other.over()


async def test_a_person_frees_what_is_idle_and_nothing_else(house: House) -> None:
    a = house.tenant("a", 6)
    call = house.call(a)
    await settled()
    assert not house.planner.free(a)
    await call.over()
    assert house.planner.free(a)
    await settled()
    assert house.log == ["a"]


async def test_graphics_memory_is_shared_out_as_well() -> None:
    planner = MemoryPlanner("This computer", lambda _taken: Room(100, 8), lambda: IDLE, clock=TurnedClock())

    async def unload() -> None:
        """Nothing to do."""

    a, b, c = (Tenant(name, Room(1, gpu), unload) for name, gpu in (("a", 6), ("b", 6), ("c", 0)))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(planner.place(a))
        await stack.enter_async_context(planner.place(c))
        waiting = asyncio.ensure_future(stack.enter_async_context(planner.place(b)))
        await settled()
        assert not waiting.done()
        waiting.cancel()
        await settled()
    await planner.stop()


@given(
    needs=st.lists(st.integers(1, 10), min_size=2, max_size=4),
    steps=st.lists(
        st.tuples(st.sampled_from(["call", "end", "time", "cancel"]), st.integers(0, 9)), max_size=40
    ),
)
def test_whatever_comes_everybody_gets_in_and_memory_holds(
    needs: list[int], steps: list[tuple[str, int]]
) -> None:
    """A law: at no moment more than there is, nobody unloaded at work, and no call that never begins."""

    async def story() -> None:
        house = House()
        tenants = [house.tenant(str(number), need) for number, need in enumerate(needs)]
        calls: list[Call] = []
        for what, which in steps:
            going = [call for call in calls if not call.task.done()]
            if what == "call":
                calls.append(house.call(tenants[which % len(tenants)]))
            elif what == "time":
                await house.clock.turn(which * 2)
            elif going and what == "end":
                going[which % len(going)].end.set()
            elif going:
                going[which % len(going)].task.cancel()
            await settled()
        bound = (len(needs) + 1) * (TURN + 1)
        for call in calls:
            call.end.set()
        await house.clock.turn(bound)
        assert all(call.task.done() for call in calls)
        for call in calls:
            if not call.task.cancelled():
                call.task.result()
        await house.planner.stop()
        assert all(tenant.running == 0 for tenant in tenants)

    asyncio.run(story())


async def test_the_wait_is_bounded_while_others_never_stop_calling(house: House) -> None:
    """Two models are called without a pause; a third that comes later gets its turn after at most two of theirs."""
    a, b, c = (house.tenant(name, 6) for name in "abc")
    busy = {name: [house.call(tenant)] for name, tenant in (("a", a), ("b", b))}

    async def a_second() -> None:
        for name, tenant in (("a", a), ("b", b)):
            begun = [call for call in busy[name] if call.begun.is_set() and not call.end.is_set()]
            busy[name].append(house.call(tenant))
            for call in begun:
                call.end.set()
        await house.clock.turn(1)

    for _ in range(5):
        await a_second()
    late = house.call(c)
    waited = 0
    while not late.begun.is_set():
        await a_second()
        waited += 1
        assert waited < 3 * TURN
    late.end.set()
    for call in [*busy["a"], *busy["b"]]:
        call.end.set()
    await house.clock.turn(3 * TURN)


# ---- other engines that share the memory ----------------------------------------------------------------------------


async def test_what_other_engines_have_taken_is_waited_for_and_not_refused(house: House) -> None:
    house.others = Others(Room(6), ("theirs",))
    heard = Heard()
    call = house.call(house.tenant("ours", 5), heard)
    await settled()
    assert not call.begun.is_set()
    await house.clock.turn(1)
    await settled()
    assert heard.said[-1].behind == ("theirs",)
    house.others = NO_OTHERS
    await house.clock.turn(1)
    await settled()
    assert call.begun.is_set()
    await call.over()


async def test_an_idle_model_leaves_for_one_of_another_engine(house: House) -> None:
    first, second = house.tenant("first", 4), house.tenant("second", 4)
    for one in (first, second):
        await house.call(one).over()
        await house.clock.turn(1)
    house.others = Others(wishes=(Wish("theirs", Room(5), since=house.clock.now()),))
    house.planner.look()
    await settled()
    assert house.log == ["first"], "the longest unused, and no more than needed"


async def test_who_waits_longer_elsewhere_comes_in_first(house: House) -> None:
    busy = house.tenant("busy", 6)
    call = house.call(busy)
    await settled()
    house.others = Others(wishes=(Wish("theirs", Room(5), since=house.clock.now()),))
    house.planner.look()
    await house.clock.turn(1)
    later = house.call(house.tenant("later", 6))
    await house.clock.turn(TURN)
    house.others = Others(wishes=(Wish("theirs", Room(5), since=house.clock.now() - (TURN + 1)),))
    house.planner.look()
    again = house.call(busy)
    await settled()
    assert not again.begun.is_set(), "its turn is over: somebody waits elsewhere"
    await call.over()
    await settled()
    assert house.log == ["busy"]
    assert not later.begun.is_set()
    house.others = Others(Room(5), ("theirs",))
    house.planner.look()
    await settled()
    assert not again.begun.is_set()
    house.others = NO_OTHERS
    house.planner.look()
    await settled()
    assert later.begun.is_set(), "it came before the second call of the first"
    await later.over()
    await settled()
    await again.over()


async def test_one_that_fits_beside_who_waits_elsewhere_comes_in(house: House) -> None:
    house.others = Others(wishes=(Wish("theirs", Room(5), since=house.clock.now() - 3.0),))
    call = house.call(house.tenant("small", 5))
    await settled()
    assert call.begun.is_set()
    await call.over()


@pytest.mark.parametrize("apart", [0.0, 0.01, 0.04])
async def test_two_engines_see_one_line_however_shortly_after_each_other_they_asked(apart: float) -> None:
    clock = TurnedClock()
    one, other = House(clock=clock), House(clock=clock)
    taken = Others(Room(10), ("third",))
    one.others = other.others = taken
    mine, theirs = one.tenant("same", 6), other.tenant("same", 6)
    early = one.call(mine)
    await settled()
    clock.time += apart
    late = other.call(theirs)
    await settled()
    wishes = [
        (Wish("same", Room(6), house.planner.since(tenant), name),)
        for house, tenant, name in ((one, mine, "one"), (other, theirs, "other"))
    ]
    one.others, other.others = Others(wishes=wishes[1], me="one"), Others(wishes=wishes[0], me="other")
    for house in (other, one):
        house.planner.look()
    await settled()
    assert (early.begun.is_set(), late.begun.is_set()) == (True, False)
    other.others = NO_OTHERS
    await early.over()
    other.planner.look()
    await settled()
    await late.over()


async def test_nobody_is_let_in_while_another_engine_is_at_that(house: House) -> None:
    house.is_kept_out = True
    call = house.call(house.tenant("a", 6))
    await settled()
    assert not call.begun.is_set()
    house.is_kept_out = False
    await house.clock.turn(0.1)
    await settled()
    assert call.begun.is_set()
    await call.over()


async def test_nobody_is_refused_while_another_engine_loads(house: House) -> None:
    """What it takes may be gone from what is free, or not yet."""
    house.memory, house.others = 5, Others(Room(6), ("theirs",), coming=Room(6))
    call = house.call(house.tenant("a", 6))
    await settled()
    assert not call.begun.is_set()
    house.memory, house.others = 12, Others(Room(6), ("theirs",))
    house.planner.look()
    await settled()
    assert call.begun.is_set()
    await call.over()


async def test_a_clock_that_is_put_back_changes_no_order(house: House) -> None:
    busy = house.call(house.tenant("busy", 10))
    await settled()
    first = house.call(house.tenant("first", 6))
    await settled()
    house.wall -= 3600
    second = house.call(house.tenant("second", 6))
    await settled()
    await busy.over()
    assert (first.begun.is_set(), second.begun.is_set()) == (True, False)
    await first.over()
    await second.over()
