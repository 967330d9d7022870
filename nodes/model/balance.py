"""Balance: several accounts or servers share the work."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from app.sdk.context import RunContext
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.fields import SMALL, STRONG, ModelChoice, RowsField, TextField
from app.sdk.gateway import Load
from app.sdk.lit_path import Turn, broke_off
from app.sdk.model_rows import Weighted, too_few
from app.sdk.node_type import ByPort, Fault, NodeType, Stage
from app.sdk.ports import Port, Ports
from app.sdk.question import Asking, QuestionFields, named, question_faults
from app.sdk.reference_ports import grown_inputs
from app.sdk.references import fill
from app.sdk.verdict import Reason

Numbered: TypeAlias = tuple[int, Weighted]

_IDLE = Load()
# It isn't there, or lets nobody in: others may be, and do.
_AWAY = frozenset(
    f"model.{code}"
    for code in (
        *("unreachable", "server_error", "host_crashed", "host_killed", "host_failed", "load_failed"),
        *("key_refused", "key_wanted", "no_access", "no_balance", "region_refused", "wrong_address"),
        *("missing", "retired", "replaced", "misspelt", "known_elsewhere", "file_missing"),
    )
)


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
    """Shares the calls out over several accounts or servers, by their shares and by what each has to do. One that asked
    to wait gets nothing while another is free. One that can't be reached, refuses its key, has no money left or doesn't
    have the model is left out for a while, longer each time, and the next one answers.

    What belongs together can stay together, such as the turns of a conversation: providers charge less for a beginning
    that they have just read. If the one that had it before is busy, another one takes over.

    It shares work that any of them could do, so an answer that one has given counts for all. To go to another one only
    after an error, take "Fallback".

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
        kept, asking = fill(fields.together, inputs).strip(), Asking(fields, inputs, ctx)
        path: list[Turn] = []
        failed: set[int] = set()
        while True:
            tier, row, reason = _chosen(fields, kept, ctx, failed)
            model, connection = named(ctx, row.model)
            ctx.light([*path, Turn(tier, model, connection, "asked", (reason,))])
            try:
                answer = (await asking.ask(row.model, tier)).or_fail()
            except NodeError as error:
                path.append(broke_off(tier, model, connection, error))
                ctx.light(path)
                failed.add(tier)
                if error.code not in _AWAY:
                    raise
                if seconds := ctx.spread.failed(str(tier)):
                    ctx.tell("balance.left_out", model=model, connection=connection, seconds=round(seconds))
                if failed.issuperset(number for number, _ in _there(fields, ctx)):
                    raise
                continue
            ctx.spread.answered(str(tier))
            ctx.light([*path, Turn(tier, answer.model or model, connection, "answered", (reason,))])
            return BalanceOutputs(answer.value, answer.model or model, connection)


def _there(fields: BalanceFields, ctx: RunContext) -> list[Numbered]:
    """Those that are set up here; where none is, the first says what is wrong."""
    rows = list(enumerate(fields.models, 1))
    return [one for one in rows if ctx.models.facts(one[1].model) is not None] or rows[:1]


def _chosen(
    fields: BalanceFields, kept: str, ctx: RunContext, failed: Container[int]
) -> tuple[int, Weighted, Reason]:
    """Who gets the next call: its number from 1, its row, and why. `failed` could not answer this one."""
    there = _there(fields, ctx)
    rows = [one for one in there if one[0] not in failed]
    loads = {number: ctx.models.load(row.model) or _IDLE for number, row in rows}
    away = {number: ctx.spread.away(str(number)) for number, _ in rows}
    free = [one for one in rows if loads[one[0]].is_free and not away[one[0]]]
    if free and kept:
        number, row = max(free, key=lambda one: _draw(kept, *one))
        home = max(there, key=lambda one: _draw(kept, *one))[0]
        code = "balance.together" if number == home else "balance.elsewhere"
        return number, row, Reason(code, "passed", {})
    if free:
        shares = {str(number): row.weight for number, row in _with_room(free, loads)}
        number = int(ctx.spread.next(shares))
        load, row = loads[number], fields.models[number - 1]
        args = {"running": load.running, "waiting": load.waiting}
        return number, row, Reason("balance.least", "passed", args)
    wait = {number: max(loads[number].pause, away[number]) for number, _ in rows}
    number, row = min(rows, key=lambda one: (wait[one[0]], (_going(loads[one[0]]) + 1) / one[1].weight))
    return number, row, Reason("balance.soonest", "passed", {"seconds": round(wait[number], 1)})


def _with_room(free: Sequence[Numbered], loads: Mapping[int, Load]) -> Sequence[Numbered]:
    """Those that have less to do than is their part of all that goes on, this call included: at least one. First those
    that would not have more than it with this call.
    """
    calls = 1 + sum(_going(loads[number]) for number, _ in free)
    whole = sum(row.weight for _, row in free)
    within = [one for one in free if (_going(loads[one[0]]) + 1) * whole <= calls * one[1].weight]
    return within or [one for one in free if _going(loads[one[0]]) * whole < calls * one[1].weight]


def _going(load: Load) -> int:
    return load.running + load.waiting


def _draw(key: str, number: int, row: Weighted) -> float:
    """A number that the key draws for one of them, the higher the larger its share (weighted rendezvous hashing)."""
    digest = hashlib.sha256(f"{row.model.target}|{number}|{key}".encode(errors="replace")).digest()
    share = (int.from_bytes(digest[:7], "big") + 1) / (1 << 56)
    return share ** (1 / row.weight)
