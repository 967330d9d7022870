"""The generated files: node pages, the page of the command line, and the schema; written, or compared in CI."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command

from app.cli.main import cli
from app.registry.discovery import discover
from app.registry.pages import node_page
from app.registry.registry import Registry
from app.registry.schema import workflow_schema
from app.settings import resource_folder
from app.texts import LANGUAGES, set_language, text
from app.texts import language as language_of_now

_ROOT = Path(__file__).resolve().parents[2]


def generated(registry: Registry) -> Iterator[tuple[Path, str]]:
    """Every generated file with its content."""
    schema = json.dumps(workflow_schema(registry.specs), ensure_ascii=False, indent=2)
    yield resource_folder() / "schemas" / "workflow-1.schema.json", schema + "\n"
    for language in LANGUAGES:
        for spec in registry.specs:
            yield _ROOT / "docs" / "nodes" / language / f"{spec.id}.md", node_page(spec, language)
    for language, ending in (("en", ""), ("zh-CN", ".zh-CN")):
        yield _ROOT / "docs" / f"command-line{ending}.md", _command_page(language)


def _command_page(language: str) -> str:
    """In the language asked for; the one of now stays what it is."""
    before = language_of_now()
    set_language(language)
    try:
        return _commands()
    finally:
        set_language(before)


def _commands() -> str:
    whole: Any = get_command(cli)
    parts = [text("cli.help.page")]
    for name, command in sorted(whole.commands.items()):
        parts.append(f"## baton {name}\n\n```text\n{_help(command, name)}\n```\n")
    return "\n".join(parts)


def _help(command: Any, name: str) -> str:
    context = command.make_context(f"baton {name}", [], resilient_parsing=True)
    context.terminal_width = context.max_content_width = 100
    lines = str(command.get_help(context)).splitlines()
    return "\n".join(line.rstrip() for line in lines).strip()


def main(arguments: list[str]) -> int:
    """Writes what differs; with --check only says so and ends with 1."""
    registry = discover()
    different = [
        (path, content)
        for path, content in generated(registry)
        if not path.exists() or path.read_text("utf-8") != content
    ]
    stale = _stale(registry)
    if "--check" in arguments:
        for path in [*(p for p, _ in different), *stale]:
            typer.echo(f"not as generated: {path.relative_to(_ROOT)} (run `make docs`)")
        return 1 if different or stale else 0
    for path, content in different:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8", newline="\n")
        typer.echo(str(path.relative_to(_ROOT)))
    for path in stale:
        path.unlink()
    return 0


def _stale(registry: Registry) -> list[Path]:
    """Pages of types that are no more."""
    pages = (_ROOT / "docs" / "nodes").glob("*/*.md")
    return [page for page in pages if registry.get(page.stem) is None]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
