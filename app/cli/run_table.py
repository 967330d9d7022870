"""What a run came to, as the tables that a person reads in the terminal."""

from __future__ import annotations

from collections import Counter

from app import figures
from app.cli.report import Title
from app.cli.sentences import failure_sentence, fix_of, sentence_of
from app.cli.terminal import AMBER, BOLD, GREEN, RED, colour, plain, table
from app.document.problem import Problem
from app.document.problem_names import with_titles
from app.document.workflow import Node, Workflow
from app.events.run_state import NodeState, RunState
from app.texts import clauses, text

MOST_MESSAGES = 20


def run_tables(state: RunState, workflow: Workflow, title: Title, ended: str = "") -> str:
    """Nodes, verifiers, failed rows, what steps said, the total and the Problems. `ended` says how it ended where that
    doesn't stand in its state.
    """
    nodes = [workflow.graph.nodes[n] for n in state.nodes if n in workflow.graph.nodes]
    parts = [_nodes(state, nodes, title), _verifiers(state, nodes, title), _rows(state, workflow, title)]
    parts += [
        _messages(state, workflow, title),
        _total(state, ended or text(f"run.{state.status}")),
        *(problem_text(p, workflow, title) for p in state.problems),
    ]
    return "\n\n".join(part for part in parts if part)


def _nodes(state: RunState, nodes: list[Node], title: Title) -> str:
    headers = [
        text(f"cli.column.{c}") for c in ("step", "status", "model", "in", "out", "cost", "seconds", "checks")
    ]
    rows = [[title(node), *_cells(state.nodes[node.id], state)] for node in nodes]
    return table(headers, rows, right=(3, 4, 5, 6), widest=34)


def _cells(node: NodeState, state: RunState) -> list[str]:
    called = node.calls > 0
    usage = node.usage
    unsaid = "" if node.usage_complete else "?"
    return [
        _status(node, state),
        node.model or "–",
        f"{usage.input:,}{unsaid}" if called else "–",
        f"{usage.output:,}{unsaid}" if called else "–",
        figures.cost(node.cost) if called else "–",
        f"{node.seconds:.1f}" if node.started else "–",
        _checks(node),
    ]


def _status(node: NodeState, state: RunState) -> str:
    reached = state.budget_reached if state.status == "paused" else None
    at_limit = reached is not None and reached.node == node.node and node.status == "cancelled"
    word = text("state.at_limit" if at_limit else f"state.{node.status}")
    if state.rows is None or not (node.settled or node.waits):
        return word
    counts = [
        (node.ok, "done"),
        (node.failed, "failed"),
        (node.skipped, "skipped"),
        (node.waits, "asking"),
        (node.cancelled, "at_limit" if at_limit else "cancelled"),
    ]
    return clauses(f"{n} {text(f'state.{status}')}" for n, status in counts if n)


def _checks(node: NodeState) -> str:
    counts = node.verdicts
    if not counts.n:
        return "–"
    words = text("cli.checks", passed=counts.passed, n=counts.n)
    return words + (text("cli.checks.not_checked", n=counts.not_checked) if counts.not_checked else "")


def _verifiers(state: RunState, nodes: list[Node], title: Title) -> str:
    counted = [(node, state.nodes[node.id].verdicts) for node in nodes if state.nodes[node.id].verdicts.n > 1]
    if not counted:
        return ""
    headers = [text(f"cli.column.{c}") for c in ("check", "passed", "of", "rate", "interval", "baseline")]
    rows: list[list[str]] = []
    for node, counts in counted:
        a = counts.accuracy()
        baseline = "–" if a.baseline is None else f"{a.baseline:.1%}"
        rows.append(
            [title(node), str(a.passed), str(a.n), f"{a.rate:.1%}", f"{a.low:.0%} … {a.high:.0%}", baseline]
        )
    return table(headers, rows, right=(1, 2, 3, 4, 5))


def _rows(state: RunState, workflow: Workflow, title: Title) -> str:
    lines: list[str] = []
    failures = [(n, row) for n, row in sorted(state.rows_settled.items()) if row.status == "failed"]
    for number, failed in failures[:20]:
        node = workflow.graph.nodes.get(failed.node)
        why = failure_sentence(failed.failure) if failed.failure else ""
        lines.append(plain(text("cli.row_failed", row=number + 1, step=title(node) if node else "", why=why)))
    if state.rows_failed > 20:
        lines.append(text("cli.more_rows_failed", n=state.rows_failed - 20))
    return "\n".join(lines)


def _messages(state: RunState, workflow: Workflow, title: Title) -> str:
    """What steps had to say on the way, each sentence once, with how often it was said."""
    said = Counter(
        (message.node, text(f"message.{message.code}", **message.args)) for message in state.messages
    )
    lines: list[str] = []
    for (place, words), n in said.most_common(MOST_MESSAGES):
        node = workflow.graph.nodes.get(place)
        code = "cli.message" if n == 1 else "cli.message.again"
        lines.append(plain(text(code, step=title(node) if node else place, words=words, n=n)))
    return "\n".join(lines)


def _total(state: RunState, ended: str) -> str:
    shade = {"done": GREEN, "failed": RED}.get(state.status, AMBER)
    words = [colour(ended, shade)]
    if state.rows is not None:
        words.append(_row_counts(state))
    words += [
        text("cli.total", tokens=f"{state.usage.total:,}", calls=state.calls, seconds=f"{state.elapsed:.1f}"),
        colour(figures.cost(state.cost), BOLD),
    ]
    if state.cost.state != "free" and state.prices_of:
        words.append(text("cli.prices_of", date=state.prices_of))
    return " · ".join(words)


def _row_counts(state: RunState) -> str:
    """What became of the rows; those of a run that ended before its work did are not all through."""
    words = [text("cli.rows", done=state.rows_done, failed=state.rows_failed)]
    through = state.rows_done + state.rows_failed
    begun = max(state.rows_begun, through + state.rows_cancelled)
    stopped, known = begun - through, max(state.rows or 0, begun)
    if state.status == "running":
        return words[0]
    if stopped:
        left = state.status in ("paused", "waiting")
        words.append(text("cli.rows.not_through" if left else "cli.rows.stopped", n=stopped))
    if known > begun:
        words.append(text("cli.rows.not_begun", n=known - begun))
    return clauses(words)


def problem_text(problem: Problem, workflow: Workflow | None, title: Title) -> str:
    """Where, what happened, what to do: three parts, two lines. What it quotes is shown, never obeyed."""
    problem = with_titles(problem, workflow, title)
    node = workflow.graph.nodes.get(problem.node or "") if workflow else None
    where = f"{title(node)}: " if node else ""
    mark = colour("✗ ", RED) if problem.severity == "error" else colour("! ", AMBER)
    fix = plain(fix_of(problem))
    return f"{mark}{plain(where + sentence_of(problem))}" + (f"\n  → {fix}" if fix else "")
