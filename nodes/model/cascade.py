"""Cascade: the cheap model first, and the next one only where its answer isn't good enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from app.sdk.context import RunContext
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.fields import SMALL, STRONG, ChoiceField, ModelChoice, Option, RowsField, ToggleField
from app.sdk.gate import GateFields, gate_faults, gate_inputs, gate_models, try_gate
from app.sdk.lit_path import Turn, broke_off
from app.sdk.model_rows import ModelRow, too_few
from app.sdk.node_type import ByPort, Fault, NodeType, Stage
from app.sdk.ports import SKIP, Port, Ports, Skip
from app.sdk.question import Answer, Asking, named, question_faults
from app.sdk.verdict import Verdict

# Trying again would not help, and the workflow needs not stand still for it.
_GONE = frozenset(
    f"model.{code}" for code in ("missing", "retired", "replaced", "misspelt", "known_elsewhere")
)

NonePassed: TypeAlias = Literal["failed", "answer", "error"]


@dataclass(frozen=True, slots=True)
class CascadeFields(GateFields):
    models: Annotated[
        tuple[ModelRow, ...],
        RowsField(
            label="Models, the cheapest first",
            help="The next one is asked only if the answer before isn't good enough.",
            item="model",
            required=True,
        ),
    ] = (ModelRow(SMALL), ModelRow(STRONG))
    none_passed: Annotated[
        NonePassed,
        ChoiceField(
            label="If no answer is good enough",
            options=(
                Option("failed", "the last one leaves by “Not good enough”"),
                Option("answer", "the last one leaves by “Answer”", "The verdict still says that it failed."),
                Option("error", "the step fails"),
            ),
            advanced=True,
        ),
    ] = "failed"
    on_error: Annotated[
        bool,
        ToggleField(
            label="Ask the next one if a model can't answer",
            help="At once, instead of trying the same one again.",
            advanced=True,
        ),
    ] = False


@dataclass(frozen=True, slots=True)
class CascadeOutputs:
    answer: Annotated[Value | Skip, Port("Answer", "any", tone="pass", main=True)]
    failed: Annotated[Value | Skip, Port("Not good enough", "any", tone="fail")]
    model: Annotated[str, Port("Model that answered", "text", quiet=True)]
    tier: Annotated[int, Port("Its place", "number", quiet=True)]
    confidence: Annotated[Value, Port("Confidence", "number", quiet=True)]
    verdict: Annotated[Mapping[str, Value], Port("Verdict", "verdict", quiet=True)]


class Cascade(NodeType[CascadeFields, ByPort, CascadeOutputs]):
    """Asks the cheapest model first and checks its answer. Only if the answer isn't good enough, the next model is
    asked. Most of the time the cheap one will do, and you pay for the strong one only where it is needed. A model that
    its provider doesn't have any more is passed over, and the run says so.

    What is good enough is up to you: the same rules as in Check, which cost nothing, and a model as judge if you like,
    which costs a call. A check that could not run is no pass. With labels as answers, a model that can gives a
    confidence; ask for at least 0.7 of it, for example.

    The card shows the way that each answer took and how often the next model was needed. Every answer is kept by what
    was asked: if you change the strong model or a rule, the cheap answers are not paid again.

    Whether it saves anything depends on how often the cheap answer is good enough, and on what the checks cost. Look at
    the figures before you rely on it.

    Example: prompt "Answer this customer in two sentences: {{message}}", models small and strong, rules "has a length
    from 40 to 400" and "does not contain sorry".
    """

    id = "model.cascade"
    title = "Cascade"
    summary = "Cheap first, then stronger"
    kind = "model"
    category = "models"
    icon = "trending-up"
    effect = "model"
    random = True
    cached = "calls"

    @classmethod
    def ports(cls, fields: CascadeFields) -> Ports:
        return Ports(inputs=gate_inputs(fields))

    @classmethod
    def models(cls, fields: CascadeFields) -> tuple[ModelChoice, ...]:
        return (*(row.model for row in fields.models), *gate_models(fields))

    @classmethod
    def stages(cls, fields: CascadeFields) -> tuple[Stage, ...]:
        judges = tuple((judge,) for judge in gate_models(fields))
        return tuple(Stage(((row.model,), *judges), judges=len(judges)) for row in fields.models)

    @classmethod
    def instead_of(cls, fields: CascadeFields) -> ModelChoice | None:
        return fields.models[-1].model if fields.models else None

    @classmethod
    def headline(cls, fields: CascadeFields) -> str:
        return " ".join(fields.prompt.split())[:80]

    @classmethod
    def check(cls, fields: CascadeFields) -> tuple[Fault, ...]:
        return (*question_faults(fields), *too_few(fields.models), *gate_faults(fields))

    async def run(self, fields: CascadeFields, inputs: ByPort, ctx: RunContext) -> CascadeOutputs:
        asking = Asking(fields, inputs, ctx)
        path: list[Turn] = []
        last: tuple[int, Answer, Verdict] | None = None
        for tier, row in enumerate(fields.models, 1):
            model, connection = named(ctx, row.model)
            answer = None
            try:
                answer = await asking.ask(row.model, tier)
                verdict = await try_gate(fields, answer, inputs, ctx, tier)
            except NodeError as error:
                path.append(broke_off(tier, model, connection, error))
                ctx.light(path)
                is_gone = answer is None and error.code in _GONE
                if not (fields.on_error or is_gone) or tier == len(fields.models):
                    raise
                if is_gone:
                    ctx.tell("cascade.model_gone", model=model, connection=connection)
                continue
            last = tier, answer, verdict
            passes = verdict.lets_pass(unchecked=fields.unchecked_passes)
            outcome = (
                "answered" if passes else "not_checked" if verdict.verdict == "not_checked" else "failed"
            )
            reasons = tuple(one for one in verdict.reasons if passes or one.verdict != "passed")
            path.append(Turn(tier, answer.model or model, connection, outcome, reasons))
            ctx.light(path)
            if passes:
                return _outputs(last, passes=True)
        if last is None:
            raise NodeError("cascade.no_models")
        return self._none_passed(fields, last, ctx)

    def _none_passed(
        self, fields: CascadeFields, last: tuple[int, Answer, Verdict], ctx: RunContext
    ) -> CascadeOutputs:
        if fields.none_passed == "error":
            raise NodeError("cascade.none_passed", models=len(fields.models))
        ctx.tell("cascade.none_passed", models=len(fields.models))
        return _outputs(last, passes=fields.none_passed == "answer")


def _outputs(last: tuple[int, Answer, Verdict], *, passes: bool) -> CascadeOutputs:
    tier, answer, verdict = last
    return CascadeOutputs(
        answer=answer.value if passes else SKIP,
        failed=SKIP if passes else answer.value,
        model=answer.model,
        tier=tier,
        confidence=answer.confidence,
        verdict=verdict.to_value(),
    )
