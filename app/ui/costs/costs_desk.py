"""The costs desk: asks the engine what was spent, shows it on the Costs page and in the wallet, writes tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.adapters.shelf import NO_SHELF, Shelf
from app.costs.bill import Line, Model
from app.costs.spending import Spending
from app.document.problem import Problem
from app.hindsight.replay import Replayed
from app.processes.messages import (
    CallLine,
    CallList,
    ExportCosts,
    GetCalls,
    GetReplays,
    GetShelf,
    GetSpending,
)
from app.registry import node_texts
from app.registry.registry import Registry
from app.texts import text
from app.ui.asking import table_to_save
from app.ui.awaiting import Awaiting
from app.ui.costs.calls_dialog import CallsDialog
from app.ui.costs.month import Month
from app.ui.costs.price_desk import PriceDesk
from app.ui.engine_client import EngineClient
from app.ui.engine_link import EngineLink

if TYPE_CHECKING:
    from app.ui.costs.costs_page import CostsPage

_SOON = 1500  # ms after which a run's costs are looked at again


class CostsDesk(QObject):
    """`stood` tells how the limits stand, whenever somebody has looked; `told` what was done. `prices` is where people
    give models their prices.
    """

    stood = Signal(object)
    limits_wanted = Signal()
    replay_wanted = Signal(str, str)  # workflow, step
    told = Signal(object)
    refused = Signal(object)

    def __init__(self, registry: Registry, client: EngineClient, link: EngineLink, window: QWidget) -> None:
        super().__init__(window)
        self.prices = PriceDesk(client, window)
        self.prices.given.connect(self._priced)
        self.prices.refused.connect(self.refused)
        self._registry = registry
        self._link = link
        self._window = window
        self._month = Month.of(_today())
        self._shelf: Shelf = NO_SHELF
        self._awaiting = Awaiting(self)
        self._looking = Awaiting(self)
        self._later = QTimer(self, singleShot=True, interval=_SOON)
        self._later.timeout.connect(self.look)
        link.state_changed.connect(self._on_link)

    @cached_property
    def page(self) -> CostsPage:
        """Made when somebody turns to it."""
        from app.ui.costs.costs_page import CostsPage

        page = CostsPage(self._title)
        page.month_wanted.connect(self.show)
        page.limits_wanted.connect(self.limits_wanted)
        page.export_wanted.connect(self._export)
        page.replay_wanted.connect(self.replay_wanted)
        page.price_wanted.connect(self.prices.open)
        page.calls_wanted.connect(self._show_calls)
        return page

    def show(self, month: Month | None = None) -> None:
        """Reads a month, this one where none is said, and shows it when it is there."""
        self._month = month or Month.of(_today())
        self._looking.cancel()
        self._looking.start(self._read(self._month), self._arrived, self.page.show_problems)

    def look(self) -> None:
        """Reads how the limits stand; the page too, where it is shown."""
        if "page" in self.__dict__ and self.page.isVisible():
            self.show(self._month)
        elif self._link.state == "ready" and not self._looking.busy:
            month = Month.of(_today())
            self._looking.start(self._link.ask(GetSpending(*_span(month))), self.stood.emit, _nothing)

    def look_soon(self) -> None:
        """The same in a moment, once for all that happens meanwhile."""
        if not self._later.isActive():
            self._later.start()

    async def _read(self, month: Month) -> tuple[Month, Spending, Spending, Sequence[Replayed]]:
        spending = await self._link.ask(GetSpending(*_span(month)))
        before = await self._link.ask(GetSpending(*_span(month.moved(-1))))
        if not self._shelf.models:
            self._shelf = await self._link.ask(GetShelf())
        replays = (await self._link.ask(GetReplays())).replays
        return month, spending, before, replays

    def _arrived(self, read: tuple[Month, Spending, Spending, Sequence[Replayed]]) -> None:
        month, spending, before, replays = read
        self.page.show_month(month, spending, before, self._shelf, replays)
        self.stood.emit(spending)

    def _priced(self, model: str) -> None:
        words: Callable[[], str] = partial(text, "costs.price.given", model=model)
        self.told.emit(words)
        self._shelf = NO_SHELF  # with the prices of now
        self.look()

    def _show_calls(self, day: str, model: Model | None, unknown: bool) -> None:
        first, last = (day, day) if day else _span(self._month)
        asked = GetCalls(first, last, *(model or ("", "")), unknown=unknown)
        self._awaiting.start(self._link.ask(asked), self._list_calls, self.refused.emit)

    def _list_calls(self, found: CallList) -> None:
        CallsDialog(found, self._step_title, self._window).show()

    def _step_title(self, call: CallLine) -> str:
        spec = self._registry.get(call.type)
        return call.step or (node_texts.title(spec) if spec else call.type)

    def _title(self, line: Line) -> str:
        """What a step without a title of its own is called."""
        spec = self._registry.get(line.type)
        return node_texts.title(spec) if spec else line.type or line.key

    def _export(self) -> None:
        self._awaiting.start(self._ask_and_export(), self._exported, self.refused.emit)

    async def _ask_and_export(self) -> tuple[int, Path] | None:
        month = self._month
        proposed = Path.home() / f"{text('costs.export.name')} {month.year}-{month.number:02}.csv"
        path = await table_to_save(self._window, text("costs.export"), proposed)
        if path is None:
            return None
        return (await self._link.ask(ExportCosts(str(path), *_span(month)))).n, path

    def _exported(self, done: tuple[int, Path] | None) -> None:
        if done is not None:
            words: Callable[[], str] = partial(text, "cli.costs.written", n=done[0], path=str(done[1]))
            self.told.emit(words)

    def _on_link(self, state: str) -> None:
        if state == "ready":
            self.look_soon()


def _span(month: Month) -> tuple[str, str]:
    return month.days.first, month.days.last


def _today() -> str:
    return dt.datetime.now().astimezone().date().isoformat()


def _nothing(_: tuple[Problem, ...]) -> None:
    """The wallet keeps what it knew."""
