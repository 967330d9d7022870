"""The libraries of machine code that come with a packaged program, as Python's modules."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

# What ends in the bare .so may be any library.
_SUFFIXES = tuple(suffix for suffix in EXTENSION_SUFFIXES if suffix != ".so")
_OF_PYTHON = "lib-dynload"  # its own modules lie there, known by their last name


def native_parts(folder: Path) -> Iterator[str]:
    """Their names, below the folder that holds all of the program's modules."""
    for path in sorted(folder.rglob("*")):
        suffix = next((suffix for suffix in _SUFFIXES if path.name.endswith(suffix)), "")
        if suffix:
            *packages, name = path.relative_to(folder).parts
            yield ".".join([*([] if _OF_PYTHON in packages else packages), name.removesuffix(suffix)])
