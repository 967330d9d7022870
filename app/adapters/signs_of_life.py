"""Signs of life: a run with a limit of time writes down now and then how much it has used, since no record says so
while a step is under way, and its process may be killed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from app.executor.journal import JournalError, RunStore, RunSummary

EVERY = 15.0  # seconds: so much is lost at most


@asynccontextmanager
async def signs_of_life(
    store: RunStore | None, run: str, so_far: Callable[[], RunSummary | None]
) -> AsyncGenerator[None]:
    """While this goes on. `so_far` gives None where nothing is to be written now."""
    signing = asyncio.create_task(_sign(store, run, so_far)) if store is not None else None
    try:
        yield
    finally:
        if signing is not None:
            signing.cancel()


async def _sign(store: RunStore, run: str, so_far: Callable[[], RunSummary | None]) -> None:
    while True:
        await asyncio.sleep(EVERY)
        if (summary := so_far()) is not None:
            with contextlib.suppress(JournalError):  # who waits for the disk says so
                await store.summarise(run, summary)
