"""What a running node sees: the run's doors, bound to one instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from functools import partial

import msgspec

from app.document.problem import Argument
from app.document.workflow import Json
from app.executor.call_cache import call_cache_of
from app.executor.gated_models import GatedModels
from app.executor.instance import Instance
from app.executor.noted_doors import NotedFiles, NotedNet
from app.executor.replies import Replies
from app.executor.run import Run
from app.planner.plan import PlanStep
from app.sdk.context import Answer, Files, Net, Question
from app.sdk.lit_path import Turn
from app.sdk.memory import Memory
from app.sdk.spread import Spread


class InstanceContext(msgspec.Struct, eq=False):
    """The RunContext of one instance."""

    _run: Run
    _step: PlanStep
    _instance: Instance
    row: int | None
    values: Mapping[str, Json]
    _models: GatedModels | None = None

    @property
    def models(self) -> GatedModels:
        if self._models is None:
            run, instance, spec = self._run, self._instance, self._step.spec
            replies = Replies(run, instance, at_once=spec is not None and spec.type.keeps_calls)
            self._models = GatedModels(run, instance, replies, call_cache_of(run, self._step))
        return self._models

    @property
    def _acts(self) -> bool:
        return self._step.effect == "side_effect"

    @property
    def net(self) -> Net:
        net = self._run.doors.net
        return NotedNet(net, self._instance) if self._acts else net

    @property
    def files(self) -> Files:
        files = self._run.doors.files
        return NotedFiles(files, self._instance) if self._acts else files

    @property
    def memory(self) -> Memory:
        return self._run.doors.memory

    @property
    def spread(self) -> Spread:
        return self._run.spreads.setdefault(self._instance.node, Spread())

    @property
    def spent(self) -> Decimal:
        return self._instance.counted

    @property
    def idempotency_key(self) -> str:
        return self._instance.key_in(self._run.id)

    def in_turn(self, what: str) -> AbstractAsyncContextManager[None]:
        run, instance = self._run, self._instance
        aside = partial(run.aside, instance)
        return run.row_turns.turn(what, instance.node, instance.scope, aside)

    async def ask(self, question: Question) -> Answer:
        return await self._run.ask(self._instance, question)

    def show(self, text: str) -> None:
        self._run.show(self._instance.node, self._instance.scope, text)

    def light(self, path: Sequence[Turn]) -> None:
        self._instance.path = tuple(turn.to_value() for turn in path)

    def tell(self, code: str, **args: Argument) -> None:
        self._run.tell(self._instance.node, self._instance.scope, code, **args)
