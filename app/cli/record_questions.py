"""What a run asks about its own records, in the terminal: what was recorded, and what has changed since."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from app.cli.terminal import BOLD, colour, plain
from app.events.run_events import PersonAsked, Preview, Scope
from app.texts import text

GetInputs: TypeAlias = Callable[[str, Scope], Mapping[str, Preview]]

_SHOWN = 200  # characters of what goes in


def lines_about(question: PersonAsked, step: str, inputs: GetInputs) -> list[str]:
    """The question and what it is about; nothing for a question of the workflow's own."""
    if question.about in ("", "tool"):
        return []
    known: Any = question.value if isinstance(question.value, Mapping) else {}
    args = {"step": plain(step), "before": known.get("version", ""), "now": known.get("now", "")}
    lines = [colour(text(f"cli.ask.{question.about}", **args), BOLD, sys.stderr)]
    if question.about == "inputs":
        lines += _changed(known.get("changed"), inputs(question.node, question.scope))
    return lines


def _changed(changed: Sequence[Mapping[str, str]] | None, given: Mapping[str, Preview]) -> list[str]:
    """What went in when the record was made beside what goes in now, where both are known."""
    if changed is None:
        told = [("now", port, value.text) for port, value in given.items()]
    else:
        told = [(when, one["port"], one[when]) for one in changed for when in ("was", "now")]
    lines = [
        text(f"record.inputs.{when}", port=plain(port), value=plain(_short(value)))
        for when, port, value in told
    ]
    return ["  " + line for line in ([text("record.inputs.not_kept")] if changed is None else []) + lines]


def _short(value: str) -> str:
    words = " ".join(value.split()) or "–"
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"
