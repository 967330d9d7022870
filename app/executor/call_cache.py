"""The cache of single replies, for steps that ask several models: each is found again by what it was asked."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from itertools import chain
from typing import Any, cast

from app.costs.usage import NO_USAGE
from app.executor.cache import Cache, Kept
from app.executor.call_requests import Reply, content_digest, identity, plain_reply, reply_of
from app.executor.instance import Instance
from app.executor.replies import Asked
from app.executor.run import Run
from app.planner.plan import PlanStep
from app.planner.signature import SEMANTICS
from app.sdk.gateway import ChatReply, ModelFacts


class CallCache:
    """That of one step."""

    def __init__(self, run: Run, cache: Cache, step: PlanStep) -> None:
        self._run = run
        self._cache = cache
        self._step = step

    def key(self, asked: Asked) -> str:
        """What was asked, of which model, and the how manieth time: neither the step's settings nor the connection.

        Empty where nobody knows the model.
        """
        if asked.facts is None:
            return ""
        model = self._model(asked.facts)
        said = ["call", SEMANTICS, model, content_digest(asked.request), asked.ordinal]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def _model(self, facts: ModelFacts) -> list[str]:
        """Whose answer it is; of models that share one work, no matter whose."""
        step = self._step
        if step.spec is None or not step.spec.type.models_are_alike:
            return identity(facts)
        known = map(self._run.doors.models.facts, step.spec.type.models(step.fields))
        return [*chain.from_iterable(sorted({tuple(identity(one)) for one in known if one}))]

    @asynccontextmanager
    async def turn(self, key: str, instance: Instance) -> AsyncGenerator[None]:
        """One at a time asks the same; whoever waited finds the answer in the cache."""
        run = self._run
        if self._step.node.cache != "reuse":
            yield
            return
        while (twin := run.twins.get(key)) is not None:
            with run.idle_in(instance):
                await asyncio.wait([twin])
        mine = run.twins[key] = asyncio.get_running_loop().create_future()
        try:
            yield
        finally:
            del run.twins[key]
            mine.set_result(None)

    async def get(self, key: str) -> tuple[Reply, Kept] | None:
        if self._step.node.cache != "reuse" or (kept := await self._cache.get(key)) is None:
            return None
        try:
            return reply_of(cast("Mapping[str, Any]", kept.outputs["reply"])), kept
        except (ValueError, TypeError, KeyError):  # kept by a later version
            return None

    def put(self, asked: Asked) -> None:
        """Answers that were broken off or refused are not kept."""
        reply, taken, key = asked.reply, asked.taken, self.key(asked)
        if reply is None or taken is None or not key:
            return
        if not isinstance(reply, ChatReply) or reply.finish in ("stop", "tool_calls"):
            at = dt.datetime.now().astimezone().isoformat(timespec="seconds")
            usage, outputs = taken.usage or NO_USAGE, {"reply": plain_reply(reply)}
            kept = Kept(outputs, usage=usage, cost=taken.cost, model=reply.model, at=at)
            self._cache.put(key, self._run.workflow_id, self._step.id, kept)


def call_cache_of(run: Run, step: PlanStep) -> CallCache | None:
    """None where the step's single replies are not cached."""
    is_cached = run.cache and step.spec and step.spec.type.cached == "calls" and step.node.cache != "never"
    return CallCache(run, run.cache, step) if is_cached and run.cache and step.effect == "model" else None
