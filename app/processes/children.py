"""The one way to start and end a child process on Linux, macOS and Windows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from subprocess import DEVNULL, PIPE, Popen
from types import MappingProxyType
from typing import Any

from app.adapters.starter import Child
from app.processes.parent import die_with_parent

LOG_CHUNK = 4096
LOG_CHUNKS = 4
LINE_LIMIT = 32 * 1024 * 1024  # bytes; the longest message on a pipe
_NO_WINDOW, _NEW_GROUP = 0x0800_0000, 0x0000_0200  # of CreateProcess
NOTHING: Mapping[str, str] = MappingProxyType({})

# What Python, Qt and the systems need to work. Everything else of our environment stays here:
# it may hold keys, and a child has no business with them.
KEPT_NAMES = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "SHELL"),
        *("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "VIRTUAL_ENV"),
        *(
            "LD_LIBRARY_PATH",
            "DYLD_LIBRARY_PATH",
            "DYLD_FALLBACK_LIBRARY_PATH",
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
        ),
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "PROGRAMDATA", "PROGRAMFILES"),
        *(
            "APPDATA",
            "LOCALAPPDATA",
            "USERPROFILE",
            "USERNAME",
            "HOMEDRIVE",
            "HOMEPATH",
            "NUMBER_OF_PROCESSORS",
        ),
        *("PROCESSOR_ARCHITECTURE", "COVERAGE_PROCESS_START"),
    }
)
# Which graphics processors a program may use, and how; people set these for a llama-server of their own.
_OF_GPUS = ("CUDA_", "HIP_", "HSA_", "ROCR_", "GGML_", "VK_")
KEPT_BEGINNINGS = ("LC_", "XDG_", "QT_", "PYTHON", "BATON_", *_OF_GPUS)
# Only for children that speak to the network; an address of a proxy may carry a password.
PROXY_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
NEVER_KEPT = "BATON_CONN_"  # the keys of connections in headless runs


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that a child may see."""

    def kept(name: str) -> bool:
        upper = name.upper()
        return not upper.startswith(NEVER_KEPT) and (upper in KEPT_NAMES or upper.startswith(KEPT_BEGINNINGS))

    return {name: value for name, value in environment.items() if kept(name)}


def proxies_of(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that leads through a proxy."""
    return {name: value for name, value in environment.items() if name.upper() in PROXY_NAMES}


def own_command(verb: str) -> list[str]:
    """The command line that runs this same program with a hidden verb, packaged or not."""
    if getattr(sys, "frozen", False):
        return [sys.executable, verb]
    # -P: a folder named `app` where the person happens to stand must not be taken for ours.
    return [sys.executable, "-P", "-m", "app", verb]


def start_again(arguments: Sequence[str], system: str = sys.platform) -> None:
    """The same program anew in its own place; on Windows beside it, and the caller ends.

    What Windows offers for the first joins the arguments without a thought of the spaces in them.
    """
    program = [*own_command("")[:-1], *arguments]
    if system == "win32":
        Popen(program)
    else:
        os.execv(program[0], program)  # noqa: S606 - this very program


class RunningChild(Child):
    """A child process whose stderr is drained from the start, so that it can never block on it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ValueError("a child needs all three pipes")
        self.stdin = process.stdin
        self.stdout = process.stdout
        self._process = process
        self._log: deque[bytes] = deque(maxlen=LOG_CHUNKS)
        self._draining = asyncio.create_task(self._drain(process.stderr))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    async def wait(self) -> int:
        return await self._process.wait()

    def log_tail(self) -> str:
        return b"".join(self._log).decode("utf-8", "replace")

    async def _drain(self, stderr: asyncio.StreamReader) -> None:
        while chunk := await stderr.read(LOG_CHUNK):
            self._log.append(chunk)


def apart(system: str = sys.platform) -> dict[str, Any]:
    """How each system is told to start a program in a group of its own, and without a window for a console."""
    if system == "win32":
        return {"creationflags": _NO_WINDOW | _NEW_GROUP}
    return {"start_new_session": True}


async def start_child(argv: Sequence[str], *, extra_environment: Mapping[str, str] = NOTHING) -> RunningChild:
    """Start a program in a group of its own with a clean environment and three pipes.

    A group of its own lets `end_child` take the child's children along, and keeps Ctrl+C in our
    terminal from reaching it. Raises OSError when the program can't be started.
    """
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={**clean_environment(os.environ), **extra_environment},
        limit=LINE_LIMIT,
        **apart(),
    )
    if sys.platform == "win32":
        from app.processes import windows_job

        windows_job.adopt(process.pid)
    return RunningChild(process)


def start_beside(argv: Sequence[str], extra_environment: Mapping[str, str]) -> Popen[bytes]:
    """Start a program within our own group, for a child that runs one and then waits for its end.

    Whoever ends our group ends it too; on Linux it dies with the thread that called this, on Windows with our job.
    What it prints joins our log. Raises OSError when the program can't be started.
    """
    environment = {**clean_environment(os.environ), **extra_environment}
    if sys.platform == "win32":
        return Popen(argv, stdin=DEVNULL, stdout=2, env=environment, creationflags=_NO_WINDOW)
    return Popen(argv, stdin=DEVNULL, stdout=2, env=environment, preexec_fn=die_with_parent)  # noqa: PLW1509 - one call of the system


async def end_child(child: Child, deadline: float) -> int:
    """Close its stdin, wait at most `deadline` seconds, then kill whatever is left of its group."""
    child.stdin.close()
    try:
        async with asyncio.timeout(deadline):
            await child.wait()
    except TimeoutError:
        pass
    finally:
        _kill_group(child.pid)
    return await child.wait()


def _kill_group(pid: int) -> None:
    if sys.platform == "win32":
        from app.processes import windows_job

        windows_job.end(pid)
    else:
        # The child leads its group, and a group's number stays taken as long as a member lives.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
