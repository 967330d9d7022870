"""The embedded model, seen from the engine: its host process starts when asked for and leaves when idle."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from app.adapters.host_messages import HostConfiguration, HostFailed, host_answer
from app.adapters.starter import Child, Starter
from app.sdk.errors import NodeError

LOG_SHOWN = 600  # characters of the host's log that a crash report carries
MOMENT = 0.25  # seconds in which a crash that broke a request shows


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
    seconds. One host belongs to one event loop.
    """

    def __init__(
        self,
        starter: Starter,
        command: Sequence[str],
        configuration: HostConfiguration,
        *,
        idle_seconds: float = 300,
        load_seconds: float = 180,
        end_seconds: float = 2,
    ) -> None:
        self._starter = starter
        self._command = command
        self._configuration = configuration
        self._idle_seconds = idle_seconds
        self._load_seconds = load_seconds
        self._end_seconds = end_seconds
        self._running: _Running | None = None
        self._starting: asyncio.Task[_Running] | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._idle_timer: asyncio.TimerHandle | None = None
        self._leases = 0
        self._free_slots = asyncio.Semaphore(configuration.slots)

    @property
    def pid(self) -> int | None:
        """The host's process while it runs."""
        running = self._alive()
        return None if running is None else running.child.pid

    async def ensure(self) -> Endpoint:
        """Start the host unless it runs; many callers at once start one. Raises NodeError `model.*`."""
        return (await self._ensure()).endpoint

    @asynccontextmanager
    async def lease(self) -> AsyncGenerator[Endpoint]:
        """Use one slot of the model, waiting for a free one; it isn't unloaded for being idle meanwhile.

        As many users as slots, so that the requests of one use find their prompt still in their
        slot. What fails because the host died fails as `model.host_crashed`.
        """
        self._leases += 1
        self._stop_idle_timer()
        try:
            async with self._free_slots:
                running = await self._ensure()
                try:
                    yield running.endpoint
                except Exception as error:
                    if await _ended(running.child):
                        raise self._crash(running.child) from error
                    raise
        finally:
            self._leases -= 1
            self._watch_idle()

    async def stop(self) -> None:
        """Unload the model now, whatever it is doing; the next call starts it again."""
        self._stop_idle_timer()
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        self._leave()
        await asyncio.gather(*self._leaving)

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
        if not task.cancelled() and task.exception() is None:
            self._running = task.result()
            self._watch_idle()

    async def _start(self) -> _Running:
        configuration = replace(self._configuration, key=secrets.token_urlsafe(32))
        try:
            child = await self._starter.start_child(self._command)
        except OSError as error:
            raise NodeError("model.host_failed", detail=error.strerror) from error
        try:
            return _Running(child, await self._greet(child, configuration))
        except BaseException:
            await self._starter.end_child(child, 0)
            raise

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
            raise self._crash(child) from error
        if not line:
            await _ended(child)
            raise self._crash(child)
        try:
            answer = host_answer(line)
        except ValueError as error:
            raise NodeError("model.host_failed", detail=line[:80].decode("utf-8", "replace")) from error
        if isinstance(answer, HostFailed):
            raise NodeError(answer.code, model=configuration.model_path, detail=answer.detail)
        return Endpoint(
            url=f"http://127.0.0.1:{answer.port}",
            key=configuration.key,
            model=answer.model,
            context=answer.context,
            slots=configuration.slots,
            chat_template=answer.chat_template,
        )

    def _alive(self) -> _Running | None:
        running = self._running
        return running if running is not None and running.child.returncode is None else None

    def _crash(self, child: Child) -> NodeError:
        log = child.log_tail()[-LOG_SHOWN:]
        return NodeError(
            "model.host_crashed", exit=child.returncode, model=self._configuration.model_path, log=log
        )

    def _stop_idle_timer(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None

    def _watch_idle(self) -> None:
        self._stop_idle_timer()
        if self._leases == 0 and self._running is not None:
            self._idle_timer = asyncio.get_running_loop().call_later(self._idle_seconds, self._leave)

    def _leave(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            task = asyncio.create_task(self._end(running.child))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def _end(self, child: Child) -> None:
        await self._starter.end_child(child, self._end_seconds)


async def _ended(child: Child) -> bool:
    """Whether the child has ended, now or within a moment."""
    try:
        async with asyncio.timeout(MOMENT):
            await child.wait()
    except TimeoutError:
        return False
    return True
