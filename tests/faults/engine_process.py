"""The engine process as the window has it, and its log."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from app.events.run_events import RunEvent, RunFinished
from app.processes.message_lines import Happened, read_from_engine, request_line
from app.processes.messages import Quit, Refused, Request, StartRun

ROOT = Path(__file__).resolve().parents[2]
R = TypeVar("R")


class EngineProcess:
    """Asked one thing at a time. `log` is what came out of stderr."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._number = 0
        self._logging = asyncio.create_task(self._keep_log())
        self.log = b""

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ask(self, request: Request[R]) -> Any:
        """The reply; a refusal is one too."""
        self._number += 1
        assert self._process.stdin is not None
        self._process.stdin.write(request_line(self._number, request))
        while True:
            message = await self._next()
            if not isinstance(message, Happened):
                return message.reply

    async def run(self, request: StartRun) -> list[RunEvent]:
        """All events of a run. Fails if it is refused."""
        reply = await self.ask(request)
        assert not isinstance(reply, Refused), reply
        events: list[RunEvent] = []
        while not events or not isinstance(events[-1], RunFinished):
            message = await self._next()
            if isinstance(message, Happened):
                events += message.events
        return events

    async def quit(self) -> None:
        await self.ask(Quit())
        await self._process.wait()
        await self._logging

    async def _next(self) -> Any:
        assert self._process.stdout is not None
        return read_from_engine(await self._process.stdout.readline())

    async def _keep_log(self) -> None:
        assert self._process.stderr is not None
        while data := await self._process.stderr.read(4096):
            self.log += data


@asynccontextmanager
async def engine_process() -> AsyncIterator[EngineProcess]:
    """Ends with the block; what it has started ends with it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "app", "engine-host"),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=32 * 1024 * 1024,
    )
    engine = EngineProcess(process)
    try:
        yield engine
        await engine.quit()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
