"""One run: its clock, its events, what it waits for, and the values that it keeps."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.costs.budget import Budget
from app.costs.limits import LimitReached, SharedLimits
from app.document.characters import whole_text
from app.document.problem import Argument
from app.document.workflow import Json
from app.events.run_events import (
    About,
    BudgetReached,
    Message,
    PersonAnswered,
    PersonAsked,
    RunEvent,
    RunPaused,
    RunResumed,
    Scope,
    TextStreamed,
)
from app.executor.asked_since import time_to_answer
from app.executor.booking import Booking
from app.executor.deadlines import Deadlines
from app.executor.doors import Doors, Limits
from app.executor.instance import Instance
from app.executor.journal import NOTES_A_RUN, Place, StepRecord
from app.executor.memory_journal import MemoryJournal
from app.executor.onlookers import Onlookers
from app.executor.past import Keeping
from app.executor.root import Root
from app.executor.row_turns import RowTurns
from app.executor.tally import Tally
from app.executor.time_limit import TimeLimit
from app.executor.values import BESIDE_A_JOURNAL, PREVIEW_BYTES, STORE_CHARACTERS, ValueStore, cut
from app.sdk.context import Answer, Question
from app.sdk.errors import NodeError
from app.sdk.gateway import Waiting
from app.sdk.spread import Spread

_SHOWN_EVERY = 1 / 30  # seconds between two updates of a node's partial text
_WAIT_TOLD_EVERY = 5.0  # seconds between two messages that calls wait for the same connection

_LOOK_AGAIN = 2.0  # seconds until a run that waits for a day or for a higher limit looks again
_SOON_AGAIN = 0.1  # the same for one that waits for calls under way

_Place = tuple[str, Scope]


class Run:
    """Shared by all instances of a run. Not thread-safe: everything happens on one event loop."""

    def __init__(
        self,
        run_id: str,
        doors: Doors,
        limits: Limits,
        keeping: Keeping,
        booking: Booking,
        workflow_id: str = "",
    ) -> None:
        self.id = run_id
        self.doors = doors
        self.limits = limits
        self.journal = keeping.journal
        self.booking = booking
        self.cache = keeping.cache
        self.past = past = keeping.past
        self.workflow_id = workflow_id
        self.root: Root | None = None
        self.paid = Tally()  # in this life of the run
        self.skipped = Counter[str]()  # steps, in this life
        self.notes_left = NOTES_A_RUN
        self.twins: dict[str, asyncio.Future[None]] = {}  # model steps under way, by the key of their results
        self.row_turns = RowTurns(lambda: [scope for (_, scope), _ in self._waiting.values()])
        self.spreads: dict[str, Spread] = {}  # by step
        self.budget = Budget(limits.budget, max(past.spent.known, past.counted))
        self._shared = keeping.limits
        self._limits_reached: dict[_Place, LimitReached] = {}
        self.time_limit = TimeLimit(limits.time, past.timed)
        self.deadlines = Deadlines()  # of attempts
        in_memory = isinstance(self.journal, MemoryJournal)
        self.values = ValueStore(STORE_CHARACTERS if in_memory else BESIDE_A_JOURNAL)
        self.onlookers = Onlookers()
        self.stopping = False
        # Seconds that the limit of time did not count, to a tenth: mostly none. While it pauses nobody asks for them.
        self.held = round(max(0.0, past.elapsed - past.timed), 1)
        self.waits: tuple[str, ...] = ()  # the steps that a paused run waits at, or was left at
        self._begun = time.monotonic() - past.elapsed
        self._decisions: dict[tuple[str, About], asyncio.Future[Answer]] = {}
        self._events: list[RunEvent] = []
        self._arrived = asyncio.Event()
        self._closed = False
        self._shown: dict[str, float] = {}  # when a node last showed partial text
        self._wait_told: dict[str, float] = {}  # when it was last told that calls wait for a connection
        self._questions: dict[_Place, asyncio.Future[Answer]] = {}
        self._working = 0
        self.branches = 0  # of steps that were ever begun
        self._idle = _Idle(self)
        # By what is its own alone: for so much money; None: for a person.
        self._waiting: dict[object, tuple[_Place, Decimal | None]] = {}
        self._paused = False

    # Clock and events

    @property
    def now(self) -> float:
        """Seconds since the start, on the monotonic clock, in steps of 0.1 ms."""
        return (time.monotonic() - self._begun) * 10_000 // 1 / 10_000  # `round` takes three times as long

    @property
    def is_at_rest(self) -> bool:
        """It has paused, or is about to end, or over."""
        return self._paused or self.stopping or self._closed

    def emit(self, event: RunEvent) -> None:
        if not self._closed:
            if not self._events:
                self._arrived.set()
            self._events.append(event)

    def show(self, node: str, scope: Scope, text: str) -> None:
        """Partial text, lossy: the latest of a node's instances, so many times a second."""
        now = self.now
        if now - self._shown.get(node, -1.0) < _SHOWN_EVERY:
            return
        self._shown[node] = now
        # The end of a long text is what is being written now.
        shown = text if len(text) * 4 <= PREVIEW_BYTES else cut(text[-PREVIEW_BYTES // 4 :], PREVIEW_BYTES)
        self.emit(TextStreamed(now, node, scope, whole_text(shown)))

    def tell(self, node: str, scope: Scope, code: str, **args: Argument) -> None:
        self.emit(Message(self.now, node, scope, code, args))

    def tell_wait(self, instance: Instance, why: Waiting) -> bool:
        """A message for one of all that wait for a connection, so many times a minute; for memory, one for each step.

        Whether this one was told.
        """
        now, about = self.now, f"{why.connection}\n{why.model}\n{instance.node if why.model else ''}"
        if now - self._wait_told.get(about, -_WAIT_TOLD_EVERY) < _WAIT_TOLD_EVERY:
            return False
        self._wait_told[about] = now
        code, args = f"model.waits_{why.cause}", dict[str, Argument](connection=why.connection)
        if why.cause == "memory":
            code = code if why.behind else "model.waits_room"
            args = {"model": why.model, "behind": why.behind}
        if why.seconds is None:
            self.tell(instance.node, instance.scope, code, **args, running=why.running, ahead=why.ahead)
        else:
            self.tell(instance.node, instance.scope, code, **args, n=math.ceil(why.seconds))
        return True

    def close(self) -> None:
        """No event follows."""
        self._closed = True
        self.deadlines.close()
        self._arrived.set()

    async def take(self) -> list[RunEvent]:
        """The events since the last call, in order; waits for at least one; empty at the end."""
        while not self._events:
            if self._closed:
                return []
            self._arrived.clear()
            await self._arrived.wait()
        events, self._events = self._events, []
        return events

    def check_going(self) -> None:
        """Raises CancelledError once Stop was pressed: between that and being ended nothing may begin."""
        if self.stopping:
            raise asyncio.CancelledError

    # What goes on and what waits

    def begin(self) -> None:
        """A branch of steps, or a worker of rows, went to work beside who has begun it: of those, the first stands for
        who waits for all of them, and the last gives that place back.
        """
        self._working += 1

    def end(self) -> None:
        """It ended, or waits for somebody else."""
        self._working -= 1
        if self._waiting and not self._working:
            # Whoever ended may be about to start something else: look when this turn of the loop is over.
            asyncio.get_running_loop().call_soon(self._pause_if_idle)

    def idle(self) -> AbstractContextManager[None]:
        """Who is in here waits for others and does nothing itself."""
        return self._idle

    def call_begins(self, instance: Instance) -> None:
        """One model call of the instance: others of its own may go on beside it. It `call_ends`, too."""
        if instance.waiting:
            self._count(instance, calls=1)
        else:
            instance.under_way += 1

    def call_ends(self, instance: Instance) -> None:
        if instance.waiting:
            self._count(instance, calls=-1)
        else:
            instance.under_way -= 1

    @contextmanager
    def idle_in(self, instance: Instance) -> Generator[None]:
        """The instance, or one of its calls, waits for others: it is idle when nothing of it goes on."""
        self._count(instance, waits=1)
        try:
            yield
        finally:
            self._count(instance, waits=-1)

    @contextmanager
    def aside(self, instance: Instance) -> Generator[None]:
        """The instance waits for others of its kind: its time stands still meanwhile."""
        if instance.limit:
            instance.limit.hold()
        try:
            with self.idle_in(instance):
                yield
        finally:
            if instance.limit:
                instance.limit.release()

    def _count(self, instance: Instance, calls: int = 0, waits: int = 0) -> None:
        before = instance.only_waits
        instance.under_way += calls
        instance.waiting += waits
        if instance.only_waits != before:
            if before:
                self.begin()
            else:
                self.end()

    @contextmanager
    def _waits(self, instance: Instance, needed: Decimal | None) -> Generator[None]:
        """The instance can't go on by itself; its time stands still meanwhile."""
        this = object()
        self._waiting[this] = (instance.node, instance.scope), needed
        self.row_turns.look()
        if instance.limit:
            instance.limit.hold()
        try:
            with self.idle_in(instance):
                yield
        finally:
            self._waiting.pop(this, None)
            if instance.limit:
                instance.limit.release()
            self._go_on()

    def _pause_if_idle(self) -> None:
        if self._paused or self._working or not self._waiting or self._closed or self.stopping:
            return
        if any(
            needed is not None and place not in self._limits_reached and self.budget.fits(needed)
            for place, needed in self._waiting.values()
        ):
            return  # its money is there now: it goes on as soon as it is woken
        self._paused = True
        self.time_limit.hold()
        self.waits = tuple(dict.fromkeys(node for (node, _), _ in self._waiting.values()))
        money = {place: needed for place, needed in self._waiting.values() if needed is not None}
        for (node, scope), needed in money.items():
            spent, cap, limit, connection, renews = self.budget.spent, self.budget.cap, "", "", ""
            if (reached := self._limits_reached.get((node, scope))) is not None:
                spent, cap, limit = reached.spent, reached.cap, reached.span
                connection, renews = reached.connection, reached.renews
            self.emit(
                BudgetReached(
                    self.now, node, scope, str(spent), str(cap), str(needed), limit, connection, renews
                )
            )
        self.emit(RunPaused(self.now, "paused" if money else "waiting", self.waits))

    def _go_on(self) -> None:
        if self._paused:
            self._paused = False
            self.time_limit.release()
            self.held = round(max(0.0, self.now - self.time_limit.used), 1)
            if not self.stopping:
                self.waits = ()

    # Money

    async def reserve(self, instance: Instance, connection: str, amount: Decimal) -> Decimal:
        """Holds an amount for a call, or waits until a limit lets it. Gives what is held of the profile's limits.

        Raises JournalError where nobody can say what others have spent.
        """
        if not self.budget.fits(amount):
            with self._waits(instance, amount):
                await self.budget.until_fits(amount)
            self.check_going()
        self.budget.hold(amount)
        if self._shared is None or not amount:
            return Decimal(0)
        try:
            return await self._reserve_shared(self._shared, instance, connection, amount)
        except BaseException:
            self.budget.settle(amount, Decimal(0))
            raise

    async def _reserve_shared(
        self, shared: SharedLimits, instance: Instance, connection: str, amount: Decimal
    ) -> Decimal:
        place = (instance.node, instance.scope)
        while True:
            held = await shared.hold(self.id, connection, amount)
            if not isinstance(held, LimitReached):
                break
            if held.only_held:  # other calls will soon say what they have cost
                await _standing_still(instance, shared.changed(_SOON_AGAIN))
                continue
            with self._waits(instance, amount):
                try:
                    while isinstance(held, LimitReached) and not held.only_held:
                        self._limits_reached[place] = held
                        asyncio.get_running_loop().call_soon(self._pause_if_idle)
                        await shared.changed(_LOOK_AGAIN)
                        held = await shared.hold(self.id, connection, amount)
                finally:
                    self._limits_reached.pop(place, None)
                shared.wake()  # the others look now, and until then nobody pauses for what they were told long ago
                self._limits_reached.clear()
                if self._paused:
                    cap = self.limits.budget
                    self.emit(RunResumed(self.now, None if cap is None else str(cap)))
            if not isinstance(held, LimitReached):
                break
        if self.stopping:
            shared.release(self.id, connection, held)
        self.check_going()
        return held

    def settle(self, connection: str, bound: Decimal, spent: Decimal, held: Decimal) -> None:
        """A call is over, and booked: gives back what was held for it."""
        self.budget.settle(bound, spent)
        if self._shared is not None and held:
            self._shared.release(self.id, connection, held)

    def raise_budget(self, cap: Decimal | None) -> None:
        """A paused run goes on where what waits fits under the new cap, and pauses again where nothing does."""
        self._go_on()
        self.limits = replace(self.limits, budget=cap)
        self.emit(RunResumed(self.now, None if cap is None else str(cap)))
        self.budget.raise_cap(cap)
        asyncio.get_running_loop().call_soon(self._pause_if_idle)

    # People

    async def recorded_at(self, step: str, place: Place) -> Mapping[str, StepRecord]:
        """What was recorded at a place of a frame in an earlier life, or for one that stays, in the run before."""
        base = self.past.base_of(step)
        journals = [] if base is None else [base]
        if not self.journal.is_fresh:
            journals.append(self.journal)
        return {node: record for journal in journals for node, record in (await journal.steps(place)).items()}

    async def ask(self, instance: Instance, question: Question, about: About = "") -> Answer:
        """Waits for a person's answer. Raises NodeError `person.no_answer`, JournalError."""
        place, left = (instance.node, instance.scope), question.timeout
        if left is not None:
            moment = self.doors.moment()
            left = await time_to_answer(self.journal, instance, left, moment, self.now)
        self._questions[place] = asyncio.get_running_loop().create_future()
        self.emit(
            PersonAsked(
                self.now,
                *place,
                question.title,
                question.instructions,
                question.value,
                question.may_edit,
                about,
            )
        )
        try:
            with self._waits(instance, None):
                async with asyncio.timeout(left):
                    answer = await self._questions[place]
        except TimeoutError as late:
            raise NodeError("person.no_answer", seconds=question.timeout) from late
        finally:
            del self._questions[place]
        instance.decided, instance.decided_by = self.doors.moment().wall, answer.who
        self.emit(PersonAnswered(self.now, *place, answer.decision, answer.who, answer.at))
        return answer

    async def decide(
        self, instance: Instance, about: About, value: Callable[[], Coroutine[Any, Any, Json]]
    ) -> bool:
        """Whether people take what was recorded; they are asked once for all instances of a step, and then shown the
        value.
        """
        place = (instance.node, about)
        while place in self._decisions and not (asked := self._decisions[place]).done():
            with self._waits(instance, None):
                await asyncio.wait([asked])
        if place not in self._decisions or self._decisions[place].cancelled():
            asked = self._decisions[place] = asyncio.get_running_loop().create_future()
            try:
                question = Question("", await value(), may_edit=False)
                asked.set_result(await self.ask(instance, question, about))
            finally:
                asked.cancel()  # nothing, if it was answered
        return self._decisions[place].result().decision != "rejected"

    def answer(self, node: str, scope: Scope, answer: Answer) -> bool:
        """Hands a person's answer to the instance that waits for it; False if none does."""
        question = self._questions.get((node, scope))
        if question is None or question.done():
            return False
        question.set_result(answer)
        return True

    def value(self, ref: str) -> Json:
        """A whole value by the reference of its preview. Raises KeyError if it is no longer kept."""
        return self.values.get(ref)


async def _standing_still(instance: Instance, waiting: Coroutine[Any, Any, None]) -> None:
    """Waits without the instance's own time going on."""
    limit = instance.limit
    if limit:
        limit.hold()
    try:
        await waiting
    finally:
        if limit:
            limit.release()


class _Idle(AbstractContextManager[None]):
    """One for all: it holds nothing of who is in it."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __enter__(self) -> None:
        self._run.end()

    def __exit__(self, *_: object) -> None:
        self._run.begin()
