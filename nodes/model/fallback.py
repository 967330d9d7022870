"""Fallback: if a model can't answer, the next one does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated

from app.sdk.context import RunContext
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.fields import SMALL, STRONG, ModelChoice, NumberField, RowsField, ToggleField
from app.sdk.lit_path import Turn, broke_off
from app.sdk.model_rows import ModelRow, too_few
from app.sdk.node_type import ByPort, Fault, NodeType, Stage
from app.sdk.ports import Port, Ports
from app.sdk.question import Answer, Asking, QuestionFields, named, question_faults
from app.sdk.reference_ports import grown_inputs

_LONGEST_WAIT = 5.0  # seconds that one waits for a model while another could be asked
# What the next model would answer with too, or what nobody may go round.
_NEVER = frozenset({"model.not_granted", "model.cannot_score"})


@dataclass(frozen=True, slots=True)
class FallbackFields(QuestionFields):
    models: Annotated[
        tuple[ModelRow, ...],
        RowsField(
            label="Models, the preferred one first",
            help="The same model of another account is another one, too.",
            item="model",
            required=True,
        ),
    ] = (ModelRow(SMALL), ModelRow(STRONG))
    tries: Annotated[
        int,
        NumberField(
            label="Tries each",
            help="Before the next one is asked. If a server asks to wait longer, the next one is asked at once.",
            minimum=1,
            maximum=5,
        ),
    ] = 2
    if_not_set_up: Annotated[
        bool,
        ToggleField(
            label="Also if it isn't set up right",
            help="A missing model, a refused key. Otherwise the step fails, so that you hear of it.",
        ),
    ] = True
    if_refused: Annotated[
        bool,
        ToggleField(label="Also if the content is refused", advanced=True),
    ] = False
    if_no_balance: Annotated[
        bool,
        ToggleField(label="Also if there is no money left", advanced=True),
    ] = False


@dataclass(frozen=True, slots=True)
class FallbackOutputs:
    answer: Annotated[Value, Port("Answer", "any", main=True)]
    model: Annotated[str, Port("Model that answered", "text", quiet=True)]
    tier: Annotated[int, Port("Its place", "number", quiet=True)]


class Fallback(NodeType[FallbackFields, ByPort, FallbackOutputs]):
    """Asks the first model; if it can't answer, the next one, and so on. The step's path says who answered and why
    those before did not.

    A time-out, no connection, too many requests or a fault of the server count, each after a few tries. A missing model
    or a refused key counts unless you switch that off. A provider that refuses the content, or an account without
    money, counts only if you say so: then somebody should look.

    It looks at errors only, not at how good an answer is: for that take "Cascade".

    Example: models "Company account · Haiku", then "Own server · Qwen". When the company's provider is overloaded, your
    own server answers.
    """

    id = "model.fallback"
    title = "Fallback"
    summary = "If one fails, the next answers"
    kind = "model"
    category = "models"
    icon = "life-buoy"
    effect = "model"
    random = True
    cached = "calls"
    one_model_serves = True

    @classmethod
    def ports(cls, fields: FallbackFields) -> Ports:
        return Ports(inputs=grown_inputs(fields.prompt, fields.system))

    @classmethod
    def models(cls, fields: FallbackFields) -> tuple[ModelChoice, ...]:
        return tuple(row.model for row in fields.models)

    @classmethod
    def stages(cls, fields: FallbackFields) -> tuple[Stage, ...]:
        return tuple(Stage(((row.model,),)) for row in fields.models)

    @classmethod
    def headline(cls, fields: FallbackFields) -> str:
        return " ".join(fields.prompt.split())[:80]

    @classmethod
    def check(cls, fields: FallbackFields) -> tuple[Fault, ...]:
        return (*question_faults(fields), *too_few(fields.models))

    async def run(self, fields: FallbackFields, inputs: ByPort, ctx: RunContext) -> FallbackOutputs:
        asking = Asking(fields, inputs, ctx)
        path: list[Turn] = []
        for tier, row in enumerate(fields.models, 1):
            model, connection = named(ctx, row.model)
            try:
                answer = await _patiently(fields, asking, row.model, tier)
            except NodeError as error:
                path.append(broke_off(tier, model, connection, error))
                ctx.light(path)
                if tier == len(fields.models) or not _goes_on(fields, error):
                    raise
                continue
            path.append(Turn(tier, answer.model or model, connection, "answered"))
            ctx.light(path)
            if tier > 1:
                ctx.tell("fallback.answered", model=answer.model or model, before=tier - 1)
            return FallbackOutputs(answer.value, answer.model or model, tier)
        raise NodeError("models.too_few", least=2)


async def _patiently(fields: FallbackFields, asking: Asking, model: ModelChoice, tier: int) -> Answer:
    """The answer of one model, which may be tried again before the next one's turn."""
    load = asking.ctx.models.load(model)
    if load and load.pause > _LONGEST_WAIT and tier < len(fields.models):
        _, connection = named(asking.ctx, model)
        raise NodeError("model.too_many_requests", connection=connection, retry_after=load.pause)
    for attempt in range(1, fields.tries + 1):
        try:
            answer = await asking.ask(model, tier)
        except NodeError as error:
            wait = error.retry_after if error.retry_after is not None else 2.0 ** (attempt - 1)
            if not error.may_pass or attempt == fields.tries or wait > _LONGEST_WAIT:
                raise
            await asyncio.sleep(wait)
        else:
            return answer.or_fail()
    raise NodeError("models.too_few", least=2)


def _goes_on(fields: FallbackFields, error: NodeError) -> bool:
    if error.may_pass or error.code in (
        "model.bad_reply",
        "model.too_long",
        "answer.not_json",
        "answer.no_label",
    ):
        return True
    if error.code == "model.refused":
        return fields.if_refused
    if error.code == "model.no_balance":
        return fields.if_no_balance
    is_of_the_model = error.code.startswith(("model.", "connection.", "role."))
    return fields.if_not_set_up and is_of_the_model and error.code not in _NEVER
