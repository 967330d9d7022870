"""The run desk: what happens between pressing Run and the run, and what a person tells a run on its way."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.document.problem import Problem
from app.document.workflow import Json
from app.registry.registry import Registry
from app.sdk.context import Decision
from app.texts import text
from app.ui.asking import file_to_open
from app.ui.awaiting import Awaiting
from app.ui.canvas.placed import fields_of
from app.ui.run_stream import RunStream, RunWish
from app.ui.runs.panel import RunPanel
from app.ui.session import Session


class RunDesk(QObject):
    """`refused` carries Problems for the person."""

    refused = Signal(object)

    def __init__(
        self, session: Session, stream: RunStream, registry: Registry, panel: RunPanel, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session = session
        self._stream = stream
        self._registry = registry
        self._panel = panel
        self._window = window
        self._awaiting = Awaiting(self)
        panel.wanted.connect(self._fetch)
        panel.decided.connect(self._answer)
        panel.raised.connect(self._raise)

    @property
    def has_samples(self) -> bool:
        """Whether a step keeps sample rows to run over."""
        for node in self._session.workflow.graph.nodes.values():
            spec = self._registry.get(node.type)
            fields = fields_of(node, spec) if spec and not node.disabled else None
            if spec and fields is not None and spec.type.samples(fields):
                return True
        return False

    # --- starting and stopping -----------------------------------------------------------------------------

    def toggle(self) -> None:
        """Stops the run, or runs once."""
        if self._stream.is_running:
            self.stop()
        else:
            self.run_once()

    def run_once(self) -> None:
        self._begin(self._run(RunWish()))

    def run_samples(self) -> None:
        self._begin(self._run(RunWish(rows="samples")))

    def run_table(self) -> None:
        """Over the rows of a table that the person picks."""
        self._begin(self._run_table())

    def stop(self) -> None:
        """Stops the run; a second time, at once."""
        self._awaiting.start(self._stream.stop(), _nothing, self._refuse)

    async def _run_table(self) -> None:
        folder = self._session.place.path.parent if self._session.place.path else Path.home()
        filters = (text("window.files.tables", endings="*.csv *.xlsx *.jsonl"),)
        path = await file_to_open(self._window, text("action.run.table"), folder, filters)
        if path is not None:
            await self._run(RunWish(rows=str(path)))

    async def _run(self, wish: RunWish) -> None:
        await self._stream.start(wish)

    # --- a run on its way ----------------------------------------------------------------------------------

    def _fetch(self, reference: str) -> None:
        show = partial(self._panel.show_value, reference)
        self._awaiting.start(self._stream.value(reference), show, self._refuse)

    def _answer(self, node: str, scope: str, decision: str, value: Json, comment: str) -> None:
        work = self._stream.answer(node, scope, cast("Decision", decision), value, comment)
        self._awaiting.start(work, _nothing, self._refuse)

    def _raise(self, cap: Decimal) -> None:
        self._awaiting.start(self._stream.raise_budget(cap), _nothing, self._refuse)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions of running do, by their ids."""
        return {
            "run.toggle": self.toggle,
            "run.once": self.run_once,
            "run.samples": self.run_samples,
            "run.table": self.run_table,
            "run.stop": self.stop,
        }

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._awaiting.start(work, _nothing, self._refuse)

    def _refuse(self, problems: tuple[Problem, ...]) -> None:
        self.refused.emit(problems)


def _nothing(_: object) -> None:
    """The result shows by itself."""
