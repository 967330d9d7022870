"""Ensemble: several answers to one question, and the one that most agree on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from app.sdk.context import RunContext
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.fields import (
    SMALL,
    STRONG,
    ChoiceField,
    ModelChoice,
    ModelField,
    NumberField,
    Option,
    RowsField,
    TextField,
    ToggleField,
)
from app.sdk.gate import GateFields, gate_faults, gate_inputs, gate_models, try_gate
from app.sdk.judging import pick_best
from app.sdk.lit_path import Turn, broke_off
from app.sdk.members import Said, ask_all, end_all
from app.sdk.model_rows import Member
from app.sdk.node_type import ByPort, Fault, NodeType, Stage
from app.sdk.ports import SKIP, Port, Ports, Skip
from app.sdk.question import Asking, named, question_faults
from app.sdk.reference_ports import grown_inputs
from app.sdk.references import fill
from app.sdk.rules import Rule
from app.sdk.verdict import Reason, Verdict
from app.sdk.voting import Party, Sameness, parties

Deciding: TypeAlias = Literal["majority", "judge", "first"]


_BY_CHECKS, _BY_A_MODEL = ("decide", ("first",)), ("decide", ("judge", "first"))


@dataclass(frozen=True, slots=True)
class EnsembleFields(GateFields):
    rules: Annotated[
        tuple[Rule, ...],
        RowsField(
            label="An answer passes if", help="It must keep every rule.", item="rule", shown_if=_BY_CHECKS
        ),
    ] = (Rule(),)
    judged: Annotated[
        bool, ToggleField(label="Let a model judge it too", help="By the rubric.", shown_if=_BY_CHECKS)
    ] = False
    rubric: Annotated[
        str,
        TextField(
            label="Rubric",
            help="What makes an answer good, what makes it bad.",
            lines=4,
            references=True,
            shown_if=_BY_A_MODEL,
        ),
    ] = ""
    judge: Annotated[ModelChoice, ModelField(label="Judge", shown_if=_BY_A_MODEL)] = STRONG
    models: Annotated[
        tuple[Member, ...],
        RowsField(label="Who answers", help="All at the same time.", item="model", required=True),
    ] = (Member(SMALL, 3),)
    decide: Annotated[
        Deciding,
        ChoiceField(
            label="Which answer counts",
            options=(
                Option("majority", "the one that most give"),
                Option("judge", "the one that a model picks", "By your rubric; one more call."),
                Option("first", "the first that passes the checks", "The others are stopped."),
            ),
        ),
    ] = "majority"
    same: Annotated[
        Sameness,
        ChoiceField(
            label="Answers are the same if",
            options=(
                Option("alike", "they read alike", "Capital letters, spaces and a full stop don't count."),
                Option("exact", "every character is the same"),
                Option("field", "one field of them is"),
            ),
            shown_if=("decide", ("majority",)),
        ),
    ] = "alike"
    same_field: Annotated[
        str, TextField(label="Which field", placeholder="total", shown_if=("same", ("field",)))
    ] = ""
    least: Annotated[
        float,
        NumberField(
            label="Least agreement",
            help="The share of all asked that must give the answer.",
            minimum=0,
            maximum=1,
            step=0.05,
            slider=True,
            shown_if=("decide", ("majority",)),
        ),
    ] = 0.5
    variety: Annotated[
        float,
        NumberField(
            label="Variety",
            help="Creativity where one model answers several times; at 0 it would say the same each time.",
            minimum=0,
            maximum=2,
            step=0.1,
            slider=True,
            advanced=True,
        ),
    ] = 0.7


@dataclass(frozen=True, slots=True)
class EnsembleOutputs:
    answer: Annotated[Value | Skip, Port("Answer", "any", tone="pass", main=True)]
    failed: Annotated[Value | Skip, Port("No agreement", "any", tone="fail")]
    agreement: Annotated[Value, Port("Agreement", "number", quiet=True)]
    votes: Annotated[Sequence[Value], Port("All answers", "list", quiet=True)]
    verdict: Annotated[Mapping[str, Value], Port("Verdict", "verdict", quiet=True)]


@dataclass(frozen=True, slots=True)
class _Decision:
    value: Value
    verdict: Verdict
    voters: tuple[int, ...] = ()  # who gave it; the first one counts as the one that answered
    agreement: float | None = None
    unchecked: bool = False  # a person lets pass what could not be checked

    @property
    def passes(self) -> bool:
        return self.verdict.lets_pass(unchecked=self.unchecked)


class Ensemble(NodeType[EnsembleFields, ByPort, EnsembleOutputs]):
    """Asks several models the same, or one model several times, and takes the answer that most of them give. How many
    agree is a confidence: answers that are guessed differ, those that are known don't.

    Instead of the majority, a model can pick the best answer by your rubric, or the first answer that passes the checks
    counts and the others are stopped.

    Who can't answer is counted against the agreement and named. A tie is no agreement: the value leaves by "No
    agreement", and the verdict says that it was a tie. Every answer is a call and costs one.

    Example: five answers of a small model to "Which team should read this: {{message}}", with labels, least agreement
    0.6. What leaves by "No agreement" goes to a person.
    """

    id = "model.ensemble"
    title = "Ensemble"
    summary = "Several answers, one is taken"
    kind = "model"
    category = "models"
    icon = "vote"
    effect = "model"
    random = True
    cached = "calls"

    @classmethod
    def ports(cls, fields: EnsembleFields) -> Ports:
        if fields.decide == "first":
            return Ports(inputs=gate_inputs(fields))
        rubric = (fields.rubric,) if fields.decide == "judge" else ()
        return Ports(inputs=grown_inputs(fields.prompt, fields.system, *rubric))

    @classmethod
    def models(cls, fields: EnsembleFields) -> tuple[ModelChoice, ...]:
        return (*(row.model for row in fields.models), *_judges(fields))

    @classmethod
    def stages(cls, fields: EnsembleFields) -> tuple[Stage, ...]:
        members = tuple((row.model,) for row in fields.models for _ in range(row.times))
        judges = tuple((judge,) for judge in _judges(fields))
        judges *= len(members) if fields.decide == "first" else 1
        return (Stage(members, together=True, may_be_last=False), Stage(judges, judges=len(judges)))

    @classmethod
    def headline(cls, fields: EnsembleFields) -> str:
        return " ".join(fields.prompt.split())[:80]

    @classmethod
    def check(cls, fields: EnsembleFields) -> tuple[Fault, ...]:
        faults = list(question_faults(fields))
        if sum(row.times for row in fields.models) < 2:
            faults.append(("models", "ensemble.too_few", {}))
        if fields.decide == "first":
            faults += gate_faults(fields)
        if fields.decide == "judge" and not fields.rubric.strip():
            faults.append(("rubric", "gate.no_rubric", {}))
        if fields.decide == "majority" and fields.same == "field" and not fields.same_field.strip():
            faults.append(("same_field", "ensemble.no_field", {}))
        return tuple(faults)

    async def run(self, fields: EnsembleFields, inputs: ByPort, ctx: RunContext) -> EnsembleOutputs:
        said, decision = await _Members(fields, inputs, ctx).decide()
        ctx.light([_turn(one, decision) for one in said])
        if missing := [one.model for one in said if one.error]:
            ctx.tell(
                "ensemble.missing", n=len(missing), asked=len(said), models=tuple(dict.fromkeys(missing))
            )
        return EnsembleOutputs(
            answer=decision.value if decision.passes else SKIP,
            failed=SKIP if decision.passes else decision.value,
            agreement=decision.agreement,
            votes=[{"model": one.model, "answer": one.answer.value} for one in said if one.answer],
            verdict=decision.verdict.to_value(),
        )


class _Members:
    """Those who are asked in one instance."""

    def __init__(self, fields: EnsembleFields, inputs: ByPort, ctx: RunContext) -> None:
        self._fields = fields
        self._inputs = inputs
        self._ctx = ctx
        self._asking = Asking(fields, inputs, ctx, show=False)

    async def decide(self) -> tuple[list[Said], _Decision]:
        """What everybody said, in their order, and what counts. Raises NodeError where nobody answered."""
        if self._fields.decide == "first":
            return await self._first()
        tasks = ask_all(self._asking, self._fields.models, self._fields.variety)
        try:
            said = await asyncio.gather(*tasks)
        finally:
            await end_all(tasks)
        answers = [(one.number, one.answer.value) for one in said if one.answer and not one.answer.fault]
        if not answers:
            raise next((one.error for one in said if one.error), NodeError("ensemble.no_answer"))
        if self._fields.decide == "judge":
            return said, await self._judged(answers)
        return said, _majority(
            self._fields, parties(answers, self._fields.same, self._fields.same_field), said
        )

    async def _first(self) -> tuple[list[Said], _Decision]:
        """Answers are checked as they come."""
        tasks = ask_all(self._asking, self._fields.models, self._fields.variety)
        said: dict[int, Said] = {}
        best: _Decision | None = None
        try:
            for coming in asyncio.as_completed(tasks):
                one = await coming
                said[one.number] = one
                if one.answer is None:
                    continue
                verdict = await try_gate(self._fields, one.answer, self._inputs, self._ctx, one.number)
                if verdict.lets_pass(unchecked=self._fields.unchecked_passes):
                    taken = _Decision(one.answer.value, verdict, (one.number,), unchecked=True)
                    return self._with_ended(said), taken
                best = best or _Decision(one.answer.value, verdict)
        finally:
            await end_all(tasks)
        if best is None:
            raise next(one.error for one in said.values() if one.error)
        return self._with_ended(said), best

    def _with_ended(self, said: Mapping[int, Said]) -> list[Said]:
        rows = [row for row in self._fields.models for _ in range(row.times)]
        return [
            said.get(number) or Said(number, *named(self._ctx, row.model))
            for number, row in enumerate(rows, 1)
        ]

    async def _judged(self, answers: Sequence[tuple[int, Value]]) -> _Decision:
        """A model picks one of the answers by the rubric; one that can't be read has picked none."""
        fields = self._fields
        rubric = fill(fields.rubric, self._inputs)
        picked = await pick_best(self._ctx.models, fields.judge, rubric, dict(answers))
        if picked is None:
            unreadable = Reason("judge.unreadable", "not_checked", {})
            return _Decision(answers[0][1], Verdict("not_checked", (unreadable,)))
        number, why = picked
        reason = Reason("ensemble.picked", "passed", {"number": number, "of": len(answers), "why": why})
        return _Decision(dict(answers)[number], Verdict("passed", (reason,)), (number,))


def _judges(fields: EnsembleFields) -> tuple[ModelChoice, ...]:
    if fields.decide == "judge":
        return (fields.judge,)
    return gate_models(fields) if fields.decide == "first" else ()


def _majority(fields: EnsembleFields, found: Sequence[Party], said: Sequence[Said]) -> _Decision:
    best, asked = found[0], len(said)
    share = round(len(best.voters) / asked, 4)
    args = {"votes": len(best.voters), "asked": asked}
    if len(found) > 1 and len(found[1].voters) == len(best.voters):
        verdict = Verdict("failed", (Reason("ensemble.tie", "failed", args),), share)
    else:
        word = "passed" if share >= fields.least else "failed"
        verdict = Verdict(word, (Reason("ensemble.agreement", word, args),), share)
    return _Decision(best.value, verdict, best.voters, share)


def _turn(one: Said, decision: _Decision) -> Turn:
    if one.error:
        return broke_off(one.number, one.model, one.connection, one.error)
    if one.answer is None:
        return Turn(one.number, one.model, one.connection, "ended")
    if one.answer.fault:
        return Turn(one.number, one.model, one.connection, "failed", (one.answer.fault,))
    if one.number not in decision.voters:
        return Turn(one.number, one.model, one.connection, "passed_over")
    if one.number != decision.voters[0] or not decision.passes:
        return Turn(one.number, one.model, one.connection, "agreed")
    return Turn(one.number, one.model, one.connection, "answered", decision.verdict.reasons)
