"""A gate: the checks that an answer must pass, inside a step that has several models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from app.sdk.context import RunContext
from app.sdk.data_types import Value
from app.sdk.fields import STRONG, ModelChoice, ModelField, NumberField, RowsField, TextField, ToggleField
from app.sdk.judging import Rubric, judge
from app.sdk.node_type import Fault
from app.sdk.ports import PortSpec
from app.sdk.question import Answer, QuestionFields
from app.sdk.reference_ports import grown_inputs
from app.sdk.references import fill
from app.sdk.rules import RULE_INPUTS, Exact, Rule, UncheckedPasses, compared_with, rule_faults, try_rule
from app.sdk.verdict import Verdict, overall


@dataclass(frozen=True, slots=True)
class GateFields(QuestionFields):
    """A question whose answers are checked."""

    rules: Annotated[
        tuple[Rule, ...],
        RowsField(
            label="An answer is good enough if",
            help="It must keep every rule. They cost nothing.",
            item="rule",
        ),
    ] = (Rule(),)
    least_confidence: Annotated[
        float,
        NumberField(
            label="Least confidence",
            help="Where the model gives one; a model that answers in words has none.",
            minimum=0,
            maximum=1,
            step=0.05,
            slider=True,
            shown_if=("answer", ("label",)),
        ),
    ] = 0.0
    judged: Annotated[
        bool,
        ToggleField(
            label="Let a model judge it too", help="Only what keeps the rules. Each judgement is a paid call."
        ),
    ] = False
    rubric: Annotated[
        str,
        TextField(
            label="Rubric",
            placeholder="5: answers {{text}} correctly and kindly. 1: wrong or rude.",
            lines=4,
            references=True,
            shown_if=("judged", (True,)),
        ),
    ] = ""
    judge: Annotated[
        ModelChoice,
        ModelField(
            label="Judge",
            help="Better not one of those that answer.",
            shown_if=("judged", (True,)),
        ),
    ] = STRONG
    pass_mark: Annotated[
        int,
        NumberField(label="Passes from", help="1 to 5.", minimum=1, maximum=5, shown_if=("judged", (True,))),
    ] = 4
    exact: Exact = False
    unchecked_passes: UncheckedPasses = False


BEST = 5  # of a judge's scores
_OWN = ("value", "confidence")  # what the rules look at: the answer, and how sure its model is


def gate_inputs(fields: GateFields, *more: str) -> tuple[PortSpec, ...]:
    """The inputs that the question and its checks want, and those of `more` texts."""
    used = {rule.rule for rule in fields.rules} - {"confidence"}
    fixed = tuple(port for rule, port in RULE_INPUTS.items() if rule in used)
    asked = grown_inputs(fields.prompt, fields.system, *more)
    rubric = (fields.rubric,) if fields.judged else ()
    taken = (*_OWN, *(port.name for port in (*asked, *fixed)))
    grown = grown_inputs(*map(compared_with, fields.rules), *rubric, beside=taken)
    names = {port.name for port in fixed}
    return (*(port for port in asked if port.name not in names), *fixed, *grown)


def gate_faults(fields: GateFields) -> tuple[Fault, ...]:
    """What is wrong with the checks."""
    found = [
        ("rules", code, {"row": row, **args})
        for row, rule in enumerate(fields.rules, 1)
        for code, args in rule_faults(rule)
    ]
    if not fields.rules and not fields.judged and not fields.least_confidence:
        found.append(("rules", "gate.nothing_decides", {}))
    if fields.judged and not fields.rubric.strip():
        found.append(("rubric", "gate.no_rubric", {}))
    return tuple(found)


async def try_gate(
    fields: GateFields, answer: Answer, inputs: Mapping[str, Value], ctx: RunContext, tier: int
) -> Verdict:
    """Whether an answer is good enough. Raises NodeError `reference.*`, and `model.*` of the judge."""
    if answer.fault:
        return Verdict("failed", (answer.fault,))
    about = {**inputs, "value": answer.value, "confidence": answer.confidence}
    reasons = tuple(try_rule(rule, about, exact=fields.exact) for rule in fields.rules)
    if fields.least_confidence and answer.confidence is not None:
        sure = Rule("confidence", at_least=fields.least_confidence)
        reasons = (try_rule(sure, about), *reasons)
    if not fields.judged:
        return Verdict(overall(reasons), reasons)
    so_far = Verdict(overall(reasons), reasons)
    if reasons and not so_far.lets_pass(unchecked=fields.unchecked_passes):
        return so_far  # what breaks a rule is not worth a judge
    rubric = Rubric(fill(fields.rubric, about), BEST, fields.pass_mark)
    judged = (await judge(ctx.models, fields.judge, rubric, answer.value, tier, "check")).verdict
    both = (*reasons, *judged.reasons)
    return Verdict(overall(both), both, judged.score)


def gate_models(fields: GateFields) -> tuple[ModelChoice, ...]:
    """The judge, where there is one."""
    return (fields.judge,) if fields.judged else ()
