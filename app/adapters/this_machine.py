"""The machine that Baton runs on, as the planner of models and the people see it; implements `Machine`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from app.adapters.gpu_facts import gpu_facts
from app.adapters.machine_facts import GpuFacts, MachineFacts
from app.adapters.machine_memory import machine_memory
from app.adapters.starter import Starter

PATIENCE = 10.0  # seconds for a maker's program: Apple's takes some
KEPT = 5.0  # seconds for which what a program said holds


class ThisMachine:
    """Starts a maker's program when graphics processors are asked for, and not before."""

    def __init__(self, starter: Starter) -> None:
        self._starter = starter
        self._gpus: tuple[GpuFacts, ...] = ()
        self._until = 0.0
        self._looking = asyncio.Lock()

    async def facts(self) -> MachineFacts:
        memory, free = machine_memory()
        async with self._looking:
            if time.monotonic() >= self._until:
                self._gpus = await gpu_facts(self._ask, memory)
                self._until = time.monotonic() + KEPT
        return MachineFacts(memory, free, self._gpus)

    def memory(self) -> tuple[int, int]:
        """Bytes there are, and bytes that are free."""
        return machine_memory()

    async def _ask(self, argv: Sequence[str]) -> str | None:
        try:
            child = await self._starter.start_child(argv)
        except OSError:  # it isn't there: then neither is its processor
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                said = await child.stdout.read()
                well = await child.wait() == 0
        except TimeoutError:
            return None
        finally:
            await self._starter.end_child(child, 0)
        return said.decode("utf-8", "replace") if well else None
