"""Set up the environment that Baton runs in; returns at once when it already matches the lock.

Needs nothing but Python's standard library and the network. Everything it makes lies in `.uv/` and `.venv/`
inside the project, so no root is needed and deleting the folder removes it all.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
NEWEST = (3, 14)
PYTHON = ".venv/bin/python"
STAMP = Path(".venv/.set-up")


def main() -> int:
    os.chdir(ROOT)  # from here on all paths are relative: a space in the folder's name can do no harm
    use_new_enough_python()

    wanted = [place(), content()]
    before = STAMP.read_text().splitlines() if STAMP.is_file() and Path(PYTHON).is_file() else []
    if before == wanted:
        return 0
    try:
        set_up(fresh=before[:1] != wanted[:1])
    except subprocess.CalledProcessError as error:
        print(
            f"\nSet-up stopped: {Path(error.cmd[0]).name} ended with {error.returncode}; its message is above.\n"
            "It needs the network once. Behind a proxy set HTTPS_PROXY, with an own package index\n"
            "PIP_INDEX_URL or UV_DEFAULT_INDEX, with an own certificate authority SSL_CERT_FILE.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        return 130
    STAMP.write_text("\n".join(wanted) + "\n")
    return 0


def place() -> str:
    """An environment holds for one folder and one interpreter."""
    return f"{ROOT} {sys.base_prefix} {sys.version_info[:2]}"


def content() -> str:
    """The digest of all that decides what is installed."""
    whole = hashlib.sha256()
    for name in ("pyproject.toml", "requirements.lock", "packaging/bootstrap.lock"):
        whole.update(Path(name).read_bytes())
    return whole.hexdigest()


def use_new_enough_python() -> None:
    """Go on with a newer interpreter of this machine where `python3` is too old."""
    if sys.version_info[:2] >= OLDEST:
        return
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            os.execv(found, [found, *sys.argv])  # noqa: S606 (no shell is wanted)
    sys.exit(
        f"Baton needs Python 3.11 or newer, {sys.executable} is {sys.version.split()[0]}: install python3.11."
    )


def set_up(*, fresh: bool) -> None:
    """Bring `.venv` to what the lock says. `fresh`: the interpreter or the folder's name has changed.

    Raises subprocess.CalledProcessError with the step that failed.
    """
    from fetch_uv import child_environment, uv_ready  # late: the second time must cost nothing

    environment = child_environment()
    uv = uv_ready(environment)
    STAMP.unlink(missing_ok=True)
    if fresh:
        run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, ".venv"], environment)
    print("Setting up the environment in .venv", flush=True)
    install(uv, environment, PYTHON, "requirements.lock", "--editable")


def install(uv: str, environment: dict[str, str], python: str, lock: str, *how: str) -> None:
    """Bring the environment of `python` to what a lock says, with this project in it.

    Raises subprocess.CalledProcessError with the step that failed.
    """
    to = ["--python", python]
    locked = ["--require-hashes", "--only-binary", ":all:", lock]
    progress = [] if sys.stderr.isatty() else ["--quiet"]  # without a terminal it is a list of 100 lines
    run([uv, "pip", "sync", *progress, *to, *locked], environment)
    project = ["--no-deps", "--no-build-isolation", *how, "."]
    run([uv, "pip", "install", "--quiet", *to, *project], environment)


def run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(command, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main())
