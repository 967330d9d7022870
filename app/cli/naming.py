"""Steps and runs by the names that people type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.cli.report import Title
from app.document.graph import every_node
from app.document.part_steps import ids_around
from app.document.problem import Problem, ProblemError
from app.document.workflow import Graph, Node, Workflow
from app.engine import Engine, RunRequest
from app.executor.journal import JournalError, RunLine
from app.hindsight.replay import REPLAY

LAST = "last"
_INSIDE = " › "


def step_of(nodes: Mapping[str, Node], words: str, title: Title) -> str:
    """The id of the step with this id or title. Raises ProblemError `cli.no_such_step`, `cli.several_such_steps`."""
    if words in nodes:
        return words
    found = [name for name, node in nodes.items() if _is_called(words, node, title)]
    if len(found) == 1:
        return found[0]
    if found:
        raise ProblemError(Problem("cli.several_such_steps", args={"text": words, "ids": tuple(found)}))
    known = tuple(f"{title(node)} ({name})" for name, node in nodes.items())
    raise ProblemError(Problem("cli.no_such_step", args={"text": words, "known": known}))


def step_within(engine: Engine, request: RunRequest, words: str, title: Title) -> tuple[str, Node]:
    """The same with its node, also for steps inside frames and Sub-workflows, where the outermost level has none."""
    workflow = request.workflow
    steps = dict(workflow.graph.nodes)
    if not (words in steps or any(_is_called(words, node, title) for node in steps.values())):
        steps = {node.id: node for node in every_node(workflow.graph)}
        plan = engine.check(workflow, request.folder).plan
        steps |= {step.id: step.node for step in plan.all_steps()} if plan else {}
    step = step_of(steps, words, title)
    return step, steps[step]


def _is_called(words: str, node: Node, title: Title) -> bool:
    called, wanted = title(node).casefold(), words.strip().casefold()
    return wanted == called or ("/" in node.id and wanted == called.rpartition(_INSIDE)[2])


def listed(workflow: Workflow, steps: Mapping[str, Node], title: Title) -> Workflow:
    """The workflow as a plain list of steps, those inside frames too: as tables show it. One of a Sub-workflow has the
    title of the step that it lies in before its own.
    """

    def named(name: str, node: Node) -> Node:
        if "/" not in name:
            return node
        titles = [title(steps[one]) for one in ids_around(name) if one in steps]
        return replace(node, id=name, title=_INSIDE.join(titles))

    return replace(workflow, graph=Graph({name: named(name, node) for name, node in steps.items()}, ()))


async def lines_of(engine: Engine, workflow: str = "", most: int = 200) -> list[RunLine]:
    """The latest runs first. Raises ProblemError `journal.*`."""
    try:
        return list(await engine.runs.lines(most, workflow))
    except JournalError as error:
        raise ProblemError(error.problem) from error


async def run_named(
    engine: Engine, words: str, workflow: str = "", *, failed: bool = False, failed_rows: bool = False
) -> str:
    """The id of a run; "last" is the latest unfinished one, of one workflow if it is named, with `failed` or one that
    failed, with `failed_rows` or one in which rows failed. Raises ProblemError `run.none_unfinished`, `journal.*`.
    """
    if words != LAST:
        return words
    for line in await lines_of(engine, workflow, -1):
        has_failed = (failed and line.summary.status == "failed") or (
            failed_rows and line.summary.rows_failed
        )
        if line.is_unfinished or (has_failed and not line.alive):
            return line.run
    raise ProblemError(Problem("run.none_unfinished"))


async def past_run(engine: Engine, words: str, workflow: str = "") -> str:
    """The id of a run to look at; "last" is the latest, of one workflow if it is named. Raises as `latest_of`."""
    return await latest_of(engine, workflow) if words == LAST else words


async def latest_of(engine: Engine, workflow: str) -> str:
    """The latest run, of one workflow if it is named. Raises ProblemError `run.unknown`, `journal.*`."""
    lines = await lines_of(engine, workflow, 1)
    if not lines:
        raise ProblemError(Problem("run.unknown", args={"run": LAST}))
    return lines[0].run


async def replayable_run(engine: Engine, words: str) -> str:
    """The id of a run to replay; "last" is the latest that isn't a replay itself. Raises as `latest_of`."""
    if words != LAST:
        return words
    for line in await lines_of(engine, most=-1):
        if line.workflow_id != REPLAY:
            return line.run
    raise ProblemError(Problem("run.unknown", args={"run": LAST}))


def title_in(workflow: Workflow, title: Title, node: str) -> str:
    """A step's title by its id; the id where it isn't there."""
    found = workflow.graph.nodes.get(node)
    return title(found) if found else node
