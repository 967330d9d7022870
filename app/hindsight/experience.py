"""Experience: which model passed its checks on which texts, read from past runs, and the router that it teaches."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.document import json_codec
from app.document.frames import graphs
from app.document.workflow import Graph, Node
from app.events.run_events import NodeStarted, Scope
from app.executor.journal import Journal, RunLine, RunStore, StepRecord
from app.executor.revisit import Revisited, RevisitFailed
from app.executor.standing import Standing
from app.executor.values import as_text
from app.hindsight.judged import judged_in
from app.hindsight.wiring import CASCADE, FindSpec, is_verifier
from app.sdk.errors import NodeError
from app.sdk.references import fill
from app.sdk.router import Example, Router, learned
from app.sdk.spec import FieldFault, NodeSpec

PICK = "model.pick"
_RUNS = 50
_MOST = 1500  # answers that are looked at, of the latest runs first
_PAGE = 500
_LOOKED_INTO = 2000  # records of a run, at most, to see whether it has anything to learn from
_GLANCE = 50  # of them at a time: most runs show it at their beginning
UNSAID = "{{text}}"  # the prompt of a step that says none
_ANSWERS = ("answer", "text", "value", "failed")


@dataclass(frozen=True, slots=True)
class Lesson:
    """`runs` are those that anything was learned from."""

    router: Router
    runs: int = 0


class Experience:
    """Raises JournalError."""

    def __init__(
        self,
        runs: RunStore,
        revisit: Callable[[str, Scope], Awaitable[Revisited]],
        spec_of: FindSpec,
    ) -> None:
        self._runs = runs
        self._revisit = revisit
        self._spec_of = spec_of

    async def lesson(self, workflow_id: str, prompt: str) -> Lesson:
        """What the kept runs of a workflow teach on a prompt: of Smart picks, Cascades and model steps that ask the
        very same. Of several answers of a model to one text, the latest counts.
        """
        found: dict[tuple[str, str], Example] = {}
        looked, runs = 0, 0
        for line in await self._runs.lines(_RUNS, workflow_id):
            if _goes_on(line) or looked >= _MOST:
                continue
            before = len(found)
            for record, graph in await self._asked(line.run, prompt):
                if looked >= _MOST:
                    break
                looked += 1
                for one in await self._examples(line.run, record, graph):
                    found.setdefault((one.model, one.text), one)
            runs += len(found) > before
        router = await asyncio.to_thread(learned, list(found.values()))
        return Lesson(router, runs)

    async def judged_runs(self, workflow_id: str, prompt: str) -> int:
        """In how many kept runs the very same was asked, and something was judged: those that `lesson` looks at. Of
        long runs the beginning counts.
        """
        lines = await self._runs.lines(_RUNS, workflow_id)
        return sum([not _goes_on(line) and await self._is_judged(line.run, prompt) for line in lines])

    async def _is_judged(self, run: str, prompt: str) -> bool:
        places, journal = await self._places(run, prompt)
        asked = judged = False
        after = looked = 0
        while places and looked < _LOOKED_INTO and (page := await journal.each(after, _GLANCE)):
            asked = asked or any(one.node in places and one.status == "ok" for _, one in page)
            judged = judged or any(one.verdict is not None and self._checks(one.type) for _, one in page)
            if asked and judged:
                return True
            after, looked = page[-1][0], looked + len(page)
        return False

    async def _places(self, run: str, prompt: str) -> tuple[Mapping[str, Graph], Journal]:
        """The steps of a run that ask this, with the graphs that they stand in."""
        head, _, journal = await self._runs.look(run)
        workflow = json_codec.read(head.workflow.encode()).workflow
        places = {
            node.id: graph
            for _, graph in graphs(workflow)
            for node in graph.nodes.values()
            if self._prompt(node) == prompt
        }
        return places, journal

    def _prompt(self, node: Node) -> str | None:
        """What a step asks a model; None where that is no prompt of a person's own."""
        spec = self._spec_of(node.type)
        field = spec.field("prompt") if spec and spec.type.effect == "model" else None
        return str(node.fields.get("prompt", field.default)) if field else None

    def _checks(self, type_id: str) -> bool:
        """Whether it is checks that a verdict of such a step comes from: an Ensemble's is a vote."""
        return type_id == CASCADE or is_verifier(self._spec_of(type_id))

    async def _asked(self, run: str, prompt: str) -> list[tuple[StepRecord, Graph]]:
        places, journal = await self._places(run, prompt)
        found: list[tuple[StepRecord, Graph]] = []
        after, standing = 0, Standing(journal)
        while places and (page := await journal.each(after, _PAGE)):
            after = page[-1][0]
            now = filter(None, await standing.of(page))
            found += [(one, places[one.node]) for one in now if one.node in places and one.status == "ok"]
        return found

    async def _examples(self, run: str, record: StepRecord, graph: Graph) -> list[Example]:
        node = graph.nodes[record.node]
        spec = self._spec_of(node.type)
        if spec is None:
            return []
        with contextlib.suppress(RevisitFailed, KeyError, NodeError, FieldFault):
            seen = await self._revisit(run, record.scope)
            fields: Any = spec.decode(node.fields)
            text = fill(fields.prompt, _inputs(seen, node.id))
            judged = _of_cascade(record) if node.type == CASCADE else self._of_checks(record, graph, seen)
            rows = _in_turn(node, spec, fields)
            return [Example(text, rows[tier - 1], passed) for tier, passed in judged if tier <= len(rows)]
        return []

    def _of_checks(self, record: StepRecord, graph: Graph, seen: Revisited) -> Iterator[tuple[int, bool]]:
        """What the verifiers behind it found of its answer; one that did not run says nothing, nor does its own word
        on it.
        """
        answer = next((as_text(record.outputs[port]) for port in _ANSWERS if port in record.outputs), None)
        words = [
            one.said
            for one in judged_in(graph, seen)
            if record.node in one.sources
            and one.value == answer
            and is_verifier(self._spec_of(graph.nodes[one.node].type))
        ]
        checked, tier = [word for word in words if word != "not_checked"], _who_answered(record)
        if checked and tier is not None:
            yield tier, all(word == "passed" for word in checked)


def _goes_on(line: RunLine) -> bool:
    """A run that has ended is held for a moment longer."""
    return line.alive and line.summary.status in ("running", "waiting", "paused")


def _of_cascade(record: StepRecord) -> Iterator[tuple[int, bool]]:
    """Which of its models was good enough, as its own checks found."""
    said = record.verdict.get("verdict") if record.verdict else ""
    for turn in record.path:
        tier = turn.get("tier")
        if isinstance(tier, int) and turn.get("outcome") == "failed":
            yield tier, False
        elif isinstance(tier, int) and turn.get("outcome") == "answered" and said == "passed":
            yield tier, True


def _who_answered(record: StepRecord) -> int | None:
    """The place of the model whose answer left the step; None where it is nobody's own."""
    if not record.path:
        return 1
    tiers = (turn.get("tier") for turn in record.path if turn.get("outcome") == "answered")
    return tier if isinstance(tier := next(tiers, None), int) else None


def _in_turn(node: Node, spec: NodeSpec, fields: Any) -> list[str]:
    """The models of a step by the places that its path names, one that answers several times as often."""
    if node.type == PICK or spec.field("models") is None:
        return [choice.target for choice in spec.type.models(fields)]
    return [row.model.target for row in fields.models for _ in range(getattr(row, "times", 1))]


def _inputs(seen: Revisited, node: str) -> dict[str, Any]:
    started = next((e for e in seen.events if isinstance(e, NodeStarted) and e.node == node), None)
    if started is None:
        raise KeyError(node)
    return {
        name: seen.value(shown.ref) if shown.ref else shown.text for name, shown in started.inputs.items()
    }


def prompt_of(node: Node) -> str:
    """The prompt of a Smart pick."""
    return str(node.fields.get("prompt", UNSAID))
