"""Smart pick: one of several models, chosen for each input."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal, TypeAlias

from app.sdk.context import RunContext
from app.sdk.data_types import Value
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
)
from app.sdk.lit_path import Turn
from app.sdk.model_rows import ModelRow, too_few
from app.sdk.node_type import ByPort, Fault, NodeType, Stage
from app.sdk.picking import Evidence, Picked, PickRule, by_evidence, by_rules
from app.sdk.ports import Port, Ports
from app.sdk.question import Asking, QuestionFields, named, question_faults
from app.sdk.reference_ports import grown_inputs
from app.sdk.references import fill
from app.sdk.router import Router, by_router, router_of

How: TypeAlias = Literal["rules", "learned", "trained"]

_BY_TABLE = ("learned", "trained")


@dataclass(frozen=True, slots=True)
class PickFields(QuestionFields):
    how: Annotated[
        How,
        ChoiceField(
            label="Pick",
            options=(
                Option("rules", "by rules"),
                Option("learned", "by what was seen", "The cheapest model that passed often enough."),
                Option(
                    "trained",
                    "by what past runs taught",
                    "The cheapest model that likely passes on this very text. By the rules until enough was seen.",
                ),
            ),
        ),
    ] = "rules"
    rules: Annotated[
        tuple[PickRule, ...],
        RowsField(
            label="Rules",
            help="The first one that holds decides.",
            item="rule",
            shown_if=("how", ("rules", "trained")),
        ),
    ] = (PickRule(),)
    models: Annotated[
        tuple[ModelRow, ...],
        RowsField(label="Models, the cheapest first", item="model", shown_if=("how", _BY_TABLE)),
    ] = (ModelRow(SMALL), ModelRow(STRONG))
    wanted: Annotated[
        float,
        NumberField(
            label="Must pass at least",
            help="The share of answers that pass the checks behind this step.",
            minimum=0,
            maximum=1,
            step=0.05,
            slider=True,
            shown_if=("how", _BY_TABLE),
        ),
    ] = 0.8
    evidence: Annotated[
        tuple[Evidence, ...],
        RowsField(
            label="What was seen",
            help="How often each model passed the checks, by what you saw in earlier runs.",
            item="line",
            shown_if=("how", ("learned",)),
            advanced=True,
        ),
    ] = ()
    router: Annotated[
        str,
        TextField(
            label="What it has learned",
            help="Filled in by “Learn from past runs”. Words stand in it only as numbers.",
            lines=3,
            monospace=True,
            shown_if=("how", ("trained",)),
            advanced=True,
        ),
    ] = ""
    otherwise: Annotated[
        ModelChoice, ModelField(label="Otherwise ask", help="Where no rule holds, or too little is known.")
    ] = SMALL


@dataclass(frozen=True, slots=True)
class PickOutputs:
    answer: Annotated[Value, Port("Answer", "any", main=True)]
    model: Annotated[str, Port("Model that answered", "text", quiet=True)]


class Pick(NodeType[PickFields, ByPort, PickOutputs]):
    """Picks one model for each input and asks it. It decides by your rules, such as "the length is at least 1000", or
    by what earlier runs have shown.

    What it goes by then is a table: for each model and each kind of input (how long, how it is written), how many
    answers were checked and how many passed. It takes the cheapest model whose share surely reaches what you want; 38
    of 40 count for more than 4 of 4. With fewer than ten answers it says that it doesn't know and asks the model under
    "Otherwise ask".

    It can also learn from past runs of this workflow: which model passed the checks behind it on which texts, in this
    step, in a Cascade or in a model step with the same prompt. Press "Learn from past runs" for that. It then takes the
    cheapest model that likely passes on the very text at hand; until ten answers of a model were checked, the rules
    decide.

    What it goes by changes only when you change it or let it learn again, so the same input always goes to the same
    model until then. Why a model was picked stands in the step's path, and the kind of the input with it.

    Example: rules "the length is at least 1000: strong" and "the writing is chinese: Qwen", otherwise small.
    """

    id = "model.pick"
    title = "Smart pick"
    summary = "The right model for each input"
    kind = "model"
    category = "models"
    icon = "route"
    effect = "model"
    random = True
    cached = "calls"

    @classmethod
    def ports(cls, fields: PickFields) -> Ports:
        rules = fields.rules if fields.how != "learned" else ()
        looked_at = [text for rule in rules for text in _texts(rule)]
        return Ports(inputs=grown_inputs(fields.prompt, fields.system, *looked_at))

    @classmethod
    def models(cls, fields: PickFields) -> tuple[ModelChoice, ...]:
        rules = [row.model for row in fields.rules] if fields.how != "learned" else []
        table = [row.model for row in fields.models] if fields.how != "rules" else []
        return tuple(dict.fromkeys((*table, *rules, fields.otherwise)))

    @classmethod
    def stages(cls, fields: PickFields) -> tuple[Stage, ...]:
        return (Stage((cls.models(fields),)),)

    @classmethod
    def headline(cls, fields: PickFields) -> str:
        return " ".join(fields.prompt.split())[:80]

    @classmethod
    def check(cls, fields: PickFields) -> tuple[Fault, ...]:
        if fields.how == "learned":
            return (*question_faults(fields), *too_few(fields.models))
        found = question_faults(fields)
        if fields.how == "trained":
            found = (*found, *too_few(fields.models), *_unreadable(fields.router))
        blank = [
            row
            for row, rule in enumerate(fields.rules, 1)
            if rule.look_at == "value" and not rule.what.strip()
        ]
        return (*found, *(("rules", "pick.no_value", {"row": row}) for row in blank))

    async def run(self, fields: PickFields, inputs: ByPort, ctx: RunContext) -> PickOutputs:
        picked = _picked(fields, inputs)
        model, connection = named(ctx, picked.model)
        tier = self.models(fields).index(picked.model) + 1
        ctx.light([Turn(tier, model, connection, "asked", (picked.reason,))])
        answer = (await Asking(fields, inputs, ctx).ask(picked.model, tier)).or_fail()
        ctx.light([Turn(tier, answer.model or model, connection, "answered", (picked.reason,))])
        return PickOutputs(answer.value, answer.model or model)


def _picked(fields: PickFields, inputs: ByPort) -> Picked:
    prompt = fill(fields.prompt, inputs)
    if fields.how == "rules":
        return by_rules(fields.rules, fields.otherwise, prompt, inputs)
    models = [row.model for row in fields.models]
    if fields.how == "trained":
        picked = by_router(models, _router(fields.router), fields.wanted, prompt)
        return picked or by_rules(fields.rules, fields.otherwise, prompt, inputs)
    return by_evidence(models, fields.otherwise, fields.evidence, fields.wanted, prompt)


@lru_cache(maxsize=8)
def _router(text: str) -> Router:
    """Read once for all inputs; what can't be read keeps a workflow from running."""
    try:
        return router_of(text)
    except ValueError:
        return Router()


def _unreadable(text: str) -> tuple[Fault, ...]:
    try:
        router_of(text)
    except ValueError:
        return (("router", "pick.router_unreadable", {}),)
    return ()


def _texts(rule: PickRule) -> tuple[str, ...]:
    return (rule.what, rule.value) if rule.look_at == "value" else (rule.value,)
