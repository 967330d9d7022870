"""The program: hidden verbs of child processes, the window, and the command line, each imported only when it is meant."""

from __future__ import annotations

import sys


def main() -> int:
    """Gives the exit code; `baton` and `baton FILE` open the window, everything else is the command line's."""
    arguments = sys.argv[1:]
    match arguments[:1]:
        case ["engine-host"]:
            from app.processes import engine_host

            engine_host.main()
        case ["model-host"]:
            from app.processes import model_host

            model_host.main()
        case ["render"]:
            from app.ui import render

            return render.main(arguments[1:])
        case []:
            return _window([])
        case [first] if _is_file(first) and len(arguments) == 1:
            return _window(arguments)
        case _:
            from app.cli.main import main as run_verb

            return run_verb(arguments)


def _window(files: list[str]) -> int:
    from app.ui import application

    return application.run(files)


def _is_file(argument: str) -> bool:
    """A name that can only be a file's: verbs have neither dots nor slashes."""
    return not argument.startswith("-") and any(mark in argument for mark in "./\\")


if __name__ == "__main__":
    sys.exit(main())
