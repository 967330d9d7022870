"""`baton fmt`: writes workflow files in the one canonical form."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.adapters.workflow_files import read_file, save_file
from app.cli import opening
from app.document import json_codec
from app.document.problem import ProblemError
from app.settings import folders
from app.texts import text


def fmt(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…")],
    check: Annotated[
        bool,
        typer.Option(
            "--check",
        ),
    ] = False,
) -> None:
    """Write workflow files in their canonical form."""
    codes = [_one(path, check=check) for path in files]
    raise typer.Exit(max(codes))


def _one(path: Path, *, check: bool) -> int:
    try:
        return _write(path, check=check)
    except ProblemError as error:
        typer.echo(f"{path}:", err=True)
        opening.refuse(error.problems, opening.INVALID)
        return opening.INVALID


def _write(path: Path, *, check: bool) -> int:
    """Raises ProblemError `file.*`, also where the file holds what would be lost."""
    opened = read_file(path)
    lost = [problem for problem in opened.warnings if problem.severity == "error"]
    if opened.newer or lost:
        raise ProblemError(*opened.warnings)
    in_form = path.read_bytes() == json_codec.write(opened.workflow)
    if in_form or check:
        typer.echo(text("cli.fmt.same" if in_form else "cli.fmt.would", path=str(path)))
        return opening.OK if in_form else opening.FAILED
    saved = save_file(path, opened.workflow, opened.stamp, folders())
    opening.refuse(saved.warnings, opening.OK)
    typer.echo(text("cli.fmt.changed", path=str(path)))
    return opening.OK
