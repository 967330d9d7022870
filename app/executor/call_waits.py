"""What a model call of one instance waits for: its time stands still meanwhile, and people hear why."""

from __future__ import annotations

import time

from app.executor.instance import Instance
from app.executor.run import Run
from app.sdk.gateway import Waiting


class CallWaits:
    """The WaitListener of one call, which may be several requests side by side.

    `seconds` is how long it waited; `unsent`: it was kept back, and nothing of it went out.
    """

    __slots__ = ("_called", "_held", "_instance", "_open", "_run", "_since", "_told", "seconds")

    def __init__(self, run: Run, instance: Instance) -> None:
        self._run = run
        self._instance = instance
        self._open = 0
        self._since = 0.0
        self._held = self._called = False
        self._told = ""  # the model of which it was told that this call waits until it has memory
        self.seconds = 0.0

    @property
    def unsent(self) -> bool:
        return self._held and not self._called

    def begins(self) -> None:
        if not self._open:
            self._since = time.monotonic()
        self._open += 1
        self._held = True
        if self._instance.limit:
            self._instance.limit.hold()

    def waits(self, why: Waiting) -> None:
        if self._run.tell_wait(self._instance, why):
            self._told = why.model

    def ends(self) -> None:
        self._open -= 1
        if not self._open:
            waited = time.monotonic() - self._since
            self.seconds += waited
            if self._told:
                self._tell_end(round(waited))
        if self._instance.limit:
            self._instance.limit.release()

    def calls(self) -> None:
        self._held = True
        self._run.check_going()
        self._called = True

    def _tell_end(self, seconds: int) -> None:
        instance, model = self._instance, self._told
        self._told = ""
        self._run.tell(instance.node, instance.scope, "model.waited_memory", model=model, n=seconds)
