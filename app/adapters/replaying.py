"""Replaying: what a replay would ask at what price, and what came of it, kept for later."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from app.adapters.outside import Outside
from app.adapters.sqlite_replays import SqliteReplays
from app.costs.price import ASSUMED
from app.executor.request_size import prompt_at_most
from app.executor.values import as_text
from app.hindsight.replay import Candidate, Replay, Replayed, Replays


@dataclass(frozen=True, slots=True)
class Prepared:
    """`at_most` is what all rows together may cost, as the gate before each call will reserve it; where the price isn't
    `known`, at the one that limits assume.
    """

    replay: Replay
    model: str
    at_most: Decimal
    known: bool


class Replaying:
    """Raises JournalError, and ProblemError `replay.*`, `model.*`, `run.unknown`."""

    def __init__(self, replays: Replays, outside: Outside, kept: SqliteReplays) -> None:
        self._replays = replays
        self._outside = outside
        self._kept = kept

    async def latest(self, workflow_id: str, node: str = "") -> Candidate | None:
        """The latest run in which a step, or any, can be replayed."""
        return await self._replays.latest(workflow_id, node)

    async def prepare(self, run: str, node: str, most: int, name: str) -> Prepared:
        """`name` is what the workflow of the replay is called."""
        replay = await self._replays.prepare(run, node, most, name)
        facts = self._outside.resolve(replay.model)
        return Prepared(replay, facts.id, self._at_most(replay), self._outside.has_price(facts))

    async def outcome(self, prepared: Prepared, run: str) -> Replayed:
        """What came of it, by the records of the run that asked; kept where any row was answered."""
        found = await self._replays.outcome(
            prepared.replay, run, prepared.model, time.time(), known=prepared.known
        )
        if any(row.strong is not None for row in found.rows):
            await self._kept.put(found)
        return found

    async def kept(self) -> Sequence[Replayed]:
        """The latest of each step."""
        return await self._kept.all()

    def _at_most(self, replay: Replay) -> Decimal:
        facts = self._outside.resolve(replay.model)
        fields = replay.flow.graph.nodes["alone"].fields
        output = cast("int", fields.get("max_tokens") or 0)
        fixed = len(json.dumps(dict(fields), ensure_ascii=False).encode("utf-8", "replace"))
        whole = Decimal(0)
        for row in replay.rows:
            sent = fixed + sum(len(as_text(value).encode("utf-8", "replace")) for value in row.given.values())
            usage = prompt_at_most(sent, output)
            bound = self._outside.prices.upper_bound(facts, usage)
            whole += ASSUMED.at_most(usage) if bound is None else bound
        return whole
