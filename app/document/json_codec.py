"""The workflow file: bytes to a workflow, strictly, and back in one canonical form."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import cast

from app.document import key_scan
from app.document.file_reader import to_workflow
from app.document.file_writer import to_plain
from app.document.format import FORMAT, FORMAT_VERSION
from app.document.json_places import line_of_path, problem
from app.document.migrations import upgrade
from app.document.plain_data import Fault, Plain, get_int
from app.document.problem import Problem, ProblemError
from app.document.strict_json import broken_text, parse
from app.document.text_lines import from_lines, has_lines, to_lines
from app.document.workflow import Json, Workflow

MOST_WARNINGS = 50


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read. `version` is the file's own; `newer`: made by a newer program, so look but don't save
    over it. A warning with severity `error` says that a part of the file could not be kept or met, so
    what would run isn't what the file says.
    """

    workflow: Workflow
    version: int
    newer: bool = False
    warnings: tuple[Problem, ...] = ()


def read(data: bytes) -> Loaded:
    """Raises ProblemError `file.*` with the line or path and nothing else, whatever the bytes are."""
    plain, text = parse(data)
    try:
        version = _version(plain)
    except Fault as fault:
        raise ProblemError(_problem(fault, text)) from None
    newer = version > FORMAT_VERSION
    try:
        whole = upgrade(plain, version)
        whole = cast("dict[str, Json]", from_lines(whole)) if has_lines(text) else whole
        workflow, warnings = to_workflow(whole)
    except Fault as fault:
        if newer:
            raise ProblemError(Problem("file.newer_unreadable", args={"version": version})) from None
        raise ProblemError(_problem(fault, text)) from None
    if newer:
        warnings = (Problem("file.newer_version", args={"version": version}, severity="warning"), *warnings)
    return Loaded(workflow, version, newer, _gravest((*warnings, *key_scan.warnings(whole))))


def write(workflow: Workflow) -> bytes:
    """The canonical form: UTF-8, LF, 2 spaces, fixed key order, sorted ids, a line end at the end.

    Raises ProblemError `file.broken_character` where a text can't be written as UTF-8.
    """
    return write_plain(to_plain(workflow))


def compact(workflow: Workflow) -> str:
    """The same content without white space and mostly with each text in one piece: for another process, at a fraction
    of the time. Raises as `write`.
    """
    plain = to_plain(workflow)
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    if has_lines(text):  # a list of texts with line ends must not be taken for the lines of one text
        text = json.dumps(to_lines(plain), ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ProblemError(problem("broken_character", broken_text(plain) or (), line=None)) from None
    return text


def write_plain(plain: dict[str, Json]) -> bytes:
    """The same for a file's plain data, in the order that it has."""
    text = json.dumps(to_lines(plain), ensure_ascii=False, indent=2)
    try:
        return f"{text}\n".encode()
    except UnicodeEncodeError:
        raise ProblemError(problem("broken_character", broken_text(plain) or (), line=None)) from None


def digest(workflow: Workflow) -> str:
    """SHA-256 (hex) of what the file says without its layout: equal for two files that run alike.

    Of the canonical form without `$schema`, `generator` and `layout`, written without white space,
    each text as one string.
    """
    plain = {
        key: value
        for key, value in to_plain(workflow).items()
        if key not in ("$schema", "generator", "layout")
    }
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _gravest(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Errors first, and no more than a person can read."""
    return tuple(sorted(problems, key=lambda problem: problem.severity != "error")[:MOST_WARNINGS])


def _problem(fault: Fault, text: str) -> Problem:
    line = line_of_path(text, fault.path) if fault.path else None
    return problem(fault.code, fault.path, **fault.args_by_name, line=line or 1)


def _version(data: Plain) -> int:
    if data.get("format") != FORMAT:
        raise Fault("not_a_workflow")
    return get_int(data, "formatVersion", least=1)
