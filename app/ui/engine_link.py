"""The link to the engine process: starts it, asks it, hears its events, notices when it is gone."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Any, Literal, TypeAlias, TypeVar, cast

from PySide6.QtCore import QObject, Signal

from app.document.problem import Problem, ProblemError
from app.events.run_events import RunEvent
from app.processes.children import RunningChild, end_child, own_command, proxies_of, start_child
from app.processes.message_lines import Happened, MessageError, read_from_engine, request_line
from app.processes.messages import Ping, Quit, Refused, Reply, Request

R = TypeVar("R")
LinkState: TypeAlias = Literal["off", "starting", "ready", "gone"]

_FAREWELL = 3.0  # seconds for the engine to end its runs and its models
_FIRST_ANSWER = 60.0  # seconds; a cold disk may take long, for ever is a fault


class EngineLink(QObject):
    """`state_changed` follows the process; events wait, by their run, until somebody takes them."""

    state_changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state: LinkState = "off"
        self._child: RunningChild | None = None
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._number = 0
        self._arrived: dict[str, list[RunEvent]] = {}
        self._life: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._last_words = ""
        self._wanted = False
        self._kills: set[asyncio.Task[int]] = set()

    @property
    def state(self) -> LinkState:
        return self._state

    @property
    def process(self) -> int | None:
        """The engine's process id while there is one."""
        return self._child.pid if self._child else None

    @property
    def last_words(self) -> str:
        """The end of the log of an engine that is gone."""
        return self._last_words

    def start(self) -> None:
        """Starts the engine unless it is there."""
        if self._state in ("off", "gone"):
            self._arrived.clear()
            self._wanted = True
            self._ready.clear()
            self._set("starting")
            self._life = asyncio.get_running_loop().create_task(self._live())

    def take(self, run: str) -> list[RunEvent]:
        """What has happened in a run since the last call, in order."""
        return self._arrived.pop(run, [])

    async def ask(self, request: Request[R]) -> R:
        """The reply. Raises ProblemError: what the engine refused, or `engine.gone`."""
        if self._state == "starting":
            await self._ready.wait()
        reply = await self._send(request)
        if isinstance(reply, Refused):
            raise ProblemError(*reply.problems)
        return cast("R", reply)

    async def end(self) -> None:
        """Ends the engine and what it started: asked first, then made to."""
        child, life = self._child, self._life
        self._wanted = False
        if child is not None and self._state == "ready":
            with contextlib.suppress(ProblemError, TimeoutError):
                async with asyncio.timeout(_FAREWELL):
                    await self._send(Quit())
        if child is not None:
            await end_child(child, _FAREWELL)
        if life is not None:
            await asyncio.gather(life, return_exceptions=True)
        self._set("off")

    def kill(self) -> None:
        """Ends the engine at once; `state_changed` tells when it is gone."""
        if self._child is not None:
            ending = asyncio.get_running_loop().create_task(end_child(self._child, 0.0))
            self._kills.add(ending)
            ending.add_done_callback(self._kills.discard)

    async def _live(self) -> None:
        """One life of the process, from its start to whatever end."""
        try:
            self._child = child = await start_child(
                own_command("engine-host"), extra_environment=proxies_of(os.environ)
            )
        except OSError as error:
            self._last_words = str(error)
            self._lost()
            return
        if not self._wanted:  # `end` was called while it was being started
            await end_child(child, 0.0)
        greeting = asyncio.get_running_loop().create_task(self._greet(child))
        await self._read(child)
        await end_child(child, 0.0)
        self._last_words = child.log_tail()
        self._lost()
        await greeting

    async def _greet(self, child: RunningChild) -> None:
        try:
            async with asyncio.timeout(_FIRST_ANSWER):
                await self._send(Ping())
        except TimeoutError:
            await end_child(child, 0.0)
        except ProblemError:
            return  # it is gone already
        else:
            self._set("ready")
            self._ready.set()

    async def _read(self, child: RunningChild) -> None:
        try:
            while line := await child.stdout.readline():
                message = read_from_engine(line)
                if isinstance(message, Happened):
                    self._arrived.setdefault(message.run, []).extend(message.events)
                elif (future := self._waiting.pop(message.number, None)) and not future.done():
                    future.set_result(message.reply)
        except (MessageError, ValueError, OSError):
            return  # not our engine, or no longer one: it is ended

    async def _send(self, request: Request[Any]) -> Reply:
        child = self._child
        if child is None:
            raise ProblemError(Problem("engine.gone"))
        self._number += 1
        number = self._number
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            child.stdin.write(request_line(number, request))
            await child.stdin.drain()
            return await future
        except (OSError, RuntimeError) as error:
            raise ProblemError(Problem("engine.gone")) from error
        finally:
            self._waiting.pop(number, None)

    def _lost(self) -> None:
        self._child = None
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ProblemError(Problem("engine.gone")))
        self._waiting.clear()
        # An engine that was told to go is no loss, and nobody shall start another.
        self._set("gone" if self._wanted else "off")
        self._ready.set()

    def _set(self, state: LinkState) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)
