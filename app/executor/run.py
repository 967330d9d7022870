"""One run: its clock, its events, what it waits for, and the values that it keeps."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import replace
from decimal import Decimal

from app.costs.budget import Budget
from app.document.problem import Argument
from app.document.workflow import Json
from app.events.run_events import (
    BudgetReached,
    Message,
    PersonAnswered,
    PersonAsked,
    RunEvent,
    RunPaused,
    RunResumed,
    Scope,
)
from app.executor.doors import Doors, Limits
from app.executor.values import ValueStore
from app.sdk.context import Answer, Question
from app.sdk.errors import NodeError

_Place = tuple[str, Scope]


class Run:
    """Shared by all instances of a run. Not thread-safe: everything happens on one event loop."""

    def __init__(self, run_id: str, doors: Doors, limits: Limits) -> None:
        self.id = run_id
        self.doors = doors
        self.limits = limits
        self.budget = Budget(limits.budget)
        self.values = ValueStore()
        self.stopping = False
        self._begun = time.monotonic()
        self._events: deque[RunEvent] = deque()
        self._arrived = asyncio.Event()
        self._closed = False
        self._questions: dict[_Place, asyncio.Future[Answer]] = {}
        self._active = 0
        self._waiting_for_person = 0
        self._waiting_for_money: dict[_Place, Decimal] = {}
        self._paused = False

    # Clock and events

    @property
    def now(self) -> float:
        """Seconds since the start, on the monotonic clock."""
        return round(time.monotonic() - self._begun, 4)

    def emit(self, event: RunEvent) -> None:
        self._events.append(event)
        self._arrived.set()

    def tell(self, node: str, scope: Scope, code: str, **args: Argument) -> None:
        self.emit(Message(self.now, node, scope, code, args))

    def close(self) -> None:
        """No event follows."""
        self._closed = True
        self._arrived.set()

    async def take(self) -> list[RunEvent]:
        """The events since the last call, in order; waits for at least one; empty at the end."""
        while not self._events:
            if self._closed:
                return []
            self._arrived.clear()
            await self._arrived.wait()
        events = list(self._events)
        self._events.clear()
        return events

    # What goes on and what waits

    def begin(self) -> None:
        """An instance or a reader of rows went to work."""
        self._active += 1

    def end(self) -> None:
        self._active -= 1
        self._look_for_pause()

    def _look_for_pause(self) -> None:
        # Whoever ended may be about to start something else: look when this turn of the loop is over.
        asyncio.get_running_loop().call_soon(self._pause_if_idle)

    def _pause_if_idle(self) -> None:
        waiting = self._waiting_for_person + len(self._waiting_for_money)
        if self._paused or not waiting or self._active > waiting or self._closed or self.stopping:
            return
        self._paused = True
        for (node, scope), needed in self._waiting_for_money.items():
            spent, cap = self.budget.spent, self.budget.cap
            self.emit(BudgetReached(self.now, node, scope, str(spent), str(cap), str(needed)))
        self.emit(RunPaused(self.now, "paused" if self._waiting_for_money else "waiting"))

    # Money

    async def reserve(self, node: str, scope: Scope, amount: Decimal) -> None:
        """Holds an amount for a call, or waits until the cap is raised."""

        def blocked(needed: Decimal) -> None:
            self._waiting_for_money[node, scope] = needed
            self._look_for_pause()

        def unblocked() -> None:
            self._waiting_for_money.pop((node, scope), None)

        await self.budget.reserve(amount, blocked, unblocked)

    def raise_budget(self, cap: Decimal | None) -> None:
        """A paused run goes on where what waits fits under the new cap."""
        self._paused = False
        self.limits = replace(self.limits, budget=cap)
        self.emit(RunResumed(self.now, None if cap is None else str(cap)))
        self.budget.raise_cap(cap)
        self._look_for_pause()

    # People

    async def ask(self, node: str, scope: Scope, question: Question) -> Answer:
        """Waits for a person's answer. Raises NodeError `person.timeout`."""
        place = (node, scope)
        self._questions[place] = asyncio.get_running_loop().create_future()
        self.emit(
            PersonAsked(
                self.now,
                node,
                scope,
                question.title,
                question.instructions,
                question.value,
                question.may_edit,
            )
        )
        self._waiting_for_person += 1
        self._look_for_pause()
        try:
            async with asyncio.timeout(question.timeout):
                answer = await self._questions[place]
        except TimeoutError as late:
            raise NodeError("person.no_answer", seconds=question.timeout) from late
        finally:
            self._waiting_for_person -= 1
            del self._questions[place]
        self._paused = False
        self.emit(PersonAnswered(self.now, node, scope, answer.decision, answer.who, answer.at))
        return answer

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
