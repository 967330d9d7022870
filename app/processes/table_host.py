"""The table host: a process with little memory and time that reads one workbook for its parent and ends."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from tempfile import TemporaryFile
from typing import Any, BinaryIO, NoReturn

from app.adapters.tables import read_rows
from app.adapters.workbooks import count_workbook_rows
from app.processes.parent import die_with_parent, private_stdout
from app.sdk.errors import NodeError

MEMORY = 512 * 1024 * 1024  # bytes
CPU_SECONDS = 300  # for a whole workbook; the parent watches how long it waits for each answer
FIRST = 16  # rows in the first answer, so that work can begin; each next one holds twice as many
MOST = 256


def main() -> NoReturn:
    """Reads a line of JSON and the workbook from stdin, writes its rows as lines of JSON."""
    channel = private_stdout()
    die_with_parent()
    _limit()
    with contextlib.suppress(BrokenPipeError, MemoryError):  # nobody reads on; or it is the parent who tells
        asked = json.loads(sys.stdin.buffer.readline())
        with TemporaryFile() as file:  # on disk, since an archive is read from its end
            shutil.copyfileobj(sys.stdin.buffer, file)
            file.seek(0)
            for answer in _answers(file, asked):
                _write(channel, json.dumps(answer).encode() + b"\n")
    os._exit(0)


def _answers(file: BinaryIO, asked: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    name, sheet = asked["name"], asked["sheet"]
    try:
        if asked["wanted"] == "count":
            yield {"count": count_workbook_rows(file, name, sheet)}
            return
        rows, size = read_rows(file, name, sheet), FIRST
        while batch := list(islice(rows, size)):
            yield {"rows": batch}
            size = min(size * 2, MOST)
        yield {"rows": []}
    except NodeError as error:
        yield {"code": error.code, "args": error.args_by_name}
    except MemoryError:
        yield {"code": "file.too_heavy", "args": {"path": name}}
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, OSError):
        # What the reading library trips over is a workbook that breaks the format's rules.
        yield {"code": "file.bad_workbook", "args": {"path": name}}


def _write(channel: BinaryIO, data: bytes) -> None:
    """A pipe may take a part only."""
    rest = memoryview(data)
    while rest:
        rest = rest[channel.write(rest) :]


def _limit() -> None:
    """Where the system has limits for a process; elsewhere the time that the parent waits is the limit."""
    if sys.platform != "win32":
        import resource

        for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU_SECONDS)):
            with contextlib.suppress(
                ValueError, OSError
            ):  # macOS has a word for the first, but no way to set it
                resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
