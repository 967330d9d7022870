"""Balance: several accounts or servers share the work."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated

from app.sdk.context import RunContext
from app.sdk.data_types import Value
from app.sdk.fields import SMALL, STRONG, ModelChoice, RowsField, TextField
from app.sdk.gateway import Load
from app.sdk.lit_path import Turn
from app.sdk.model_rows import Weighted, too_few
from app.sdk.node_type import ByPort, Fault, NodeType, Stage
from app.sdk.ports import Port, Ports
from app.sdk.question import Asking, QuestionFields, named, question_faults
from app.sdk.reference_ports import grown_inputs
from app.sdk.references import fill
from app.sdk.verdict import Reason

_IDLE = Load()


@dataclass(frozen=True, slots=True)
class BalanceFields(QuestionFields):
    models: Annotated[
        tuple[Weighted, ...],
        RowsField(
            label="Who shares the work",
            help="The same model of several accounts or servers, as a rule.",
            item="model",
            required=True,
        ),
    ] = (Weighted(SMALL), Weighted(STRONG))
    together: Annotated[
        str,
        TextField(
            label="Keep together",
            help="Equal values go to the same one while it is free: it still knows the beginning, which costs less.",
            placeholder="{{conversation}}",
            references=True,
        ),
    ] = ""


@dataclass(frozen=True, slots=True)
class BalanceOutputs:
    answer: Annotated[Value, Port("Answer", "any", main=True)]
    model: Annotated[str, Port("Model that answered", "text", quiet=True)]
    connection: Annotated[str, Port("Account that answered", "text", quiet=True)]


class Balance(NodeType[BalanceFields, ByPort, BalanceOutputs]):
    """Shares the calls out over several accounts or servers: each goes to the one that has least to do. One that asked
    to wait gets nothing while another is free, and one that isn't there is left out.

    What belongs together can stay together, such as the turns of a conversation: providers charge less for a beginning
    that they have just read. If the one that had it before is busy, another one takes over.

    It shares work that any of them could do. To go to another one only after an error, take "Fallback".

    Example: two keys of the same provider, 60 requests a minute each, give 120.
    """

    id = "model.balance"
    title = "Balance"
    summary = "Accounts share the work"
    kind = "model"
    category = "models"
    icon = "shuffle"
    effect = "model"
    random = True
    cached = "calls"
    one_model_serves = True
    models_are_alike = True

    @classmethod
    def ports(cls, fields: BalanceFields) -> Ports:
        return Ports(inputs=grown_inputs(fields.prompt, fields.system, fields.together))

    @classmethod
    def models(cls, fields: BalanceFields) -> tuple[ModelChoice, ...]:
        return tuple(row.model for row in fields.models)

    @classmethod
    def stages(cls, fields: BalanceFields) -> tuple[Stage, ...]:
        by_share = tuple(row.model for row in fields.models for _ in range(row.weight))
        return (Stage((by_share,)),)

    @classmethod
    def headline(cls, fields: BalanceFields) -> str:
        return " ".join(fields.prompt.split())[:80]

    @classmethod
    def check(cls, fields: BalanceFields) -> tuple[Fault, ...]:
        return (*question_faults(fields), *too_few(fields.models))

    async def run(self, fields: BalanceFields, inputs: ByPort, ctx: RunContext) -> BalanceOutputs:
        kept, prompt = fill(fields.together, inputs).strip(), fill(fields.prompt, inputs)
        tier, row, reason = _chosen(fields, kept, prompt, ctx)
        model, connection = named(ctx, row.model)
        ctx.light([Turn(tier, model, connection, "asked", (reason,))])
        answer = (await Asking(fields, inputs, ctx).ask(row.model, tier)).or_fail()
        ctx.light([Turn(tier, answer.model or model, connection, "answered", (reason,))])
        return BalanceOutputs(answer.value, answer.model or model, connection)


def _chosen(fields: BalanceFields, kept: str, prompt: str, ctx: RunContext) -> tuple[int, Weighted, Reason]:
    """Who gets the next call: its number from 1, its row, and why."""
    here = [(n, row) for n, row in enumerate(fields.models, 1) if ctx.models.facts(row.model) is not None]
    rows = here or list(enumerate(fields.models, 1))  # where none is there, the first says what is wrong
    loads = {number: ctx.models.load(row.model) or _IDLE for number, row in rows}
    free = [(number, row) for number, row in rows if loads[number].is_free]
    if free and kept:
        number, row = max(free, key=lambda one: _draw(kept, *one))
        home = max(rows, key=lambda one: _draw(kept, *one))[0]
        code = "balance.together" if number == home else "balance.elsewhere"
        return number, row, Reason(code, "passed", {})
    if free:
        number, row = min(free, key=lambda one: (_busy(loads[one[0]], one[1]), -_draw(prompt, *one)))
        load = loads[number]
        return (
            number,
            row,
            Reason("balance.least", "passed", {"running": load.running, "waiting": load.waiting}),
        )
    number, row = min(rows, key=lambda one: (loads[one[0]].pause, _busy(loads[one[0]], one[1])))
    return number, row, Reason("balance.soonest", "passed", {"seconds": round(loads[number].pause, 1)})


def _busy(load: Load, row: Weighted) -> float:
    """What one has to do, for each share of the work that it takes."""
    return (load.running + load.waiting + 1) / row.weight


def _draw(key: str, number: int, row: Weighted) -> float:
    """A number that the key draws for one of them, the higher the larger its share (weighted rendezvous hashing)."""
    digest = hashlib.sha256(f"{row.model.target}|{number}|{key}".encode(errors="replace")).digest()
    share = (int.from_bytes(digest[:7], "big") + 1) / (1 << 56)
    return share ** (1 / row.weight)
