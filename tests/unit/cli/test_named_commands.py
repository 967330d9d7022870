"""What sentences and pages tell people to type is something that the command line takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from app.cli.main import cli

ROOT = Path(__file__).resolve().parents[3]
NAMED = re.compile(r"`baton ([a-z-][^`]*)`")
# What a sentence puts in its gaps, and what a reader puts in the place of capitals.
GAPS = {"run": "last", "where": "ask", "words": "--approve", "more": "", "option": "--day-limit USD"}
STANDS_FOR = {"USD": "5", "RUN": "last", "STEP": "ask"}


def places() -> list[Path]:
    pages = [page for page in (ROOT / "docs" / "help").rglob("*.md") if "reference" not in page.parts]
    return [*ROOT.glob("README*.md"), *pages, *(ROOT / "resources" / "i18n").rglob("*.json")]


COMMANDS = sorted({said for place in places() for said in NAMED.findall(place.read_text("utf-8"))})


def test_there_are_some() -> None:
    assert len(COMMANDS) > 10


@pytest.mark.parametrize("said", COMMANDS)
def test_a_named_command_can_be_typed(said: str) -> None:
    words = [STANDS_FOR.get(word, word) for word in shlex.split(said.format_map(GAPS))]
    group: Any = get_command(cli)
    if words == ["--help"]:
        assert group.get_help_option(group.make_context("baton", [], resilient_parsing=True))
        return
    verb = group.commands[words[0]]
    if len(words) > 1:  # alone it is the verb's name and no more
        verb.make_context(words[0], words[1:])
