"""A person's decisions in the terminal: what steps show, and whether a run may spend more, one after the other."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias, cast

from app.cli.amounts import amount_of
from app.cli.keyboard import Keyboard
from app.cli.record_questions import GetInputs, lines_about
from app.cli.replies import WORDS, now, who
from app.cli.sentences import sentence_of
from app.cli.terminal import BOLD, colour, plain, plain_lines
from app.costs.limits import Span
from app.document.problem import ProblemError
from app.document.workflow import Json
from app.engine import RunHandle
from app.events.run_events import About, BudgetReached, PersonAsked
from app.events.run_state import RunState, row_of
from app.sdk.context import Answer, Decision
from app.texts import text

Open: TypeAlias = PersonAsked | BudgetReached

_KEYS: dict[str, Decision] = {"a": "approved", "e": "edited", "r": "rejected"}
# Questions of ours, about what was recorded of a step.
_KEYS_ABOUT: Mapping[About, Mapping[str, Decision]] = {
    "effect": {"i": "approved", "a": "rejected"},
    "inputs": {"k": "approved", "r": "rejected"},
    "version": {"k": "approved", "r": "rejected"},
}


class Desk:
    """Asks while the run goes on."""

    def __init__(
        self, handle: RunHandle, title: Callable[[str], str], inputs: GetInputs, out: Path | None = None
    ) -> None:
        """`inputs` gives what an instance was given, `out` is where the results are to be written."""
        self._handle = handle
        self._out = out
        self._title = title
        self._inputs = inputs
        self._keyboard = Keyboard()
        self._asking: Open | None = None
        self._answered: Open | None = None
        self._task: asyncio.Task[None] | None = None
        self._alone = False

    @property
    def is_asking(self) -> bool:
        return self._task is not None and not self._task.done()

    def show(self, open_now: Sequence[Open]) -> None:
        """Asks the first of what is open now; what needs no answer any more is let go."""
        still_open = [] if self._alone else [what for what in open_now if what is not self._answered]
        if self.is_asking and any(what is self._asking for what in still_open):
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

    async def _ask(self, what: Open) -> None:
        step = self._title(what.node)
        try:
            if isinstance(what, PersonAsked):
                if what.about in ("", "tool"):
                    answer = await _decision(what, step, self._keyboard)
                else:
                    _say("\n" + "\n".join(lines_about(what, step, self._inputs)))
                    answer = await _decision_about(what, self._keyboard)
                self._handle.answer(what.node, what.scope, answer)
            else:
                self._go_on(what, await _new_cap(what, step, self._keyboard))
            self._answered = what
        except EOFError:
            self._alone = True
            _say("")
            leave(self._handle, what, step, self._inputs, self._out)

    def _go_on(self, reached: BudgetReached, cap: Decimal | None) -> None:
        if cap is None:
            self._handle.stop("paused")
        elif reached.limit:
            try:
                self._handle.raise_limit(cast("Span", reached.limit), reached.connection, cap)
            except OSError as error:
                _say(str(error))
                self._handle.stop("paused")
        else:
            self._handle.raise_budget(cap)


def open_of(state: RunState) -> list[Open]:
    """What only somebody from outside can settle, people's questions first."""
    reached = state.budget_reached if state.status == "paused" else None
    return [*state.questions.values(), *([reached] if reached else [])]


def leave(handle: RunHandle, what: Open, step: str, inputs: GetInputs, out: Path | None = None) -> None:
    """Ends a run that can't go on here, and says why and how it can go on later."""
    more = f" --out {shlex.quote(str(out))}" if out else ""
    if isinstance(what, PersonAsked):
        _say("\n".join([text("cli.waiting", step=step), *lines_about(what, step, inputs)]))
        if handle.is_kept:
            row = row_of(what.scope)
            where = f"{what.node} --row {row + 1}" if row >= 0 else what.node
            words = "|".join(WORDS[what.about] if what.may_edit or what.about else WORDS[""][:2])
            _say(text("cli.waiting.go_on", run=handle.id, where=where, words=words, more=more))
        handle.stop("waiting")
    else:
        _say(why_paused("cli.paused", what, step))
        if handle.is_kept and not what.limit:
            _say(text("cli.paused.go_on", run=handle.id, more=more))
        elif handle.is_kept:
            option = f"--{what.limit}-limit USD" + (
                f" --connection {shlex.quote(what.connection)}" if what.connection else ""
            )
            _say(text("cli.paused.limit.go_on", run=handle.id, more=more, option=option, renews=what.renews))
        handle.stop("paused")


def why_paused(code: str, reached: BudgetReached, step: str) -> str:
    """Which limit it was, how much of it is left, and when it begins anew."""
    args = {"step": step, "spent": reached.spent, "cap": reached.cap, "needed": reached.needed}
    if not reached.limit:
        return text(code, **args)
    left = max(Decimal(reached.cap) - Decimal(reached.spent), Decimal(0))
    where = {"connection": reached.connection, "renews": reached.renews, "left": str(left)}
    at = "_at" if reached.connection else ""
    return text(f"cli.paused.{reached.limit}{at}", **args, **where)


async def _new_cap(reached: BudgetReached, step: str, keyboard: Keyboard) -> Decimal | None:
    """None: the run is to stay where it is. Raises EOFError when the keyboard has gone."""
    _say("\n" + colour(why_paused("cli.budget.reached", reached, step), BOLD, sys.stderr))
    while words := (await _prompt(keyboard, text("cli.budget.new"))).strip():
        try:
            return amount_of(words)
        except ProblemError as error:
            _say("\n".join(map(sentence_of, error.problems)))
    return None


async def _decision(question: PersonAsked, step: str, keyboard: Keyboard) -> Answer:
    """Raises EOFError when the keyboard has gone."""
    _say(
        "\n" + colour(text("cli.ask.title", step=plain(step), title=plain(question.title)), BOLD, sys.stderr)
    )
    why = text("cli.ask.tool") if question.about == "tool" else question.instructions
    if why:
        _say(_indented(why))
    shown = (
        question.value
        if isinstance(question.value, str)
        else json.dumps(question.value, ensure_ascii=False, indent=2)
    )
    _say(_indented(shown))
    decision = await _decide(keyboard, may_edit=question.may_edit)
    value = await _edited(keyboard, question.value) if decision == "edited" else question.value
    comment = await _prompt(keyboard, text("cli.ask.comment"))
    return Answer(decision, value, comment, who(), now())


async def _decision_about(question: PersonAsked, keyboard: Keyboard) -> Answer:
    """What a step's record is worth. Raises EOFError when the keyboard has gone."""
    prompt = text("cli.ask.happened_or_again" if question.about == "effect" else "cli.ask.keep_or_run")
    keys = _KEYS_ABOUT[question.about]
    decision = None
    while decision is None:
        decision = keys.get((await _prompt(keyboard, prompt)).strip().lower()[:1])
    return Answer(decision, question.value, "", who(), now())


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


def _say(words: str) -> None:
    sys.stderr.write(words + "\n")


def _indented(words: str) -> str:
    return "\n".join("  " + line for line in plain_lines(words).split("\n"))
