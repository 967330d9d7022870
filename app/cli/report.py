"""What a run came to, as the one JSON object of `--json`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from app.cli.sentences import fix_of, sentence_of
from app.costs.cost import Cost
from app.costs.usage import Usage
from app.document.problem import Problem
from app.document.problem_names import with_titles
from app.document.workflow import Json, Node, Workflow
from app.events.run_state import NodeState, RunState

Title: TypeAlias = Callable[[Node], str]  # a node's title as people read it

_NODE_STATUS = {
    "check_failed": "done",  # the step did its work; what it found stands under `verdicts`
    "asking": "waiting",
    "idle": "skipped",
    "running": "cancelled",
    "streaming": "cancelled",
    "retrying": "cancelled",
}


def report(state: RunState, workflow: Workflow, outputs: Mapping[str, Json], title: Title) -> dict[str, Json]:
    """The object; `title(node)` gives a node's title as people read it. Costs of nodes add up to the total."""
    answer: dict[str, Json] = {"run": state.run, "status": state.status, "outputs": outputs}
    if state.rows is not None:
        total = state.rows_done + state.rows_failed + state.rows_cancelled if state.rows < 0 else state.rows
        answer["rows"] = {"total": total, "done": state.rows_done, "failed": state.rows_failed}
    nodes = [workflow.graph.nodes[n] for n in state.nodes if n in workflow.graph.nodes]
    answer["nodes"] = [_node(state, state.nodes[node.id], node, title(node)) for node in nodes]
    answer["total"] = {
        "usage": usage_object(state.usage),
        "cost": cost_object(state.cost),
        "seconds": round(state.elapsed, 3),
        "calls": state.calls,
    }
    answer["problems"] = problem_list(state.problems, workflow, title)
    return answer


def usage_object(usage: Usage) -> dict[str, Json]:
    return {
        "input": usage.input,
        "output": usage.output,
        "cached": usage.cached,
        "reasoning": usage.reasoning,
    }


def cost_object(cost: Cost) -> dict[str, Json]:
    """`usd` is null where any part is unknown; `known` then says what it is at least."""
    answer: dict[str, Json] = {"usd": None if cost.usd is None else f"{cost.usd:f}", "state": cost.state}
    if cost.usd is None and cost.known:
        answer["known"] = f"{cost.known:f}"
    return answer


def problem_list(
    problems: Iterable[Problem], workflow: Workflow | None = None, title: Title | None = None
) -> list[Json]:
    named = [with_titles(problem, workflow, title) if title else problem for problem in problems]
    return [
        {
            "code": problem.code,
            "severity": problem.severity,
            "node": problem.node,
            "field": problem.field,
            "message": sentence_of(problem),
            "fix": fix_of(problem),
        }
        for problem in named
    ]


def _node(run: RunState, state: NodeState, node: Node, title: str) -> dict[str, Json]:
    status = _NODE_STATUS.get(state.status, state.status)
    if state.status == "idle" and run.status in ("paused", "waiting"):
        status = "waiting"  # its turn comes when the run goes on
    answer: dict[str, Json] = {
        "id": node.id,
        "title": title,
        "type": node.type,
        "status": status,
        "attempts": state.attempts,
        "calls": state.calls,
        "usage": usage_object(state.usage),
        "usage_complete": state.usage_complete,
        "cost": cost_object(state.cost),
        "seconds": round(state.seconds, 3),
        "model": state.model,
        "instances": state.ok + state.failed + state.cancelled + state.waits,
        "verdicts": None,
    }
    counts = state.verdicts
    if counts.n:
        accuracy = counts.accuracy()
        answer["verdicts"] = {
            "passed": counts.passed,
            "failed": counts.failed,
            "not_checked": counts.not_checked,
            "rate": round(accuracy.rate, 4),
            "interval": [round(accuracy.low, 4), round(accuracy.high, 4)],
            "baseline": None if accuracy.baseline is None else round(accuracy.baseline, 4),
        }
    return answer
