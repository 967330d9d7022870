"""Judge: a model scores a text against a rubric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from app.sdk.context import RunContext
from app.sdk.data_types import Value
from app.sdk.fields import STRONG, ModelChoice, ModelField, NumberField, TextField, ToggleField
from app.sdk.judging import Rubric, judge
from app.sdk.node_type import ByPort, Fault, NodeType
from app.sdk.ports import SKIP, Port, Ports, PortSpec, Skip
from app.sdk.reference_ports import grown_inputs
from app.sdk.references import fill


@dataclass(frozen=True, slots=True)
class JudgeFields:
    rubric: Annotated[
        str,
        TextField(
            label="Rubric",
            help="What makes it good, what makes it bad. {{name}} brings in another value.",
            placeholder="5: answers the question {{question}} and is kind. 1: misses it or is rude.",
            lines=6,
            references=True,
            required=True,
        ),
    ] = ""
    model: Annotated[
        ModelChoice, ModelField(label="Model", help="Better not the one that wrote the text.")
    ] = STRONG
    best: Annotated[int, NumberField(label="Best score", help="1 is the worst.", minimum=2, maximum=100)] = 5
    pass_mark: Annotated[int, NumberField(label="Passes from", minimum=1, maximum=100)] = 4
    hand_on: Annotated[
        bool,
        ToggleField(
            label="If it fails, hand on another value",
            help="Such as the original question, for a stronger model. Joined to “If it fails”.",
        ),
    ] = False
    unchecked_passes: Annotated[
        bool,
        ToggleField(
            label="Let pass what could not be judged",
            help="Otherwise it counts as failed: a judge whose answer can't be read is no pass.",
            advanced=True,
        ),
    ] = False


@dataclass(frozen=True, slots=True)
class JudgeOutputs:
    passed: Annotated[Value | Skip, Port("Passed", "any", tone="pass", main=True)]
    failed: Annotated[Value | Skip, Port("Failed", "any", tone="fail")]
    score: Annotated[Value | Skip, Port("Score", "number", quiet=True)]
    comment: Annotated[Value | Skip, Port("Why", "text", quiet=True)]
    verdict: Annotated[Mapping[str, Value], Port("Verdict", "verdict", quiet=True)]


class Judge(NodeType[JudgeFields, ByPort, JudgeOutputs]):
    """Lets a model score a text by your rubric. From the pass mark on it leaves by "Passed", below it by "Failed", and
    "Why" holds the judge's reason. Each judgement is a call and costs what the call costs.

    A judge is a model too: it errs. Try it on texts whose worth you know before you rely on it. A judge whose answer
    can't be read has not checked anything, which counts as failed unless you say otherwise. The small model on this
    computer is no judge; choose a strong one.

    Example: rubric "5: answers {{question}} correctly and kindly. 3: correct but curt. 1: wrong", best score 5, passes
    from 4.
    """

    id = "verifier.judge"
    title = "Judge"
    summary = "A model scores by a rubric"
    kind = "verifier"
    category = "checks"
    icon = "scale"
    effect = "model"

    @classmethod
    def ports(cls, fields: JudgeFields) -> Ports:
        instead = (PortSpec("instead", "If it fails", "any"),) if fields.hand_on else ()
        grown = grown_inputs(fields.rubric, beside=("value", "instead"))
        return Ports(inputs=(PortSpec("value", "Text", "any"), *instead, *grown))

    @classmethod
    def headline(cls, fields: JudgeFields) -> str:
        return f"≥ {fields.pass_mark} / {fields.best}"

    @classmethod
    def check(cls, fields: JudgeFields) -> tuple[Fault, ...]:
        if fields.pass_mark <= fields.best:
            return ()
        return (("pass_mark", "judge.mark_out_of_reach", {"mark": fields.pass_mark, "best": fields.best}),)

    async def run(self, fields: JudgeFields, inputs: ByPort, ctx: RunContext) -> JudgeOutputs:
        rubric = Rubric(fill(fields.rubric, inputs), fields.best, fields.pass_mark)
        judged = await judge(ctx.models, fields.model, rubric, inputs["value"])
        passes = judged.verdict.lets_pass(unchecked=fields.unchecked_passes)
        handed_on = inputs["instead"] if fields.hand_on else inputs["value"]
        return JudgeOutputs(
            passed=inputs["value"] if passes else SKIP,
            failed=SKIP if passes else handed_on,
            score=SKIP if judged.score is None else judged.score,
            comment=SKIP if judged.why is None else judged.why,
            verdict=judged.verdict.to_value(),
        )
