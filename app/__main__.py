"""The program: hidden verbs of child processes, the window, the command line; each imported only when it is meant."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from typing import Any, NoReturn

from app.adapters import crash_reports
from app.settings import folders

# The program's own children, and what only its packaging asks for; each is a module of its name.
HIDDEN = frozenset({"engine-host", "model-host", "table-host", "self-test"})
# Whose faults nobody sees on a terminal. What a strange workbook does to the table host is told to its reader.
REPORTED = frozenset({"engine-host", "model-host"})


def main() -> int:
    """Gives the exit code; `baton` and `baton FILE` open the window, everything else is the command line's."""
    arguments = sys.argv[1:]
    match arguments[:1]:
        case [verb] if verb in HIDDEN:
            if verb in REPORTED:
                crash_reports.watch(folders().logs, verb)
            process: Any = import_module(f"app.processes.{verb.replace('-', '_')}")
            return process.main()
        case []:
            return _window([])
        case [first] if _is_file(first) and len(arguments) == 1:
            return _window([path_of(first)])
        case _:
            signal.signal(signal.SIGINT, _interrupted)
            from app.cli.main import main as run_verb

            return run_verb(arguments, draw=_draw)


def _interrupted(*_: object) -> NoReturn:
    """Ctrl+C before a run has begun; a run then takes it for itself."""
    sys.exit(130)


def _draw(*asked: Any) -> None:
    """Draws a picture; Qt is loaded only when one is asked for."""
    from app.ui.render import draw

    draw(*asked)


def _window(files: list[str]) -> int:
    from app.ui import application

    return application.run(files)


def path_of(argument: str) -> str:
    """Lists of recent files name a file by its address, in which no sign means anything to a shell."""
    if not argument.startswith("file://"):
        return argument
    from urllib.parse import unquote_to_bytes, urlsplit

    return os.fsdecode(unquote_to_bytes(urlsplit(argument).path))


def _is_file(argument: str) -> bool:
    """A name that can only be a file's: verbs have neither dots nor slashes."""
    return not argument.startswith("-") and any(mark in argument for mark in "./\\")


if __name__ == "__main__":
    sys.exit(main())
