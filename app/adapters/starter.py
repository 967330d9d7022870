"""What an adapter needs in order to run a child process: something that starts one and ends one."""

from __future__ import annotations

from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping, Sequence
from typing import Protocol


class Child(Protocol):
    """A running child process with all three pipes; what it writes to stderr is kept as its log."""

    stdin: StreamWriter
    stdout: StreamReader

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative where a signal ended it (POSIX)."""
        ...

    async def wait(self) -> int: ...

    def log_tail(self) -> str:
        """The last few thousand characters of its log."""
        ...


class Starter(Protocol):
    """The one way to start and end a child; `app.processes.children` is it."""

    async def start_child(self, argv: Sequence[str], *, extra_environment: Mapping[str, str] = ...) -> Child:
        """Raises OSError when the program can't be started."""
        ...

    def own_command(self, verb: str) -> list[str]:
        """The command line that runs this same program with a hidden verb."""
        ...

    async def end_child(self, child: Child, deadline: float) -> int:
        """Ask (its stdin closes), wait at most `deadline` seconds, then kill it and its group; gives the exit code."""
        ...
