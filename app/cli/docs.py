"""The generated files: pages of Help and the schema; written, or compared in CI."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command

from app.cli.main import cli
from app.guide import order
from app.guide.format_page import format_page
from app.guide.index_page import index_page
from app.guide.problem_pages import AREAS, area_page, list_page
from app.guide.settings_page import settings_page
from app.guide.step_list import step_list
from app.registry.discovery import discover
from app.registry.pages import node_page
from app.registry.registry import Registry
from app.registry.schema import workflow_schema
from app.settings import help_folder, resource_folder
from app.texts import LANGUAGES, in_language, text

_ROOT = Path(__file__).resolve().parents[2]


def generated(registry: Registry) -> Iterator[tuple[Path, str]]:
    """Every generated file with its content."""
    schema = workflow_schema(registry.specs)
    written = json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
    yield resource_folder() / "schemas" / "workflow-1.schema.json", written
    for language in LANGUAGES:
        folder = help_folder() / language
        with in_language(language):
            pages = dict(_pages(registry, schema, language))
            pages[order.INDEX] = index_page(
                lambda page, made=pages, at=folder: made.get(page) or _page(at, page).read_text("utf-8")
            )
        yield from ((_page(folder, page), content) for page, content in pages.items())


def _pages(registry: Registry, schema: dict[str, Any], language: str) -> Iterator[tuple[str, str]]:
    for spec in registry.specs:
        yield f"{order.STEPS}/{spec.id}", node_page(spec, language)
    yield order.STEPS, step_list(registry.specs)
    yield order.FILE_FORMAT, format_page(schema)
    yield order.COMMAND_LINE, _commands()
    yield order.SETTINGS, settings_page()
    yield order.PROBLEMS, list_page()
    for area in AREAS:
        yield f"{order.PROBLEMS}/{area}", area_page(area)


def _page(folder: Path, name: str) -> Path:
    return folder / f"{name}.md"


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
    files = dict(generated(discover()))
    different = {
        path: content
        for path, content in files.items()
        if not path.exists() or path.read_text("utf-8") != content
    }
    stale = [page for page in _made_before() if page not in files]
    if "--check" in arguments:
        for path in [*different, *stale]:
            typer.echo(f"not as generated: {path.relative_to(_ROOT)} (run `make docs`)")
        return 1 if different or stale else 0
    for path, content in different.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8", newline="\n")
        typer.echo(str(path.relative_to(_ROOT)))
    for path in stale:
        path.unlink()
    return 0


def _made_before() -> Iterator[Path]:
    """Pages in folders where only generated ones lie: some of types or areas that are no more."""
    for folder in (order.STEPS, order.PROBLEMS):
        yield from help_folder().glob(f"*/{folder}/*.md")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
