"""A person's decisions in the terminal: approve, edit or reject what steps show, one after the other."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import getpass
import json
import sys
from collections.abc import Callable, Iterable

from app.cli.keyboard import Keyboard
from app.cli.terminal import BOLD, colour, plain, plain_lines
from app.document.workflow import Json
from app.engine import RunHandle
from app.events.run_events import PersonAsked
from app.sdk.context import Answer, Decision
from app.texts import text

_KEYS: dict[str, Decision] = {"a": "approved", "e": "edited", "r": "rejected"}


class Desk:
    """Asks while the run goes on. `gone` is called when there is nobody any more who could answer."""

    def __init__(
        self, handle: RunHandle, title: Callable[[str], str], gone: Callable[[PersonAsked], None]
    ) -> None:
        self._handle = handle
        self._title = title
        self._gone = gone
        self._keyboard = Keyboard()
        self._asking: PersonAsked | None = None
        self._answered: PersonAsked | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_asking(self) -> bool:
        return self._task is not None and not self._task.done()

    def show(self, questions: Iterable[PersonAsked]) -> None:
        """Asks the first of the questions that are open now; one that can wait no longer is let go."""
        still_open = [question for question in questions if question is not self._answered]
        if self.is_asking and any(question is self._asking for question in still_open):
            return
        self._let_go()
        if still_open:
            self._asking = still_open[0]
            self._task = asyncio.get_running_loop().create_task(self._ask(still_open[0]))

    async def close(self) -> None:
        """The run is over, and nothing is asked any more."""
        self._let_go()
        if self._task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def _let_go(self) -> None:
        if self._task is not None and not self._task.done():
            _say("")  # the cursor stands behind a prompt
            self._task.cancel()

    async def _ask(self, question: PersonAsked) -> None:
        try:
            answer = await _ask(question, self._title(question.node), self._keyboard)
        except EOFError:
            _say("")
            self._gone(question)
            return
        self._answered = question
        self._handle.answer(question.node, question.scope, answer)


async def _ask(question: PersonAsked, step: str, keyboard: Keyboard) -> Answer:
    """Raises EOFError when the keyboard has gone."""
    _say(
        "\n" + colour(text("cli.ask.title", step=plain(step), title=plain(question.title)), BOLD, sys.stderr)
    )
    if question.instructions:
        _say(_indented(question.instructions))
    shown = (
        question.value
        if isinstance(question.value, str)
        else json.dumps(question.value, ensure_ascii=False, indent=2)
    )
    _say(_indented(shown))
    decision = await _decide(keyboard, may_edit=question.may_edit)
    value = await _edited(keyboard, question.value) if decision == "edited" else question.value
    comment = await _prompt(keyboard, text("cli.ask.comment"))
    now = dt.datetime.now().astimezone().isoformat(timespec="seconds")
    return Answer(decision, value, comment, _who(), now)


async def _decide(keyboard: Keyboard, *, may_edit: bool) -> Decision:
    prompt = text("cli.ask.choices" if may_edit else "cli.ask.approve_or_reject")
    while True:
        decision = _KEYS.get((await _prompt(keyboard, prompt)).strip().lower()[:1])
        if decision and (may_edit or decision != "edited"):
            return decision


async def _edited(keyboard: Keyboard, before: Json) -> Json:
    while True:
        words = await _prompt(keyboard, text("cli.ask.new_value"))
        if isinstance(before, str):
            return words
        try:
            return json.loads(words)
        except (ValueError, RecursionError) as error:
            _say(str(error))


async def _prompt(keyboard: Keyboard, words: str) -> str:
    sys.stderr.write(words)
    sys.stderr.flush()
    return await keyboard.line()


def _who() -> str:
    """The account's name; in a container there may be none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _say(words: str) -> None:
    sys.stderr.write(words + "\n")


def _indented(words: str) -> str:
    return "\n".join("  " + line for line in plain_lines(words).split("\n"))
