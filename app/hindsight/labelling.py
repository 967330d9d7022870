"""Labelling: a person's word on results and reviewed values, kept for every verifier that judged the same value."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.document import json_codec
from app.document.frames import graphs
from app.document.problem import Problem, ProblemError
from app.document.workflow import Graph, Json, Node, Workflow
from app.events.run_events import NodeSettled, Scope
from app.executor.journal import Place, RunHead, RunStore
from app.executor.recalled import place_of
from app.executor.revisit import Revisited, RevisitFailed
from app.executor.standing import scopes_now
from app.executor.values import cut
from app.hindsight.judged import graph_of, judges_of, settings_of, subject_of, value_seen
from app.hindsight.labels import Label, LabelSource, LabelStore, LabelWord, LaterVerdict
from app.hindsight.report_card import ReportCard, card_of

_PAGE = 500
_SHOWN = 400  # bytes of a labelled value
_RESULT = "output.output"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A person has decided at a step that asks for it; `at` (seconds since 1970) where that was in an earlier life of
    the run, None: just now. Its row may have another number by now: `place` is where it was by content.
    """

    node: str
    scope: Scope
    who: str = ""
    at: float | None = None
    place: Place = ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A scope of a run, gone through again."""

    head: RunHead
    place: str
    scope: Scope
    graph: Graph
    values: Mapping[str, Json]
    seen: Revisited


class Labelling:
    """Belongs to one profile. Everything raises JournalError; what names a run, KeyError where it isn't kept."""

    def __init__(
        self,
        runs: RunStore,
        labels: LabelStore,
        revisit: Callable[[str, Scope], Awaitable[Revisited]],
    ) -> None:
        self._runs = runs
        self._labels = labels
        self._revisit = revisit

    async def rate(
        self, run: str, scope: Scope, word: LabelWord | None, output: str = "", who: str = ""
    ) -> int:
        """Keeps a thumb on the results of a run or row, or on the one named `output`; None takes it back.

        Gives how many verifiers it concerns. Raises ProblemError `rate.no_result`, RevisitFailed.
        """
        at = await self._look(run, scope)
        results = [
            node
            for node in at.graph.nodes.values()
            if node.type == _RESULT and (not output or node.fields.get("name") == output)
        ]
        labels = [label for node in results for label in self._about(at, node, word or "good", "rating", who)]
        if not labels:
            raise ProblemError(Problem("rate.no_result", args={"output": output}))
        if word is None:
            await self._labels.drop(labels)
        else:
            await self._labels.put(labels)
        return len({label.node for label in labels if label.said})

    async def review(self, run: str, decisions: Iterable[Reviewed]) -> Sequence[Reviewed]:
        """Keeps what people decided where a step asked them: approved as it was is good; changed or rejected, bad.

        Gives those of which nothing is known yet, since their row isn't through.
        """
        open_, decided = list[Reviewed](), list(decisions)
        journal = (await self._runs.look(run))[2]
        scopes = await scopes_now(journal, [(one.place, one.scope) for one in decided])
        for one, scope in zip(decided, scopes, strict=True):
            if scope is None:
                open_.append(one)
                continue
            try:
                at = await self._look(run, scope)
            except (RevisitFailed, KeyError, ValueError):
                open_.append(one)
                continue
            node = at.graph.nodes.get(one.node)
            word = _decided(at.seen, one.node)
            if node is not None and word is not None:
                labels = self._about(at, node, word, "review", one.who)
                await self._labels.put(labels if one.at is None else await self._unsaid(labels, one.at))
        return open_

    async def decided_before(self, run: str, steps: Collection[str]) -> Sequence[Reviewed]:
        """What people decided at these steps in earlier lives of a run that goes on, and is no label yet."""
        if not steps:
            return []
        head, _, journal = await self._runs.look(run)
        labels = await self._labels.of(head.workflow_id)
        kept = {(one.node, one.place) for one in labels if one.run == run and one.source == "review"}
        after, found = 0, list[Reviewed]()
        while page := await journal.each(after, _PAGE):
            after = page[-1][0]
            found += [
                Reviewed(record.node, record.scope, record.decided_by, record.decided, record.place)
                for _, record in page
                if record.node in steps
                and record.status == "ok"
                and record.decided  # else its time was up, and nobody said anything
                and (record.node, record.place) not in kept
            ]
        return found

    async def _unsaid(self, labels: Sequence[Label], at: float) -> list[Label]:
        """As they were said at that moment; those on which nobody has said anything since."""
        if not labels:
            return []
        said = {(one.node, one.subject): one.at for one in await self._labels.of(labels[0].workflow_id)}
        return [replace(one, at=at) for one in labels if said.get((one.node, one.subject), 0.0) < at]

    async def ratings(self, run: str) -> Sequence[Label]:
        """What people said of the results of this run."""
        workflow_id = (await self._runs.look(run))[0].workflow_id
        return [
            label
            for label in await self._labels.of(workflow_id)
            if label.run == run and label.source == "rating" and not label.said
        ]

    async def cards(self, workflow: Workflow) -> Mapping[str, ReportCard]:
        """The report cards of a workflow's steps as they are set now; steps without one aren't verifiers."""
        labels = await self._labels.of(workflow.id)
        if not labels:
            return {}
        labels = await self._with_later(workflow.id, labels)
        return {
            node.id: card
            for _, graph in graphs(workflow)
            for node in graph.nodes.values()
            if not (card := card_of(node.id, labels, settings_of(node))).is_empty
        }

    async def _with_later(self, workflow_id: str, labels: Iterable[Label]) -> list[Label]:
        """The labels, each with what the verifier last said of the same value in a run that is still kept."""
        latest: dict[tuple[str, str], tuple[LaterVerdict, str]] = {}
        heads: dict[str, tuple[Mapping[str, Json], Mapping[str, Node]]] = {}
        for one in await self._labels.later(workflow_id):
            if one.run not in heads:
                heads[one.run] = await self._steps_of(one.run)
            values, nodes = heads[one.run]
            if one.node in nodes:
                settings = settings_of(nodes[one.node])
                for value in one.outputs:
                    latest[one.node, subject_of(values, one.place, value)] = one, settings
        found: list[Label] = []
        for label in labels:
            known = latest.get((label.node, label.subject)) if label.said else None
            found.append(replace(label, said=known[0].said, settings=known[1]) if known else label)
        return found

    async def _steps_of(self, run: str) -> tuple[Mapping[str, Json], Mapping[str, Node]]:
        head = (await self._runs.look(run))[0]
        workflow = json_codec.read(head.workflow.encode()).workflow
        nodes = {node.id: node for _, graph in graphs(workflow) for node in graph.nodes.values()}
        return _values_of(head), nodes

    async def _look(self, run: str, scope: Scope) -> _Seen:
        head, _, journal = await self._runs.look(run)
        seen = await self._revisit(run, scope)
        graph = graph_of(json_codec.read(head.workflow.encode()).workflow, scope)
        return _Seen(head, await place_of(journal, scope), scope, graph or Graph(), _values_of(head), seen)

    def _about(self, at: _Seen, node: Node, word: LabelWord, source: LabelSource, who: str) -> list[Label]:
        """One label for the step whose value was seen, and one for each verifier that judged it."""
        value = value_seen(node.id, at.seen)
        if value is None:
            return []
        label = Label(
            at.head.workflow_id,
            node.id,
            subject_of(at.values, at.place, value),
            word,
            source,
            run=at.head.run,
            scope=at.scope,
            place=at.place,
            at=time.time(),
            who=who,
            shown=cut(value, _SHOWN),
        )
        judges = judges_of(at.graph, at.seen, node.id, value)
        return [
            label,
            *(replace(label, node=one.node, said=one.said, settings=one.settings) for one in judges),
        ]


def _values_of(head: RunHead) -> Mapping[str, Json]:
    values = head.request.get("values")
    return values if isinstance(values, Mapping) else {}


def _decided(seen: Revisited, node: str) -> LabelWord | None:
    settled = next(
        (event for event in seen.events if isinstance(event, NodeSettled) and event.node == node), None
    )
    if settled is None or not {"approved", "rejected"} & set(settled.outputs):
        return None
    approved = settled.outputs.get("approved")
    given = value_seen(node, seen)
    if approved is None or given is None:
        return "bad"
    whole = seen.value(approved.ref) if approved.ref else approved.text
    return "good" if given in (whole, approved.text) else "bad"
