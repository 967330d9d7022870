"""The document: the current workflow, the one way to change it, and who is told."""

from __future__ import annotations

from collections.abc import Callable

from app.document.change import Change, change_between
from app.document.operations import Operation
from app.document.workflow import Workflow

Listener = Callable[[Change], None]


class Document:
    """Holds one workflow; every change is an operation and every listener hears what changed."""

    def __init__(self, workflow: Workflow) -> None:
        self._workflow = workflow
        self._listeners: list[Listener] = []

    @property
    def workflow(self) -> Workflow:
        """Frozen: whoever took it keeps exactly what it took."""
        return self._workflow

    def apply(self, operation: Operation) -> Operation:
        """Applies it, tells the listeners, gives the inverse. Raises ProblemError and then nothing has changed."""
        before = self._workflow
        self._workflow, inverse = operation.apply(before)
        change = change_between(before, self._workflow)
        for listener in tuple(self._listeners):
            listener(change)
        return inverse

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` after every change, in the order of listening, until the result is called."""
        self._listeners.append(listener)

        def unlisten() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unlisten
