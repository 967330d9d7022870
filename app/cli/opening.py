"""What every verb needs: the engine of this profile, a workflow from a file, and Problems as exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from app.cli.report import problem_list
from app.cli.run_table import problem_text
from app.document.problem import Problem, ProblemError
from app.document.workflow import Node, Workflow
from app.engine import Engine
from app.processes import children
from app.registry import node_texts
from app.registry.discovery import discover
from app.registry.registry import Registry
from app.sdk.spec import FieldFault
from app.settings import folders, load_preferences
from app.texts import set_language

OK, FAILED, USAGE, INVALID, MISSING, PAUSED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

# Problems that a person mends by adding a connection, its key or a model on this machine, not in the workflow.
_MISSING = ("connection.", "role.", "model.", "secrets.", "run.unknown", "run.none_unfinished")

T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json")]


def use_language() -> None:
    """The person's language, before the first word is said."""
    set_language(chosen_language(load_preferences(folders()).language))


def open_engine() -> Engine:
    """The engine of this profile; the caller closes it."""
    where = folders()
    return Engine(where, load_preferences(where), children, children.own_command("model-host"))


def chosen_language(preferred: str) -> str:
    """The preference, else what the terminal's locale says."""
    if preferred:
        return preferred
    locale = next((os.environ[v] for v in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(v)), "")
    return "zh-CN" if locale.lower().startswith("zh") else "en"


def own_title(node: Node) -> str:
    """The title that stands in the file, where no type is at hand to ask."""
    return node.title or node.type


def title_of(registry: Registry) -> Callable[[Node], str]:
    """A node's title as people read it: its own, else that of its preset or type in the language of now."""

    def title(node: Node) -> str:
        spec = registry.get(node.type)
        if node.title or spec is None:
            return own_title(node)
        try:
            preset = spec.preset(spec.decode(node.fields))
        except FieldFault:
            preset = None
        return node_texts.preset_title(spec, preset) if preset else node_texts.title(spec)

    return title


def exit_code(problems: Iterable[Problem]) -> int:
    """What the shell is told of a workflow that can't run."""
    errors = [p for p in problems if p.severity == "error"]
    if any(p.code.startswith("cli.") for p in errors):
        return USAGE
    if errors and all(p.code.startswith("journal.") for p in errors):
        return FAILED
    return MISSING if errors and all(p.code.startswith(_MISSING) for p in errors) else INVALID


def refuse(
    problems: Iterable[Problem],
    code: int,
    *,
    as_json: bool = False,
    workflow: Workflow | None = None,
    registry: Registry | None = None,
) -> typer.Exit:
    """Says what is wrong, where, and what to do; give what comes back to `raise`."""
    problems, title = tuple(problems), title_of(registry) if registry else own_title
    if as_json:
        print_json({"run": None, "status": "failed", "problems": problem_list(problems, workflow, title)})
    else:
        for problem in problems:
            typer.echo(problem_text(problem, workflow, title), err=True)
    return typer.Exit(code)


def print_json(value: Any) -> None:
    """One JSON value on stdout."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=list)  # long lists are read as they go
    sys.stdout.write("\n")


def run_async(main: Callable[[Engine], Coroutine[Any, Any, T]]) -> T:
    """Runs a verb that needs the engine's loop; says what the stores have to tell, and closes the engine whatever
    happens.
    """
    import asyncio

    async def whole() -> T:
        engine = open_engine()
        try:
            return await main(engine)
        finally:
            refuse(engine.untold(), OK)
            await engine.close()

    return asyncio.run(whole())


def check_picture(path: Path) -> None:
    """Raises ProblemError `cli.picture_format` for a picture that can't be drawn."""
    if path.suffix.lower() not in (".png", ".svg"):
        raise ProblemError(Problem("cli.picture_format", args={"path": str(path)}))


def read_workflow(path: Path, *, as_json: bool = False) -> Workflow:
    """The workflow of a file; ends the program with code 3 and the reason where it can't be read."""
    from app.adapters.workflow_files import read_file

    try:
        opened = read_file(path)
    except ProblemError as error:
        if not as_json:
            typer.echo(f"{path}:", err=True)
        raise refuse(error.problems, INVALID, as_json=as_json) from error
    if opened.warnings:
        _warn(opened.warnings, opened.workflow, as_json=as_json)
    return opened.workflow


def _warn(warnings: Iterable[Problem], workflow: Workflow, *, as_json: bool) -> None:
    """Says what was found; ends the program where what would run isn't what the file says."""
    registry = discover(load_preferences(folders()).addons)
    if any(warning.severity == "error" for warning in warnings):
        raise refuse(warnings, INVALID, as_json=as_json, workflow=workflow, registry=registry)
    refuse(warnings, OK, workflow=workflow, registry=registry)
