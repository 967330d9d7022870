"""The archive for support: what `baton doctor` says, reports of crashes and the ends of logs."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from app.adapters import crash_reports
from app.adapters.redaction import HIDDEN, redact
from app.engine import Engine

_END_OF_LOG = 100_000  # bytes
_PLAIN = (bool, int, float)


def contents(engine: Engine, facts: Mapping[str, object]) -> dict[str, str]:
    """Every file of the archive with its text, all of it through the gate that hides keys and the person's folders."""
    logs = engine.where.logs
    found = {
        "facts.json": json.dumps(_without_names(facts), indent=2, default=str, ensure_ascii=False),
        "settings.json": json.dumps(_settings(asdict(engine.preferences)), indent=2, ensure_ascii=False),
    }
    for path in crash_reports.reports(logs):
        found[f"crashes/{path.name}"] = _text_of(path)
    for path in sorted(logs.glob("*.log")):
        found[f"logs/{path.name}"] = _text_of(path)
    return {name: crash_reports.without_places(redact(words)) for name, words in found.items()}


def write(path: Path, files: Mapping[str, str]) -> None:
    """Writes the archive; one that is there already stays. Raises OSError, FileExistsError among them."""
    with path.open("xb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, words in files.items():
            archive.writestr(name, words)


def _without_names(facts: Mapping[str, object]) -> dict[str, object]:
    """The facts without names and addresses of connections: a company's own may be a secret."""
    connections = cast("list[dict[str, object]]", facts["connections"])
    kinds = [{"kind": one["kind"], "limits": one["limits"]} for one in connections]
    return {**facts, "connections": kinds}


def _settings(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and switches as they are; of every text only whether there is one."""
    return dict(_shape(kept))


def _shape(kept: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in kept.items():
        if isinstance(value, Mapping):
            yield name, {HIDDEN: len(cast("Mapping[str, Any]", value))} if value else {}
        elif (
            isinstance(value, _PLAIN)
            or value is None
            or name in ("language", "theme")
            or name.endswith("_usd")
        ):
            yield name, value
        else:
            yield name, HIDDEN if value else ""


def _text_of(path: Path) -> str:
    """The end of a file; why not, where it can't be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _END_OF_LOG))
            return file.read().decode("utf-8", errors="replace")
    except OSError as error:
        return f"unreadable: {error.strerror}"
