"""A model of this computer, seen from the engine: its host process starts when asked for, and again after a crash."""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from aiohttp import ClientError

from app.adapters.call_clock import Clock, LoopClock
from app.adapters.host_messages import HostConfiguration, HostFailed, host_answer
from app.adapters.starter import Child, Starter
from app.sdk.errors import NodeError

LOG_SHOWN = 600  # characters of the host's log that a crash report carries
MOMENT = 0.25  # seconds in which a crash that broke a request shows
LONG_MOMENT = 5.0  # the same where contact was lost: a busy machine is slow to say who has ended
FIRST_REST, LONGEST_REST = 0.5, 30.0  # seconds before a start, after the second crash in a row and after many
_KILLED = -9  # POSIX: by SIGKILL


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a local model answers (the OpenAI dialect under `url`/v1), and with which key.

    `context` is in tokens for one request; `slots` requests are answered side by side.
    """

    url: str
    key: str
    model: str
    context: int
    slots: int
    chat_template: bool

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@dataclass(frozen=True, slots=True)
class _Running:
    child: Child
    endpoint: Endpoint


class EmbeddedHost:
    """One local model behind a process of its own, so that a crash costs a model and not the program.

    `command` starts the host, which gets `configuration` with a fresh key each time; times are in
    seconds. After a crash it starts at the next call, after several in a row ever later. One host belongs to
    one event loop.
    """

    def __init__(
        self,
        starter: Starter,
        command: Sequence[str],
        configuration: HostConfiguration,
        *,
        load_seconds: float = 180,
        end_seconds: float = 2,
        clock: Clock | None = None,
    ) -> None:
        self.configuration = configuration
        self.loaded_in = 0.0  # seconds that it took the last time
        self._starter = starter
        self._command = command
        self._load_seconds = load_seconds
        self._end_seconds = end_seconds
        self._clock = clock or LoopClock()
        self._running: _Running | None = None
        self._starting: asyncio.Task[_Running] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._crashes = 0  # since it last did its work
        self._rests_until = -math.inf
        self._free_slots = asyncio.Semaphore(configuration.slots)

    @property
    def pid(self) -> int | None:
        """The host's process while it runs."""
        running = self._alive()
        return None if running is None else running.child.pid

    @property
    def is_starting(self) -> bool:
        """Whether it is being loaded, maybe for a caller that has given up since."""
        return self._starting is not None

    async def ensure(self) -> Endpoint:
        """Start the host unless it runs; many callers at once start one. Raises NodeError `model.*`."""
        return (await self._ensure()).endpoint

    @asynccontextmanager
    async def lease(self) -> AsyncGenerator[Endpoint]:
        """Use one slot of the model, waiting for a free one.

        As many users as slots, so that the requests of one use find their prompt still in their
        slot. What fails because the host died fails as `model.host_crashed` or `model.host_killed`.
        """
        async with self._free_slots:
            running = await self._ensure()
            try:
                yield running.endpoint
            except Exception as error:
                if await _ended(running.child, LONG_MOMENT if _contact_lost(error) else MOMENT):
                    raise self._crash(running.child) from error
                raise
            self._crashes = 0

    async def stop(self) -> None:
        """Unload the model now, whatever it is doing; the next call starts it again."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        running, self._running = self._running, None
        if running is not None:
            await self._starter.end_child(running.child, self._end_seconds)
        await asyncio.gather(*self._tasks)

    async def _ensure(self) -> _Running:
        if (running := self._alive()) is not None:
            return running
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
            self._starting.add_done_callback(self._started)
        # Shielded: a caller that gives up must not take the model away from the others.
        return await asyncio.shield(self._starting)

    def _started(self, task: asyncio.Task[_Running]) -> None:
        self._starting = None
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            if isinstance(error, NodeError) and error.may_pass:
                self._rest()
            return
        self._running = task.result()
        watching = asyncio.create_task(self._watch(self._running))
        self._tasks.add(watching)
        watching.add_done_callback(self._tasks.discard)

    async def _start(self) -> _Running:
        begun = self._clock.now()
        if begun < self._rests_until:
            rested = asyncio.Event()
            self._clock.later(self._rests_until - begun, rested.set)
            await rested.wait()
            begun = self._clock.now()
        configuration = replace(self.configuration, key=secrets.token_urlsafe(32))
        try:
            child = await self._starter.start_child(self._command)
        except OSError as error:
            raise NodeError("model.host_failed", detail=error.strerror) from error
        try:
            running = _Running(child, await self._greet(child, configuration))
        except BaseException:
            await self._starter.end_child(child, 0)
            raise
        self.loaded_in = self._clock.now() - begun
        return running

    async def _greet(self, child: Child, configuration: HostConfiguration) -> Endpoint:
        try:
            async with asyncio.timeout(self._load_seconds):
                child.stdin.write(configuration.to_line())
                await child.stdin.drain()
                line = await child.stdout.readline()
        except TimeoutError as error:
            raise NodeError(
                "model.load_slow", seconds=self._load_seconds, model=configuration.model_path
            ) from error
        except ConnectionError as error:
            await _ended(child)
            raise self._crash(child) from error
        if not line:
            await _ended(child)
            raise self._crash(child)
        try:
            answer = host_answer(line)
        except ValueError as error:
            raise NodeError("model.host_failed", detail=line[:80].decode("utf-8", "replace")) from error
        if isinstance(answer, HostFailed):
            raise self._failure(answer, child)
        return Endpoint(
            url=f"http://127.0.0.1:{answer.port}",
            key=configuration.key,
            model=answer.model,
            context=answer.context,
            slots=configuration.slots,
            chat_template=answer.chat_template,
        )

    async def _watch(self, running: _Running) -> None:
        """Whatever is left of a host that ended by itself ends too, and the next start knows of it."""
        await running.child.wait()
        if self._running is running:
            self._running = None
            self._rest()
            await self._starter.end_child(running.child, 0)

    def _rest(self) -> None:
        self._crashes += 1
        if self._crashes > 1:
            pause = min(LONGEST_REST, FIRST_REST * 2 ** (self._crashes - 2))
            self._rests_until = self._clock.now() + pause

    def _alive(self) -> _Running | None:
        running = self._running
        return running if running is not None and running.child.returncode is None else None

    def _failure(self, answer: HostFailed, child: Child) -> NodeError:
        path, program = self.configuration.model_path, self.configuration.program
        return NodeError(
            answer.code,
            model=path,
            detail=answer.detail,
            file=answer.file,
            program=program,
            log=child.log_tail()[-LOG_SHOWN:],
        )

    def _crash(self, child: Child) -> NodeError:
        """Nobody but the system ends a host by force, and it does so when memory runs out."""
        code = "model.host_killed" if child.returncode == _KILLED else "model.host_crashed"
        log = child.log_tail()[-LOG_SHOWN:]
        return NodeError(code, exit=child.returncode, model=self.configuration.model_path, log=log)


def _contact_lost(error: Exception) -> bool:
    return isinstance(error, (OSError, ClientError)) or (isinstance(error, NodeError) and error.is_open)


async def _ended(child: Child, moment: float = LONG_MOMENT) -> bool:
    """Whether the child has ended, now or within a moment."""
    try:
        async with asyncio.timeout(moment):
            await child.wait()
    except TimeoutError:
        return False
    return True
