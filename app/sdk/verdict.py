"""A verdict: the answer of a verifier. One that did not run is never a pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.document.problem import Argument
from app.document.workflow import Json

VerdictWord: TypeAlias = Literal["passed", "failed", "not_checked"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule's outcome as a code with arguments (`reason.<code>` in the catalogues)."""

    code: str
    verdict: VerdictWord
    args: Mapping[str, Argument]

    def to_value(self) -> dict[str, Json]:
        """The reason as the plain data that travels on an edge."""
        return {
            "code": self.code,
            "verdict": self.verdict,
            "args": {k: _plain(v) for k, v in self.args.items()},
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verifier says. `score` is in 0..1 where the verifier has one."""

    verdict: VerdictWord
    reasons: tuple[Reason, ...] = ()
    score: float | None = None

    def lets_pass(self, *, unchecked: bool = False) -> bool:
        """Whether the value leaves by the passed port; `unchecked` where a person lets what wasn't checked pass."""
        return self.verdict == "passed" or (unchecked and self.verdict == "not_checked")

    def to_value(self) -> dict[str, Json]:
        """The verdict as the plain data that travels on an edge of type `verdict`."""
        return {
            "verdict": self.verdict,
            "score": self.score,
            "reasons": [reason.to_value() for reason in self.reasons],
        }


def _plain(value: Argument) -> Json:
    return list(value) if isinstance(value, tuple) else value


def overall(reasons: tuple[Reason, ...]) -> VerdictWord:
    """Passed only if there is a rule and every rule passed; one rule not checked spoils the pass."""
    words = {reason.verdict for reason in reasons}
    if "failed" in words:
        return "failed"
    return "passed" if words == {"passed"} else "not_checked"
