"""Are two builds of one commit the same, byte for byte? If not: which files differ, and in what.

    .venv/bin/python packaging/compare_builds.py              builds the program twice, in out/package-twice
    .venv/bin/python packaging/compare_builds.py ONE OTHER    compares two folders, or two archives

Ends with 0 where nothing differs.
"""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import bundle
from bootstrap import ROOT

TWICE = Path("out/package-twice")


def main(*given: str) -> int:
    if given:
        with tempfile.TemporaryDirectory() as folder:
            one, other = (unpacked(Path(name), Path(folder) / str(at)) for at, name in enumerate(given))
            return told(one, other)
    os.chdir(ROOT)
    bundle.timed("environment", bundle.environment)
    shutil.rmtree(TWICE, ignore_errors=True)
    for name in ("one", "other"):
        bundle.timed(f"build {name}", lambda: bundle.build(for_trying=True))
        shutil.copytree(bundle.OUT, TWICE / name, symlinks=True)
    return told(TWICE / "one", TWICE / "other")


def told(one: Path, other: Path) -> int:
    lines = list(differences(one, other))
    files = sum(not path.is_dir() for path in one.rglob("*"))
    print(
        "\n".join(
            [*lines, f"{files} files, {len(lines)} {'difference' if len(lines) == 1 else 'differences'}"]
        )
    )
    return 1 if lines else 0


def unpacked(given: Path, folder: Path) -> Path:
    """A folder as it is; what is in an archive."""
    if given.is_dir():
        return given
    with tarfile.open(given) as archive:
        archive.extractall(folder, filter="tar")  # our own, compared as it is
    return folder


def differences(one: Path, other: Path) -> Iterator[str]:
    """A line for each file that isn't the same in both, by name."""
    names = sorted({str(path.relative_to(folder)) for folder in (one, other) for path in folder.rglob("*")})
    for name in names:
        here, there = one / name, other / name
        if not _exists(here) or not _exists(there):
            yield f"{name}: only in {one if _exists(here) else other}"
        elif here.lstat().st_mode != there.lstat().st_mode:
            yield f"{name}: mode {here.lstat().st_mode:o} and {there.lstat().st_mode:o}"
        elif here.is_symlink():
            if here.readlink() != there.readlink():
                yield f"{name}: leads to {here.readlink()} and {there.readlink()}"
        elif here.is_file() and here.read_bytes() != there.read_bytes():
            yield f"{name}: {in_what(here, there)}"


def in_what(here: Path, there: Path) -> str:
    """In what two files of one name differ."""
    first, second = here.read_bytes(), there.read_bytes()
    if zipfile.is_zipfile(here) and zipfile.is_zipfile(there):
        return _in_archives(here, there)
    if len(first) != len(second):
        return f"{len(first):,} and {len(second):,} bytes{_with_path(first, second)}"
    places = [at for at, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
    return f"{len(places):,} bytes from {places[0]:,} on{_with_path(first, second)}"


def _in_archives(here: Path, there: Path) -> str:
    with zipfile.ZipFile(here) as one, zipfile.ZipFile(there) as other:
        contents = [{name: archive.read(name) for name in archive.namelist()} for archive in (one, other)]
    differing = sorted(
        name for name in {*contents[0], *contents[1]} if contents[0].get(name) != contents[1].get(name)
    )
    if differing:
        return f"in it differ {', '.join(differing[:5])}{' …' if len(differing) > 5 else ''}"
    return "what is in it is the same; order, times or compression differ"


def _with_path(first: bytes, second: bytes) -> str:
    """Builds that know where they were built differ from one folder to the next."""
    return "; it names the folder of the build" if str(ROOT).encode() in first + second else ""


def _exists(path: Path) -> bool:
    return path.exists() or path.is_symlink()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
