"""A person's decision in the terminal: approve, edit or reject what a step shows."""

from __future__ import annotations

import asyncio
import datetime as dt
import getpass
import json
import sys

from app.cli.terminal import BOLD, colour, plain
from app.document.workflow import Json
from app.events.run_events import PersonAsked
from app.sdk.context import Answer, Decision
from app.texts import text

_KEYS: dict[str, Decision] = {"a": "approved", "e": "edited", "r": "rejected"}


async def ask_in_terminal(question: PersonAsked, step: str) -> Answer:
    """Shows the question on stderr and reads the answer from stdin; other steps go on meanwhile."""
    return await asyncio.to_thread(_ask, question, step)


def _ask(question: PersonAsked, step: str) -> Answer:
    _say(
        "\n" + colour(text("cli.ask.title", step=plain(step), title=plain(question.title)), BOLD, sys.stderr)
    )
    if question.instructions:
        _say(_lines(question.instructions))
    shown = (
        question.value
        if isinstance(question.value, str)
        else json.dumps(question.value, ensure_ascii=False, indent=2)
    )
    _say(_lines(shown))
    decision = _decide(question.may_edit)
    value = _edited(question.value) if decision == "edited" else question.value
    comment = _prompt(text("cli.ask.comment"))
    now = dt.datetime.now().astimezone().isoformat(timespec="seconds")
    return Answer(decision, value, comment, getpass.getuser(), now)


def _decide(may_edit: bool) -> Decision:
    prompt = text("cli.ask.choices" if may_edit else "cli.ask.approve_or_reject")
    while True:
        decision = _KEYS.get(_prompt(prompt).strip().lower()[:1])
        if decision and (may_edit or decision != "edited"):
            return decision


def _edited(before: Json) -> Json:
    while True:
        words = _prompt(text("cli.ask.new_value"))
        if isinstance(before, str):
            return words
        try:
            return json.loads(words)
        except ValueError as error:
            _say(str(error))


def _prompt(words: str) -> str:
    sys.stderr.write(words)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


def _say(words: str) -> None:
    sys.stderr.write(words + "\n")


def _lines(words: str) -> str:
    return "\n".join("  " + plain(line) for line in words.splitlines())
