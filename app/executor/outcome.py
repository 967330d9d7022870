"""The outcome of an instance: the tokens that leave a step after it gave something, or after it failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from app.costs.cost import Cost
from app.document.workflow import Json
from app.events.run_events import Failure, Scope, Source
from app.executor.failures import failure_of
from app.executor.frontier import Inputs
from app.executor.instance_failed import InstanceFailed
from app.executor.journal import JournalError
from app.executor.values import Token, ValueStore
from app.planner.plan import PlanStep
from app.sdk.data_types import DataType, Value
from app.sdk.errors import NodeError
from app.sdk.ports import ERROR_PORT, SKIP
from app.sdk.typed_values import EMPTY, typed
from app.sdk.verdict import Reason, Verdict


class Outcome(msgspec.Struct):
    """`tokens` by port; a port without one gets a skip. `stops`: the scope ends with this failure. `skip` says why the
    step did nothing at all; `source`, `saved` and `model` are those of a result that was there already.
    """

    tokens: Mapping[str, Token]
    verdict: Mapping[str, Json] | None = None
    failure: Failure | None = None
    stops: bool = False
    skip: str = ""
    source: Source = ""
    saved: Cost | None = None
    model: str = ""
    path: tuple[Mapping[str, Json], ...] = ()
    instead: Cost | None = None


def values_of(step: PlanStep, inputs: Inputs) -> dict[str, Value]:
    """What a step fires with, as the data types that its inputs want. Raises InstanceFailed."""
    name = ""
    values: dict[str, Value] = {}
    try:
        for name, token in inputs.items():
            values[name] = [t.value for t in token] if isinstance(token, list) else token.value
    except Exception as bug:  # what came isn't what the port that it left promised
        port = step.ports.input(name)
        wrong = NodeError("value.wrong_type", port=port.label if port else name)
        raise InstanceFailed(failure_of(wrong)) from bug
    return values


def of_outputs(step: PlanStep, outputs: Mapping[str, Any], store: ValueStore, scope: Scope) -> Outcome:
    """What a step gave. Raises InstanceFailed where it isn't plain data by port name."""
    try:
        return Outcome(*tokens_of(step, outputs, store, scope))
    except JournalError:  # a long list that was recorded can't be read: no mistake of the step's
        raise
    except Exception as bug:
        raise InstanceFailed(failure_of(bug)) from bug


def tokens_of(
    step: PlanStep, outputs: Mapping[str, Any], store: ValueStore, scope: Scope
) -> tuple[dict[str, Token], Mapping[str, Json] | None]:
    """The same as tokens, and the verdict among them. May raise anything."""
    tokens: dict[str, Token] = {}
    verdict: Mapping[str, Json] | None = None
    for port in step.ports.outputs:
        value = outputs.get(port.name, SKIP)
        if value is SKIP:
            continue
        if port.type == "verdict":
            verdict = _verdict(value)
        tokens[port.name] = store.token(value, port.type, scope, step.id, port.name)
    return tokens, verdict


def after_failure(step: PlanStep, failure: Failure, store: ValueStore, scope: Scope) -> Outcome:
    """A joined error port gets the error; else the policy decides. A verifier that broke off has not checked."""
    verdict = _not_checked(failure) if step.gives_verdict else None
    if step.error_joined:
        record = {**_plain(failure), "code": failure.code, "step": step.node.title or step.id}
        tokens = {ERROR_PORT: store.token(record, "record", scope, step.id, ERROR_PORT)}
        return Outcome(tokens, verdict, failure)
    if step.node.on_error.policy == "fallback":
        return Outcome(_fallback(step, verdict, store, scope), verdict, failure)
    return Outcome({}, verdict, failure, stops=step.node.on_error.policy == "stop")


def _fallback(
    step: PlanStep, verdict: Mapping[str, Json] | None, store: ValueStore, scope: Scope
) -> dict[str, Token]:
    """The fallback value on every way but those that say "passed": nobody has found that."""
    tokens: dict[str, Token] = {}
    for port in step.ports.outputs:
        if port.tone != "pass":
            value = verdict if port.type == "verdict" else _as(port.type, step.node.on_error.value)
            tokens[port.name] = store.token(value, port.type, scope, step.id, port.name)
    return tokens


def _as(data_type: DataType, value: Value) -> Value:
    """A person's fallback value as what the port promises; an empty one where it can't be that."""
    try:
        return EMPTY.get(data_type) if value is None else typed(value, data_type)
    except NodeError:
        return EMPTY.get(data_type)


def _verdict(value: Value) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise TypeError("a verdict must be a record")
    return value


def _not_checked(failure: Failure) -> dict[str, Json]:
    return Verdict("not_checked", (Reason("broke_off", "not_checked", {"code": failure.code}),)).to_value()


def _plain(failure: Failure) -> dict[str, Json]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in failure.args.items()}
