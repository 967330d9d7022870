"""Which files a program and its children open, make, change and remove, as strace sees them."""

from __future__ import annotations

import codecs
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# With a question mark: not every processor has it.
_OPENING = ("?open", "openat", "?openat2", "?creat")
_MOVING = ("chdir", "fchdir")
_CHANGING = (
    *("?mkdir", "mkdirat", "?rename", "?renameat", "renameat2", "?unlink", "unlinkat", "?rmdir"),
    *("?symlink", "symlinkat", "?link", "linkat", "?truncate", "?mknod", "mknodat"),
)
_OPENED = re.compile(r"(?:open|openat|openat2|creat)\((?P<how>.*)\) += \d+<(?P<path>/.*?)>(?: \(deleted\))?$")
_CHANGED = re.compile(r"(?P<call>\w+)\((?P<how>.*)\) += 0$")
_PLACE = re.compile(r'(?:<(?P<folder>/[^>]*)>, )?"(?P<path>(?:[^"\\]|\\.)*)"')
_WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|^creat")
# Of these only the last path is made; the first one may be anywhere.
_LAST_ONLY = ("symlink", "symlinkat", "link", "linkat")


@dataclass
class Trace:
    """Whole paths; one that a program named from where it stood stays so where any of them went elsewhere.

    What was tried in vain is in neither.
    """

    read: set[Path] = field(default_factory=set[Path])
    written: set[Path] = field(default_factory=set[Path])


def tracer(logs: Path) -> list[str]:
    """The command to put before the one that is watched; its logs, one a process, go into a folder."""
    calls = ",".join((*_OPENING, *_CHANGING, *_MOVING))
    return [
        "strace",
        "-ff",
        "-y",
        "-qq",
        "-s",
        "4096",
        "--seccomp-bpf",
        "-e",
        f"trace={calls}",
        "-o",
        str(logs / "log"),
    ]


def why_not() -> str:
    """Why nothing can be watched here; empty where it can."""
    if not sys.platform.startswith("linux") or not shutil.which("strace"):
        return "no strace here"
    tried = subprocess.run(
        ["strace", "-ff", "--seccomp-bpf", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False
    )
    return "" if tried.returncode == 0 else "strace may not watch here"


def read_trace(logs: Path, folder: Path) -> Trace:
    """What the logs say; `folder` is where the program stood."""
    trace = Trace()
    lines = [line for log in logs.glob("log.*") for line in log.read_text("utf-8", "replace").splitlines()]
    if any(line.startswith(_MOVING) for line in lines):
        folder = Path()
    for line in lines:
        if found := _OPENED.search(line):
            kind = trace.written if _WRITES.search(found["how"]) else trace.read
            kind.add(_path(found["path"]))
        elif (changed := _CHANGED.match(line)) and changed["call"] not in _MOVING:
            places = list(_places(changed["how"], folder))
            trace.written.update(places[-1:] if changed["call"] in _LAST_ONLY else places)
    return trace


def outside(paths: set[Path], within: Sequence[Path]) -> list[Path]:
    """Those that lie in none of the folders; devices, pipes and what the kernel makes up are no files."""
    made_up = (Path("/dev"), Path("/proc"), Path("/memfd:"))
    allowed = [*made_up, *(folder.resolve() for folder in within)]
    return sorted(path for path in paths if not any(path.is_relative_to(folder) for folder in allowed))


def _places(arguments: str, folder: Path) -> Iterator[Path]:
    for found in _PLACE.finditer(arguments):
        yield (
            _path(found["folder"]) / _path(found["path"])
            if found["folder"]
            else folder / _path(found["path"])
        )


def _path(said: str) -> Path:
    raw, _ = codecs.escape_decode(said.encode("latin-1", "replace"))  # type: ignore[attr-defined]
    return Path(bytes(raw).decode("utf-8", "surrogateescape"))
