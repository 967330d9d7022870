"""`baton fmt`: writes workflow files in the one canonical form."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli import opening
from app.document import json_codec
from app.document.problem import Problem, ProblemError
from app.settings import write_atomically
from app.texts import text


def fmt(
    files: Annotated[list[Path], typer.Argument(help="Workflow files.", metavar="FILE…")],
    check: Annotated[bool, typer.Option("--check", help="Only say which files aren't in form.")] = False,
) -> None:
    """Write workflow files in their canonical form."""
    codes = [_one(path, check=check) for path in files]
    raise typer.Exit(max(codes))


def _one(path: Path, *, check: bool) -> int:
    try:
        before = path.read_bytes()
        loaded = json_codec.read(before)
        if loaded.newer:  # what this version doesn't know can't be written by it
            raise ProblemError(*(w for w in loaded.warnings if w.code == "file.newer_version"))
        after = json_codec.write(loaded.workflow)
    except OSError as error:
        problem = Problem(
            "file.not_readable", args={"path": str(path), "detail": error.strerror or str(error)}
        )
        opening.refuse([problem], opening.INVALID)
        return opening.INVALID
    except ProblemError as error:
        typer.echo(f"{path}:", err=True)
        opening.refuse(error.problems, opening.INVALID)
        return opening.INVALID
    if before == after:
        typer.echo(text("cli.fmt.same", path=str(path)))
        return opening.OK
    if check:
        typer.echo(text("cli.fmt.would", path=str(path)))
        return opening.FAILED
    write_atomically(path, after.decode())
    typer.echo(text("cli.fmt.changed", path=str(path)))
    return opening.OK
