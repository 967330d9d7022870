"""Answers about what runs that are over teach: what people said of results, and report cards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.document.problem import Problem, ProblemError
from app.engine import Engine
from app.processes.account_answers import workflow_of
from app.processes.messages import (
    Counted,
    CountJudgedRuns,
    GetRatings,
    GetReportCards,
    Learned,
    LearnFromRuns,
    RateResult,
    Rating,
    Ratings,
    Reply,
    ReportCards,
)
from app.processes.store_problems import as_problems


class HindsightAnswers:
    """Reads what is kept, and keeps what people say of it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.answers: Mapping[type[Any], Callable[[Any], Awaitable[Reply]]] = {
            RateResult: self._rate,
            GetRatings: self._ratings,
            GetReportCards: self._cards,
            LearnFromRuns: self._learn,
            CountJudgedRuns: self._judged,
        }

    @as_problems
    async def _rate(self, asked: RateResult) -> Counted:
        return Counted(
            await self._engine.labelling.rate(asked.run, asked.scope, asked.word or None, asked.output)
        )

    @as_problems
    async def _ratings(self, asked: GetRatings) -> Ratings:
        labels = await self._engine.labelling.ratings(asked.run)
        return Ratings(tuple(Rating(label.node, label.scope, label.word) for label in labels))

    @as_problems
    async def _learn(self, asked: LearnFromRuns) -> Learned:
        lesson = await self._engine.experience.lesson(asked.workflow_id, asked.prompt)
        if not lesson.router.examples:
            raise ProblemError(Problem("learn.nothing"))
        return Learned(lesson.router.to_text(), lesson.router.examples, lesson.runs)

    @as_problems
    async def _judged(self, asked: CountJudgedRuns) -> Counted:
        return Counted(await self._engine.experience.judged_runs(asked.workflow_id, asked.prompt))

    @as_problems
    async def _cards(self, asked: GetReportCards) -> ReportCards:
        cards = await self._engine.labelling.cards(workflow_of(asked.workflow))
        return ReportCards(tuple(cards.values()))
