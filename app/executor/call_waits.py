"""What a model call of one instance waits for: its time stands still meanwhile, and people hear why."""

from __future__ import annotations

import time

import msgspec

from app.executor.instance import Instance
from app.executor.run import Run
from app.sdk.gateway import Waiting


class CallWaits(msgspec.Struct):
    """The WaitListener of one call, which may be several requests side by side.

    `seconds` is how long it waited; `unsent`: it was kept back, and nothing of it went out.
    """

    run: Run
    instance: Instance
    seconds: float = 0.0
    _open: int = 0
    _since: float = 0.0
    _held: bool = False
    _called: bool = False
    _told: str = ""  # the model of which it was told that this call waits until it has memory

    @property
    def unsent(self) -> bool:
        return self._held and not self._called

    def begins(self) -> None:
        if not self._open:
            self._since = time.monotonic()
        self._open += 1
        self._held = True
        if self.instance.limit:
            self.instance.limit.hold()

    def waits(self, why: Waiting) -> None:
        if self.run.tell_wait(self.instance, why):
            self._told = why.model

    def ends(self) -> None:
        self._open -= 1
        if not self._open:
            waited = time.monotonic() - self._since
            self.seconds += waited
            if self._told:
                self._tell_end(round(waited))
        if self.instance.limit:
            self.instance.limit.release()

    def calls(self) -> None:
        self._held = True
        self.run.check_going()
        self._called = True

    def _tell_end(self, seconds: int) -> None:
        instance, model = self.instance, self._told
        self._told = ""
        self.run.tell(instance.node, instance.scope, "model.waited_memory", model=model, n=seconds)
