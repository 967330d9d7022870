"""Answers about the history: runs and their rows, results that may be taken again, workflows kept as parts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from app.adapters.event_files import last_event, path_of, read_events
from app.adapters.rows_export import export_rows
from app.costs.cost import FREE
from app.costs.ledger import Days, Entry, Filter
from app.costs.spending import Spending
from app.document import json_codec
from app.document.problem import Problem, ProblemError
from app.document.workflow import Json
from app.engine import Engine
from app.events.run_events import RunEvent, RunFinished, RunPaused
from app.executor.cache import CacheState
from app.executor.journal import ItemRecord, Journal
from app.executor.prompts import Said
from app.executor.recalled import past_events, place_of, recorded_value
from app.executor.revisit import RevisitFailed
from app.executor.run_request import from_plain
from app.executor.values import as_text, cut
from app.processes.message_lines import events_line
from app.processes.messages import (
    CallLine,
    CallList,
    ClearCache,
    Counted,
    Done,
    ExportCosts,
    ExportRows,
    ForgetRun,
    GetCacheState,
    GetCalls,
    GetItems,
    GetPrompt,
    GetSpending,
    GivePrice,
    ItemLine,
    Items,
    ListRuns,
    LookInto,
    OpenRun,
    PinRun,
    Prompt,
    Reply,
    RunList,
    RunOpened,
    past_name,
    scope_name,
)
from app.processes.outbox import MOST_EVENTS, Outbox
from app.processes.store_problems import as_problems
from app.sdk.data_types import LazyList, Value

_SHOWN = 400  # bytes of a value in a list of rows
_LARGEST_FILE = 200_000_000  # bytes of events; of more, the records say what came of it
_LONGEST_PROMPT = 400_000  # bytes of one message; people read the beginning
_MOST_MESSAGES = (
    500  # of one step; more than an agent of as many turns as it may have with some calls in each
)
_CALLS = 1000  # entries of a page
_MOST_CALLS = 1000  # in one answer
_MOST_ITEMS = 1000  # rows in one answer


class HistoryAnswers:
    """Reads what is kept, whoever writes it now."""

    def __init__(self, engine: Engine, outbox: Outbox) -> None:
        self._engine = engine
        self._outbox = outbox
        self.answers: Mapping[type[Any], Callable[[Any], Awaitable[Reply]]] = {
            ListRuns: self._list,
            OpenRun: self._open,
            PinRun: self._pin,
            ForgetRun: self._forget,
            GetItems: self._items,
            LookInto: self._look_into,
            GetPrompt: self._prompt,
            ExportRows: self._export,
            GetSpending: self._spending,
            ExportCosts: self._export_costs,
            GetCalls: self._calls,
            GivePrice: self._give_price,
            GetCacheState: self._cache_state,
            ClearCache: self._clear_cache,
        }

    @as_problems
    async def _spending(self, asked: GetSpending) -> Spending:
        return await self._engine.spending(Days(asked.first, asked.last))

    @as_problems
    async def _calls(self, asked: GetCalls) -> CallList:
        days = Days(asked.first, asked.last)
        only = Filter(asked.workflow, asked.node, asked.model, asked.connection)
        found: list[Entry] = []
        at = 0
        while len(found) <= _MOST_CALLS:
            page = await self._engine.runs.ledger.entries(days, only, at, _CALLS)
            calls = (one for one in page if one.source != "compared")
            found += [one for one in calls if not asked.unknown or one.cost.state == "unknown"]
            at += len(page)
            if len(page) < _CALLS:
                break
        return CallList(tuple(map(_call_line, found[:_MOST_CALLS])), len(found) > _MOST_CALLS)

    async def _give_price(self, asked: GivePrice) -> Done:
        try:
            outside = self._engine.outside
            connection = outside.connections.get(asked.connection)
            outside.prices.own.give(
                asked.connection,
                asked.model,
                Decimal(asked.input),
                Decimal(asked.output),
                connection.address if connection else "",
            )
        except OSError as error:
            detail = error.strerror or str(error)
            raise ProblemError(Problem("engine.not_saved", args={"detail": detail})) from error
        return Done()

    @as_problems
    async def _export_costs(self, asked: ExportCosts) -> Counted:
        return Counted(await self._engine.export_costs(Path(asked.path), Days(asked.first, asked.last)))

    @as_problems
    async def value(self, run: str, ref: str) -> Json:
        """A whole value of a run that is over, by the reference of its preview. Raises ProblemError."""
        _, _, journal = await self._engine.runs.look(run)
        try:
            value = await recorded_value(journal, ref)
        except (KeyError, ValueError):  # a pure step's, perhaps
            value = await self._made_again(run, ref)
        return await asyncio.to_thread(_whole, value)

    async def _made_again(self, run: str, ref: str) -> Value:
        try:
            return (await self._engine.revisit(run, ref.partition("|")[0])).value(ref)
        except (KeyError, ValueError, RevisitFailed):
            raise ProblemError(Problem("run.value_gone")) from None

    @as_problems
    async def _look_into(self, asked: LookInto) -> Done:
        seen = await self._engine.revisit(asked.run, asked.scope)
        self._outbox.put(events_line(scope_name(asked.run, asked.scope), seen.events))
        return Done()

    @as_problems
    async def _prompt(self, asked: GetPrompt) -> Prompt:
        said = await self._engine.said(asked.run, asked.scope, asked.node)
        return Prompt(tuple(map(_message, said[:_MOST_MESSAGES])))

    @as_problems
    async def _list(self, asked: ListRuns) -> RunList:
        return RunList(tuple(await self._engine.runs.lines(asked.most, asked.workflow_id)))

    @as_problems
    async def _open(self, asked: OpenRun) -> RunOpened:
        head, summary, journal = await self._engine.runs.look(asked.run)
        workflow = json_codec.read(head.workflow.encode("utf-8", "surrogatepass")).workflow
        request = from_plain(head.request, workflow)
        live = await asyncio.to_thread(_whole_file, self._engine.where.data / "runs", asked.run)
        if live is None:
            outermost = await self._engine.outermost(head)
            async for batch in past_events(head, summary, journal, outermost):
                await self._send(asked.run, batch)
        else:
            try:
                while batch := await asyncio.to_thread(lambda: list(islice(live, MOST_EVENTS))):
                    await self._send(asked.run, batch)
            except OSError as error:
                detail = error.strerror or str(error)
                raise ProblemError(Problem("history.unreadable", args={"detail": detail})) from error
        return RunOpened(head.workflow, request.values, request.rows, request.dry, head.parts)

    async def _send(self, run: str, events: Iterable[RunEvent]) -> None:
        """As soon as those before it are through, so that all of them are there before the answer."""
        await self._outbox.room()
        self._outbox.put(events_line(past_name(run), events))

    @as_problems
    async def _pin(self, asked: PinRun) -> Done:
        await self._engine.runs.pin(asked.run, asked.pinned)
        return Done()

    @as_problems
    async def _forget(self, asked: ForgetRun) -> Done:
        await self._engine.runs.forget(asked.run)
        return Done()

    @as_problems
    async def _items(self, asked: GetItems) -> Items:
        journal: Journal = (await self._engine.runs.look(asked.run))[2]
        found: list[ItemLine] = []
        left, place = _MOST_ITEMS, await place_of(journal, asked.frame)
        for first, count in asked.spans:
            page = await journal.items(place, first, min(count, left))
            found += [_line(item) for item in page]
            left -= count
            if left <= 0:
                break
        return Items(tuple(found))

    @as_problems
    async def _export(self, asked: ExportRows) -> Counted:
        journal: Journal = (await self._engine.runs.look(asked.run))[2]
        return Counted(await export_rows(journal, Path(asked.path), asked.titles, asked.errors))

    async def _cache_state(self, _: GetCacheState) -> CacheState:
        return await self._engine.cache.state()

    async def _clear_cache(self, asked: ClearCache) -> Counted:
        return Counted(await self._engine.cache.clear(asked.workflow_id, asked.node))


def _whole_file(folder: Path, run: str) -> Iterator[RunEvent] | None:
    """The events as they came, where they are still there to the last: they hold more than the records do."""
    path = path_of(folder, run)
    try:
        if path is None or path.stat().st_size > _LARGEST_FILE:
            return None
        last = last_event(path)
        if not isinstance(last, RunFinished):
            return None
        if last.status not in ("paused", "waiting"):
            return read_events(path)
        # It rests: that its engine was ended is no part of it.
        rests = max(at for at, event in enumerate(read_events(path)) if isinstance(event, RunPaused))
        return islice(read_events(path), rests + 1)
    except OSError:
        return None


def _message(said: Said) -> tuple[str, str]:
    """Who says what; the tools that a model calls stand below its words."""
    message = said.message
    calls = (f"{call.name} {call.arguments}" for call in message.tool_calls)
    words = "\n".join(filter(None, (message.content, *calls)))
    return "answer" if said.is_answer else message.role, cut(words, _LONGEST_PROMPT)


def _call_line(entry: Entry) -> CallLine:
    origin = entry.origin
    return CallLine(
        entry.at,
        origin.workflow,
        origin.title,
        origin.type,
        origin.connection,
        origin.model,
        entry.usage,
        entry.cost,
        entry.seconds,
        entry.outcome,
        origin.run,
        entry.source == "cache",
    )


def _line(item: ItemRecord) -> ItemLine:
    return ItemLine(
        item.number,
        item.status,
        {name: _short(value) for name, value in item.values.items()},
        {name: _short(value) for name, value in item.outputs.items()},
        item.failure,
        item.node,
        item.cost,
        item.seconds,
        item.usage.total > 0 or item.cost != FREE,
    )


def _short(value: Value) -> str:
    return cut(as_text(value), _SHOWN)


def _whole(value: Value) -> Json:
    return value[:] if isinstance(value, LazyList) else value
