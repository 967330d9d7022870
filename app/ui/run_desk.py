"""The run desk: what happens between pressing Run and the run: its inputs, its review, its table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.document.problem import ProblemError
from app.registry.registry import Registry
from app.texts import text
from app.ui.asking import file_to_open
from app.ui.awaiting import Awaiting
from app.ui.canvas.placed import fields_of
from app.ui.run_stream import RunStream, RunWish
from app.ui.session import Session


class RunDesk(QObject):
    """`refused` carries Problems for the person."""

    refused = Signal(object)

    def __init__(self, session: Session, stream: RunStream, registry: Registry, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._stream = stream
        self._registry = registry
        self._window = window
        self._awaiting = Awaiting(self)

    @property
    def has_samples(self) -> bool:
        """Whether a step keeps sample rows to run over."""
        for node in self._session.workflow.graph.nodes.values():
            spec = self._registry.get(node.type)
            fields = fields_of(node, spec) if spec and not node.disabled else None
            if spec and fields is not None and spec.type.samples(fields):
                return True
        return False

    def toggle(self) -> None:
        """Stops the run, or runs once."""
        if self._stream.is_running:
            self.stop()
        else:
            self.run_once()

    def run_once(self) -> None:
        self._begin(RunWish())

    def run_samples(self) -> None:
        self._begin(RunWish(rows="samples"))

    def run_table(self) -> None:
        self._awaiting.start(self._pick_table(), lambda _done: None, self.refused.emit)

    def stop(self) -> None:
        self._awaiting.start(self._stream.stop(), lambda _done: None, self.refused.emit)

    async def _pick_table(self) -> None:
        folder = self._session.place.path.parent if self._session.place.path else Path.home()
        filters = (text("window.files.tables", endings="*.csv *.xlsx *.jsonl"),)
        path = await file_to_open(self._window, text("action.run.table"), folder, filters)
        if path is not None:
            await self._stream.start(RunWish(rows=str(path)))

    def _begin(self, wish: RunWish) -> None:
        self._awaiting.start(self._stream.start(wish), lambda _done: None, self.refused.emit)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions of running do, by their ids."""
        return {
            "run.toggle": self.toggle,
            "run.once": self.run_once,
            "run.samples": self.run_samples,
            "run.table": self.run_table,
            "run.stop": self.stop,
        }
