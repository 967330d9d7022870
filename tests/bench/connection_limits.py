"""Measures what the gate before every model call costs: alone, with all limits set, and in a queue of a hundred."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.adapters.call_clock import LoopClock
from app.adapters.call_gate import CallGate, CallLimits
from app.adapters.call_total import CallTotal
from app.adapters.shared_rates import SharedRates
from app.costs.usage import Usage

CALLS = 20_000
ROUNDS = 5
CALLERS = 100
_USED = Usage(90, 10)
_HEADERS = {"Content-Type": "application/json", "Date": "Thu, 01 Jan 2026 00:00:00 GMT", "Server": "x"}


async def _calls(gate: CallGate, count: int, *, yields: bool) -> None:
    for _ in range(count):
        async with gate.turn(_size) as turn:
            if yields:
                await asyncio.sleep(0)
            turn.hear(_HEADERS)
            turn.used(_USED)


def _size() -> int:
    return 100


def _gate(limits: CallLimits, shared: SharedRates | None) -> CallGate:
    return CallGate("Bench", limits, CallTotal(256), LoopClock(), shared)


async def _best(limits: CallLimits, callers: int, shared: SharedRates | None = None) -> float:
    """CPU microseconds a call, without the bare coroutine switch of the callers; the best of some rounds."""
    best = bare = float("inf")
    each = CALLS // callers
    for _ in range(ROUNDS):
        gate = _gate(limits, shared)
        begun = time.process_time()
        await asyncio.gather(*(_calls(gate, each, yields=callers > 1) for _ in range(callers)))
        best = min(best, time.process_time() - begun)
        begun = time.process_time()
        await asyncio.gather(*(_bare(each, yields=callers > 1) for _ in range(callers)))
        bare = min(bare, time.process_time() - begun)
    return (best - bare) / (each * callers) * 1e6


async def _bare(count: int, *, yields: bool) -> None:
    for _ in range(count):
        if yields:
            await asyncio.sleep(0)


async def gate_costs() -> list[tuple[str, float, str, str]]:
    """(name, value, unit, bar) of each figure."""
    rates = CallLimits(16, 1_000_000, 1_000_000_000)
    with TemporaryDirectory() as folder, closing(SharedRates(Path(folder) / "bench.rates")) as shared:
        alone = await _best(CallLimits(16), 1, shared)
        together = await _best(rates, 1, shared)
    return [
        ("the gate before a call, nobody waiting", alone, "CPU µs", "aim ≤ 5"),
        ("the same with rates a minute, one process", await _best(rates, 1), "CPU µs", ""),
        ("the same with rates that all processes share", together, "CPU µs", ""),
        ("the same, 100 callers for 4 places", await _best(CallLimits(4), CALLERS), "CPU µs", ""),
    ]


if __name__ == "__main__":
    for name, value, unit, bar in asyncio.run(gate_costs()):
        print(f"{name:<58} {value:>10.3f} {unit:<14} {bar}")
