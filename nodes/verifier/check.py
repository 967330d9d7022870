"""Check: plain rules that a value must keep, without a model and without cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from app.sdk.context import Surroundings
from app.sdk.data_types import Value
from app.sdk.fields import RowsField, ToggleField
from app.sdk.node_type import ByPort, Fault, NodeType
from app.sdk.ports import SKIP, Port, Ports, PortSpec, Skip
from app.sdk.reference_ports import grown_inputs
from app.sdk.rules import (
    RULE_INPUTS,
    Exact,
    Rule,
    UncheckedPasses,
    compared_with,
    in_short,
    rule_faults,
    try_rule,
)
from app.sdk.verdict import Reason, Verdict, overall


@dataclass(frozen=True, slots=True)
class CheckFields:
    rules: Annotated[
        tuple[Rule, ...], RowsField(label="The value must keep every rule", item="rule", required=True)
    ] = (Rule(),)
    hand_on: Annotated[
        bool,
        ToggleField(
            label="If it fails, hand on another value",
            help="Such as the original message, for a stronger model. Joined to “If it fails”.",
        ),
    ] = False
    exact: Exact = False
    unchecked_passes: UncheckedPasses = False


@dataclass(frozen=True, slots=True)
class CheckOutputs:
    passed: Annotated[Value | Skip, Port("Passed", "any", tone="pass", main=True)]
    failed: Annotated[Value | Skip, Port("Failed", "any", tone="fail")]
    verdict: Annotated[Mapping[str, Value], Port("Verdict", "verdict", quiet=True)]
    broken: Annotated[Sequence[Value], Port("Broken rules", "list", quiet=True)]


class Check(NodeType[CheckFields, ByPort, CheckOutputs]):
    """Checks a value by rules in plain words, one a row. If every rule is kept, the value leaves by "Passed", otherwise
    by "Failed", and the verdict says which rules were broken. It costs nothing.

    Some rules need one more link: "equals the known answer" the answer, "occurs in the source" the source, "confidence
    is at least" the confidence. If one of these is empty, the rule is not checked, which counts as failed unless you
    say otherwise.

    Example: behind Classify intent, the rule "confidence is at least 0.7". What fails goes on to a stronger model:
    switch on "hand on another value" and join the original message, since the stronger model needs it and not the
    doubtful label.

    Example: the rule "equals the known answer", over samples that have answers, measures how good the step before is.
    """

    id = "verifier.check"
    title = "Check"
    summary = "Checks by your rules, free"
    kind = "verifier"
    category = "checks"
    icon = "shield-check"

    @classmethod
    def ports(cls, fields: CheckFields) -> Ports:
        used = {rule.rule for rule in fields.rules}
        inputs = [
            PortSpec("value", "Value", "any"),
            *(port for rule, port in RULE_INPUTS.items() if rule in used),
        ]
        if fields.hand_on:
            inputs.append(PortSpec("instead", "If it fails", "any"))
        taken = ("value", "instead", *(port.name for port in RULE_INPUTS.values()))
        return Ports(inputs=(*inputs, *grown_inputs(*map(compared_with, fields.rules), beside=taken)))

    @classmethod
    def headline(cls, fields: CheckFields) -> str:
        return " · ".join(filter(None, map(in_short, fields.rules)))

    @classmethod
    def check(cls, fields: CheckFields) -> tuple[Fault, ...]:
        found = ((row, fault) for row, rule in enumerate(fields.rules, 1) for fault in rule_faults(rule))
        return tuple(("rules", code, {"row": row, **args}) for row, (code, args) in found)

    def compute(self, fields: CheckFields, inputs: ByPort, around: Surroundings) -> CheckOutputs:
        reasons = tuple(try_rule(rule, inputs, exact=fields.exact) for rule in fields.rules)
        verdict = Verdict(overall(reasons), reasons)
        passes = verdict.lets_pass(unchecked=fields.unchecked_passes)
        handed_on = inputs["instead"] if fields.hand_on else inputs["value"]
        return CheckOutputs(
            passed=inputs["value"] if passes else SKIP,
            failed=SKIP if passes else handed_on,
            verdict=verdict.to_value(),
            broken=[_row(row, reason) for row, reason in enumerate(reasons, 1) if reason.verdict != "passed"],
        )


def _row(row: int, reason: Reason) -> Value:
    return {"rule": row, **reason.to_value()}
