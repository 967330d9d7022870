"""The frontier of one scope: which steps are ready, blocked or skipped, as pure bookkeeping over arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from app.executor.values import Token
from app.planner.plan import Computation, Plan, PlanEdge, PlanStep
from app.sdk.data_types import Value

_OPEN: Final = None  # an edge whose token has not come yet
_SKIP: Final = False  # nothing will come over this edge

EdgeToken: TypeAlias = "Token | None | Literal[False]"
Inputs: TypeAlias = Mapping[str, Token | list[Token]]  # by port; a `many` port has a list


class Frontier:
    """Tokens on edges and what follows from them (execution rules "Tokens" and "Firing").

    A step is handed out by `start` or `settle` exactly once; every step is settled exactly once.
    """

    __slots__ = ("_missing", "_plan", "_settled", "_tokens", "lacks")

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._missing = list(plan.in_degrees)  # of each step: edges it waits for; 0 once it is handed out
        self.lacks = [0] * len(plan.steps)  # of each step: edges into it over which nothing came
        self._tokens: list[EdgeToken] = [_OPEN] * len(plan.edges)
        self._settled = bytearray(len(plan.steps))

    def start(self) -> list[int]:
        """The steps that wait for nothing."""
        return list(self._plan.first)

    def settle(self, step: int, outputs: Mapping[str, Token]) -> list[int]:
        """Puts a token on every edge that leaves the step; gives the steps that became ready.

        A Merge that has been handed out takes no more: what comes later is ignored.
        """
        self._settled[step] = 1
        missing, tokens = self._missing, self._tokens
        ready: list[int] = []
        for port, edge, target, is_merge in self._plan.leaving[step]:
            left = missing[target]
            if not left:
                continue
            if port in outputs:
                tokens[edge] = outputs[port]
            else:
                tokens[edge] = _SKIP
                self.lacks[target] += 1
            if left == 1 or (is_merge and self._has_enough(target)):
                missing[target] = 0
                ready.append(target)
            else:
                missing[target] = left - 1
        return ready

    def why_skipped(self, step: int) -> str:
        """Why a step that was handed out doesn't run (`skip.<code>`); empty: it fires."""
        plan_step = self._plan.steps[step]
        if plan_step.always_skipped:
            return plan_step.always_skipped
        if plan_step.merge:
            return "" if self._arrived(plan_step) else "input"
        if not self.lacks[step]:
            return ""
        arrived = {edge.target_port for edge in plan_step.incoming if self._tokens[edge.index]}
        return "" if arrived.issuperset(plan_step.required) else "input"

    def inputs(self, step: int) -> Inputs:
        """The tokens that a step fires with, as they left their sources."""
        plan_step = self._plan.steps[step]
        names = plan_step.many
        inputs: dict[str, Token | list[Token]] = {name: [] for name in names} if names else {}
        for edge in plan_step.incoming:
            token = self.token(edge)
            if token is None:
                continue
            if names and isinstance(many := inputs.get(edge.target_port), list):
                many.append(token)
            else:
                inputs[edge.target_port] = token
        return inputs

    def token(self, edge: PlanEdge) -> Token | None:
        """What came over an edge, as its target wants it."""
        token = self._tokens[edge.index]
        return token.to(edge.convert) if token and edge.convert else token or None

    def values(self, step: int, computation: Computation) -> dict[str, Value]:
        """The same as the values that a step which only computes works on. May raise anything, as `Token.value`."""
        if computation.takes is None:
            return {
                name: [t.value for t in token] if isinstance(token, list) else token.value
                for name, token in self.inputs(step).items()
            }
        values: dict[str, Value] = {}
        tokens = self._tokens
        for port, edge, convert in computation.takes:
            token = tokens[edge]
            if token:
                values[port] = convert(token.content) if convert else token.content
        return values

    def links(self, step: int) -> Mapping[str, str]:
        """Which output of which step each port takes: `step.port`; of a `many` port the first."""
        steps = self._plan.steps
        found: dict[str, str] = {}
        for edge in steps[step].incoming:
            if self._tokens[edge.index]:
                found.setdefault(edge.target_port, f"{steps[edge.source].id}.{edge.source_port}")
        return found

    def unsettled(self) -> list[int]:
        return [i for i, settled in enumerate(self._settled) if not settled]

    def was_given(self, step: int) -> bool:
        return not self._missing[step]

    def drop(self, step: int) -> None:
        """The step will not be handed out any more: a Merge has taken another way."""
        self._missing[step] = 0

    def losers(self, *merges: int) -> list[int]:
        """The unsettled steps that only serve edges which these Merges, or others, no longer wait for."""
        lost: set[int] = set()
        waiting = [edge.source for merge in merges for edge in self._plan.steps[merge].incoming]
        while waiting:
            step = waiting.pop()
            if step in lost or self._settled[step] or not self._is_useless(step, lost.union(merges)):
                continue
            lost.add(step)
            waiting += [edge.source for edge in self._plan.steps[step].incoming]
        return sorted(lost)

    def _is_useless(self, step: int, lost: set[int]) -> bool:
        plan_step = self._plan.steps[step]
        if not plan_step.outgoing or plan_step.acts or plan_step.result_name:
            return False
        return all(edge.target in lost or self._is_decided_merge(edge.target) for edge in plan_step.outgoing)

    def _is_decided_merge(self, step: int) -> bool:
        return self._plan.steps[step].merge is not None and not self._missing[step]

    def _has_enough(self, merge: int) -> bool:
        rule = self._plan.steps[merge].merge
        if rule is None or rule.wait_for == "all":
            return False
        wanted = 1 if rule.wait_for == "first" else rule.k
        return self._arrived(self._plan.steps[merge]) >= wanted

    def _arrived(self, step: PlanStep) -> int:
        return sum(isinstance(self._tokens[edge.index], Token) for edge in step.incoming)
