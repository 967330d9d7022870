"""Answers about replays: what one would ask and cost, what came of it, and what those before have found."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.adapters.replaying import Prepared
from app.document import json_codec
from app.document.problem import Problem, ProblemError
from app.engine import Engine
from app.hindsight.replay import Replayed
from app.processes.messages import GetReplayed, GetReplays, PrepareReplay, ReplayList, ReplayPrepared, Reply
from app.processes.store_problems import as_problems

_KEPT = 4  # prepared replays whose outcome may still be asked for


class ReplayAnswers:
    """The window starts what was prepared like any other run."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._prepared: OrderedDict[tuple[str, str], Prepared] = OrderedDict()
        self.answers: Mapping[type[Any], Callable[[Any], Awaitable[Reply]]] = {
            PrepareReplay: self._prepare,
            GetReplayed: self._outcome,
            GetReplays: self._all,
        }

    @as_problems
    async def _prepare(self, asked: PrepareReplay) -> ReplayPrepared:
        run, node = asked.run, asked.node
        if not run or not node:
            found = await self._engine.replays.latest(asked.workflow_id, node)
            if found is None:
                raise ProblemError(Problem("replay.no_run"))
            run, node = found.run, found.node
        made = await self._engine.replays.prepare(run, node, asked.sample, asked.name)
        self._prepared[run, node] = made
        while len(self._prepared) > _KEPT:
            self._prepared.popitem(last=False)
        flow = json_codec.write(made.replay.flow).decode("utf-8", "surrogatepass")
        likely = None
        if (plan := self._engine.check(made.replay.flow).plan) is not None:
            forecast = await self._engine.forecast(plan, rows="samples")
            likely = forecast.total.cost
        rows = len(made.replay.rows)
        title = made.replay.title
        return ReplayPrepared(run, node, title, rows, made.model, flow, made.at_most, made.known, likely)

    @as_problems
    async def _outcome(self, asked: GetReplayed) -> Replayed:
        made = self._prepared.get((asked.run, asked.node))
        if made is None:
            raise ProblemError(Problem("replay.no_run"))
        return await self._engine.replays.outcome(made, asked.replay)

    @as_problems
    async def _all(self, _: GetReplays) -> ReplayList:
        return ReplayList(tuple(await self._engine.replays.kept()))
