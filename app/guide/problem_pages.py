"""The pages of problems: every one that Baton can tell of, what happened and what to do, made from the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from app.texts import catalogue, has, sentences, text

# The page on which the problems of an area stand; an area is the first word of a code. What stands nowhere here is told
# on the page of the program.
AREAS: Mapping[str, tuple[str, ...]] = {
    "workflow": (
        *("workflow", "node", "edge", "input", "field", "reference", "edit", "frame", "map", "condition"),
        *("switch", "merge", "pins", "value"),
    ),
    "models": ("call", "model", "connection", "net", "role", "secrets"),
    "steps": (
        *("ask", "agent", "answer", "cascade", "chat", "check", "classify", "embed", "ensemble", "extract"),
        *("gate", "judge", "learn", "memory", "models", "pick", "roles", "structured", "table", "web"),
    ),
    "files": ("file",),
    "runs": ("run", "effect", "person", "journal", "revisit", "history", "replay", "rate"),
    "program": ("engine", "window", "settings", "addon"),
    "command-line": ("cli",),
}

_TERMINAL = ".fix.terminal"  # what else can be done where there is no window
_GAP = re.compile(r"\{\w+(?::[^{}|]*\|([^{}|]*))?\}")
_MARKUP = re.compile(r"([*_<>\[\]|\\])")


def codes() -> list[str]:
    """Every problem's code, without the word before it."""
    every = (code.removeprefix("problem.") for code in catalogue("en") if code.startswith("problem."))
    return sorted(code for code in every if not code.endswith((".fix", _TERMINAL)))


def area_of(code: str) -> str:
    """The page of a problem."""
    first = code.partition(".")[0]
    return next((area for area, parts in AREAS.items() if first in parts), "program")


def list_page() -> str:
    """The page that leads to the others."""
    lines = [f"- [{text(f'guide.problems.{area}')}](problems/{area}.md)" for area in AREAS]
    return f"# {text('guide.problems.title')}\n\n{text('guide.problems.words')}\n\n" + "\n".join(lines) + "\n"


def area_page(area: str) -> str:
    """All problems of an area, by code; in the language of now."""
    return "\n\n".join(_parts(area)) + "\n"


def _parts(area: str) -> Iterator[str]:
    yield f"# {text(f'guide.problems.{area}')}"
    yield text(f"guide.problems.{area}.words")
    for code in codes():
        if area_of(code) == area:
            yield f"## {code}"
            yield _sentence(f"problem.{code}")
            ways = (f"problem.{code}.fix", f"problem.{code}{_TERMINAL}")
            told = sentences(*(_sentence(way) for way in ways if has(way, "en")))
            yield f"**{text('guide.problems.fix')}** {told}"


def _sentence(code: str) -> str:
    """What will be filled in can't be known here: it is left open."""
    return _MARKUP.sub(r"\\\1", _GAP.sub(lambda gap: gap[1] or "…", text(code)))
