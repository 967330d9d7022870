"""Scopes seen: rows, elements and turns of a run as the engine works them out when somebody looks at one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeAlias

from PySide6.QtCore import QObject, Signal

from app.document.problem import Problem
from app.events.run_events import RunEvent, Scope
from app.events.run_state import InstanceState, RunState
from app.ui.awaiting import Awaiting

Look: TypeAlias = Callable[[str, Scope], Coroutine[Any, Any, Sequence[RunEvent]]]

_KEPT = 200  # scopes


class ScopesSeen(QObject):
    """What is in memory counts first; the rest is asked for, one scope at a time. `arrived` when there is more."""

    arrived = Signal()

    def __init__(self, look: Look | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._run = RunState()
        self._seen: OrderedDict[Scope, Mapping[str, InstanceState]] = OrderedDict()
        self._faults: dict[Scope, tuple[Problem, ...]] = {}
        self._asked: Scope | None = None
        self._awaiting = Awaiting(self)

    def show_run(self, run: RunState) -> None:
        """Another run, or the same at another moment."""
        if run.run != self._run.run or run.is_over != self._run.is_over:
            self._awaiting.cancel()
            self._asked = None
            self._seen.clear()
            self._faults.clear()
        self._run = run

    def instance(self, node: str, scope: Scope) -> InstanceState | None:
        """One step there, as far as it is known now; what is missing is asked for."""
        here = self._run.instances.get((node, scope))
        # Records tell what went out; what came in has to be worked out.
        if here is not None and (here.inputs or here.settled is None):
            return here
        if scope in self._seen:
            return self._seen[scope].get(node, here)
        if self._look is not None and self._run.run and self._asked is None and scope not in self._faults:
            self._asked = scope
            self._awaiting.start(self._look(self._run.run, scope), self._take, self._refused)
        return here

    def is_coming(self, scope: Scope) -> bool:
        return self._asked == scope

    def faults(self, scope: Scope) -> tuple[Problem, ...]:
        """Why a scope can't be shown."""
        return self._faults.get(scope, ())

    def _take(self, events: Sequence[RunEvent]) -> None:
        scope, self._asked = self._asked, None
        if scope is None:
            return
        state = RunState()
        state.apply_all(events)
        self._seen[scope] = {node: instance for (node, _), instance in state.instances.items()}
        if len(self._seen) > _KEPT:
            self._seen.popitem(last=False)
        self.arrived.emit()

    def _refused(self, problems: tuple[Problem, ...]) -> None:
        if self._asked is not None:
            self._faults[self._asked] = problems
        self._asked = None
        self.arrived.emit()
