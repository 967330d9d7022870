"""The lit path: which models a step asked in turn, and what came of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.document.problem import Argument
from app.document.workflow import Json
from app.sdk.errors import NodeError
from app.sdk.verdict import Reason

# `agreed`: it said the same as the one whose answer was taken; `passed_over`: its answer was not taken, or it has not
# answered yet; `ended`: another one was enough before it was through.
Outcome: TypeAlias = Literal[
    "answered", "agreed", "failed", "not_checked", "error", "passed_over", "asked", "ended"
]


@dataclass(frozen=True, slots=True)
class Turn:
    """One model's part. `tier` counts from 1; `reasons` say why its answer was not good enough, or why it was taken;
    `error` is the code of what kept it from answering, with its arguments.
    """

    tier: int
    model: str
    connection: str
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    error: tuple[str, Mapping[str, Argument]] | None = None

    def to_value(self) -> dict[str, Json]:
        """As it stands in a run's events and records."""
        plain: dict[str, Json] = {
            "tier": self.tier,
            "model": self.model,
            "connection": self.connection,
            "outcome": self.outcome,
            "reasons": [reason.to_value() for reason in self.reasons],
        }
        if self.error:
            code, args = self.error
            plain["error"] = {
                "code": code,
                "args": {name: list(one) if isinstance(one, tuple) else one for name, one in args.items()},
            }
        return plain


def broke_off(tier: int, model: str, connection: str, error: NodeError) -> Turn:
    """The part of a model that could not answer."""
    return Turn(tier, model, connection, "error", error=(error.code, error.args_by_name))
