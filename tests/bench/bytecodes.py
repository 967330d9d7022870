"""Counts Python's bytecodes of a row through the lane: about the same whatever else the machine does.

A yardstick for who makes a row cheaper, where CPU time differs by a twentieth from run to run. What C does isn't in it:
JSON, SQLite, sockets.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Self

from app.engine import Engine, RunRequest
from tests.bench.run_bars import AT_ONCE, asks, engine_at, finished, table
from tests.servers.counting import CountingServer

ROOT = Path(__file__).resolve().parents[2]
FEW, MANY = 150, 450  # rows: what is between them is that of rows alone, without a run's start and end
MOST = 40


class Counted:
    """Bytecodes and calls in all threads, by code."""

    def __init__(self) -> None:
        self.bytecodes: Counter[CodeType] = Counter()
        self.calls: Counter[CodeType] = Counter()

    def __enter__(self) -> Self:
        threading.settrace(self._enter)
        sys.settrace(self._enter)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]

    def _enter(self, frame: FrameType, event: str, value: Any) -> Any:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        self.calls[frame.f_code] += 1
        return self._one

    def _one(self, frame: FrameType, event: str, value: Any) -> Any:
        if event == "opcode":
            self.bytecodes[frame.f_code] += 1
        return self._one


async def counted(engine: Engine, home: Path, rows: int) -> Counted:
    request = RunRequest(
        asks(), rows=table(home, rows), own=True, rows_at_a_time=AT_ONCE, folder=home, fresh=True
    )
    with Counted() as found:
        await asyncio.create_task(finished(engine, request))  # begun inside: this one isn't traced
    return found


async def main() -> None:
    with CountingServer(0.05, 0.05) as server, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        engine = engine_at(home, server.url)
        await counted(engine, home, AT_ONCE)  # opens the connections
        few, many = await counted(engine, home, FEW), await counted(engine, home, MANY)
        await engine.close()
    rows = MANY - FEW
    each = {code: (count - few.bytecodes[code]) / rows for code, count in many.bytecodes.items()}
    frames = (many.calls.total() - few.calls.total()) / rows
    start = few.bytecodes.total() - FEW * sum(each.values())
    print(
        f"a row: {sum(each.values()):,.0f} bytecodes, {frames:,.0f} frames; once a run: {start:,.0f} bytecodes"
    )
    files: defaultdict[str, float] = defaultdict(float)
    functions: dict[str, float] = {}
    for code, count in each.items():
        files[_place(code)] += count
        functions[f"{_place(code)} {code.co_qualname}"] = count
    for name, count in [*_most(files), ("", 0.0), *_most(functions)]:
        print(f"{count:8.0f}  {name}" if name else "")


def _most(found: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(found.items(), key=lambda one: -one[1])[:MOST]


def _place(code: CodeType) -> str:
    path = Path(code.co_filename)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT / "app") else "/".join(path.parts[-2:])


if __name__ == "__main__":
    asyncio.run(main())
