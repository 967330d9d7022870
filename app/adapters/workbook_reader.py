"""Excel workbooks, read in a child process that may be killed: a bad one costs its child, not the engine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, BinaryIO, Literal, cast

from app.adapters.starter import Child, Starter
from app.adapters.workbooks import MOST_BYTES
from app.sdk.context import Row
from app.sdk.errors import NodeError

SILENCE = 30.0  # seconds that a child may work without giving anything
CHUNK = 256 * 1024  # bytes


class WorkbookReader:
    """`command` starts the child (`app.processes.table_host`), `silence` is how long it may work on one answer.

    The child gets the open file's content, so it opens nothing by itself.
    """

    def __init__(self, starter: Starter, command: Sequence[str], silence: float = SILENCE) -> None:
        self._starter = starter
        self._command = command
        self._silence = silence

    async def rows(self, file: BinaryIO, name: str, sheet: str = "") -> AsyncGenerator[Sequence[Row]]:
        """The rows of one sheet in batches, read as they are asked for; `sheet` empty: the first one.

        Raises NodeError `file.*`: bad_workbook, sheet_missing, too_large, too_heavy, reader_failed.
        """
        async with self._asked("rows", file, name, sheet) as child:
            while (answer := await self._answer(child, name)).get("rows"):
                yield answer["rows"]

    async def count(self, file: BinaryIO, name: str, sheet: str = "") -> int | None:
        """The rows below the header as the workbook itself says, which not every program writes. Raises as `rows`."""
        async with self._asked("count", file, name, sheet) as child:
            return (await self._answer(child, name))["count"]

    @asynccontextmanager
    async def _asked(
        self, wanted: Literal["rows", "count"], file: BinaryIO, name: str, sheet: str
    ) -> AsyncGenerator[Child]:
        if file.seek(0, os.SEEK_END) > MOST_BYTES:
            raise NodeError("file.too_large", path=name, limit=MOST_BYTES)
        file.seek(0)
        try:
            child = await self._starter.start_child(self._command)
        except OSError as error:
            raise NodeError("file.reader_failed", path=name, detail=error.strerror) from error
        try:
            await _send(child, json.dumps({"wanted": wanted, "name": name, "sheet": sheet}), file)
            yield child
        finally:
            await self._starter.end_child(child, 0)

    async def _answer(self, child: Child, name: str) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(self._silence):
                line = await child.stdout.readline()
            answer = cast("dict[str, Any]", json.loads(line))
        except (TimeoutError, ValueError) as error:  # too slow, too long a line, or dead in the middle of one
            raise NodeError("file.too_heavy", path=name) from error
        if "code" in answer:
            args: dict[str, Any] = {name: _frozen(value) for name, value in answer["args"].items()}
            raise NodeError(answer["code"], **args)
        return answer


def _frozen(value: Any) -> Any:
    return tuple(cast("list[Any]", value)) if isinstance(value, list) else value


async def _send(child: Child, header: str, file: BinaryIO) -> None:
    with contextlib.suppress(ConnectionError):  # it has died: its answer tells so
        child.stdin.write(f"{header}\n".encode())
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            child.stdin.write(chunk)
            await child.stdin.drain()
        child.stdin.close()
