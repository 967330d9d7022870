"""Paths in settings: where they come from, and what a step with such a path will ask of the broker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.fields import Option
from app.sdk.file_names import clean_name
from app.sdk.ports import PortSpec
from app.sdk.powers import DECIDED_WHILE_RUNNING, Power
from app.sdk.reference_ports import grown_inputs
from app.sdk.references import fill, inputs_of, is_one_reference, value_of

FILE_INPUT = PortSpec("file", "File", "file")


IfExists: TypeAlias = Literal["stop", "replace", "append"]

IF_EXISTS: tuple[Option, ...] = (
    Option("stop", "Stop with a message"),
    Option("replace", "Replace it"),
    Option("append", "Add to its end"),
)


def read_inputs(path: str, *texts: str) -> tuple[PortSpec, ...]:
    """A step that reads: without a path of its own it takes the file from a link. `texts` are other settings."""
    return (
        grown_inputs(path, *texts) if path.strip() else (FILE_INPUT, *grown_inputs(*texts, beside=("file",)))
    )


def write_inputs(content: PortSpec, path: str) -> tuple[PortSpec, ...]:
    """A step that writes: its content, and what its path refers to."""
    return (content, *grown_inputs(path, beside=(content.name,)))


def path_to_read(path: str, inputs: Mapping[str, Value]) -> str:
    """The path to read: the setting's, or that of the file that came in.

    Raises NodeError `file.no_path`, `reference.*`.
    """
    if not path.strip():
        given = inputs.get(FILE_INPUT.name)
    elif is_one_reference(path):
        given = value_of(path, inputs)
    else:
        # What stands between the literal parts is a name, never a way to another folder.
        given = fill(path, inputs, clean_name)
    found = given.get("path") if isinstance(given, Mapping) else given
    if isinstance(found, str) and found.strip():
        return found.strip()
    raise NodeError("file.no_path", field="path")


def path_to_write(path: str, inputs: Mapping[str, Value]) -> str:
    """The path to write; what comes from data is a name without folders.

    Raises NodeError `file.no_path`, `reference.*`.
    """
    filled = fill(path, inputs, clean_name).strip()
    if not filled:
        raise NodeError("file.no_path", field="path")
    return filled


def file_power(kind: Literal["read", "write"], path: str) -> Power:
    """A literal path is known before the run; one from data or from a link is decided while running."""
    known = path.strip() and not inputs_of(path)
    return Power(kind, path.strip() if known else DECIDED_WHILE_RUNNING)
