"""A person's answer from the command line, handed to the one question that it fits."""

from __future__ import annotations

import datetime as dt
import getpass
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from app.document.problem import Problem, ProblemError
from app.document.workflow import Json
from app.events.run_events import About, PersonAsked
from app.events.run_state import row_of
from app.sdk.context import Answer, Decision

Word: TypeAlias = Literal["approve", "reject", "edit", "happened", "again", "keep"]

_DECISIONS: Mapping[About, Mapping[Word, Decision]] = {
    "": {"approve": "approved", "reject": "rejected", "edit": "edited"},
    "effect": {"happened": "approved", "again": "rejected"},
    "inputs": {"keep": "approved", "again": "rejected"},
    "version": {"keep": "approved", "again": "rejected"},
    "tool": {"approve": "approved", "reject": "rejected"},
}
_NAMED = 20  # rows that a message names
WORDS: Mapping[About, Sequence[str]] = {
    about: tuple(f"--{word}" for word in decisions) for about, decisions in _DECISIONS.items()
}


@dataclass(frozen=True, slots=True)
class Reply:
    """`value` is what `edit` gives, `row` counts from 1; None: whichever waits."""

    node: str
    word: Word
    value: str = ""
    comment: str = ""
    row: int | None = None

    def at(self, node: str) -> Reply:
        """The same to the step with this id."""
        return replace(self, node=node)

    def question(self, open_now: Iterable[PersonAsked]) -> PersonAsked:
        """The one that it answers. Raises ProblemError `cli.*`: several_wait, other_rows_wait, other_steps_wait,
        nothing_waits.
        """
        waiting = list(open_now)
        of_node = [one for one in waiting if one.node == self.node]
        found = [one for one in of_node if self.row is None or row_of(one.scope) == self.row - 1]
        if len(found) == 1:
            return found[0]
        rows = tuple(str(row_of(one.scope) + 1) for one in of_node if row_of(one.scope) >= 0)[:_NAMED]
        if found:
            raise ProblemError(Problem("cli.several_wait", args={"rows": rows, "n": len(found)}))
        if of_node:
            raise ProblemError(Problem("cli.other_rows_wait", args={"row": self.row, "rows": rows}))
        if waiting:
            known = tuple(dict.fromkeys(one.node for one in waiting))
            raise ProblemError(Problem("cli.other_steps_wait", args={"known": known}))
        raise ProblemError(Problem("cli.nothing_waits"))

    def answer(self, question: PersonAsked) -> Answer:
        """Raises ProblemError `cli.wrong_answer`, `cli.bad_edit`."""
        decisions = _DECISIONS[question.about]
        decision = decisions.get(self.word)
        if decision is None or (decision == "edited" and not question.may_edit):
            known = tuple(word for word in WORDS[question.about] if word != "--edit" or question.may_edit)
            raise ProblemError(Problem("cli.wrong_answer", args={"word": f"--{self.word}", "known": known}))
        value = _edited(self.value, question.value) if decision == "edited" else question.value
        return Answer(decision, value, self.comment, who(), now())


def _edited(words: str, before: Json) -> Json:
    if isinstance(before, str):
        return words
    try:
        return json.loads(words)
    except (ValueError, RecursionError) as error:
        raise ProblemError(Problem("cli.bad_edit", args={"detail": str(error)})) from error


def who() -> str:
    """The account's name; in a container there may be none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def now() -> str:
    """ISO 8601 with zone."""
    return dt.datetime.now().astimezone().isoformat(timespec="seconds")
