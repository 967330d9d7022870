"""Run steering: what a person tells a run in a run panel reaches the run; what it is asked for reaches the panel."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from decimal import Decimal
from functools import partial
from typing import Any, cast

from PySide6.QtCore import QObject

from app.document.problem import Problem
from app.document.workflow import Json
from app.events.run_events import Scope
from app.sdk.context import Decision
from app.ui.awaiting import Awaiting
from app.ui.run_stream import RunStream
from app.ui.runs.panel import RunPanel


class RunSteering(QObject):
    """Joins one panel and one stream; `refuse` takes the Problems of what could not be done. `wake` lets a run that
    rests go on, so that an answer can reach it.
    """

    def __init__(
        self,
        panel: RunPanel,
        stream: RunStream,
        refuse: Callable[[tuple[Problem, ...]], object],
        parent: QObject,
        wake: Callable[[], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._stream = stream
        self._refuse = refuse
        self._wake = wake
        self._awaiting = Awaiting(self)
        panel.wanted.connect(self._fetch)
        panel.decided.connect(self._answer)
        panel.raised.connect(self._raise)

    def _fetch(self, reference: str) -> None:
        show = partial(self._panel.show_value, reference)
        self._awaiting.start(self._stream.value(reference), show, self._refuse)

    def _answer(self, node: str, scope: str, decision: str, value: Json, comment: str) -> None:
        work = self._answer_soon(node, scope, cast("Decision", decision), value, comment)
        self._awaiting.start(work, _nothing, self._refuse)

    async def _answer_soon(
        self, node: str, scope: Scope, decision: Decision, value: Json, comment: str
    ) -> None:
        if self._wake is not None and not self._stream.is_running:
            await self._wake()
            await self._stream.until_asked(node, scope)
        await self._stream.answer(node, scope, decision, value, comment)

    def _raise(self, cap: Decimal) -> None:
        self._awaiting.start(self._stream.raise_budget(cap), _nothing, self._refuse)


def _nothing(_: object) -> None:
    """The result shows by itself."""
