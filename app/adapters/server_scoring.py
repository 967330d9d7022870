"""Which way a server scores labels: as llama.cpp's own, by echo, or not at all; found out once and remembered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, TypeAlias

from app.adapters.addresses import Reach
from app.adapters.call_gate import Turn
from app.adapters.echo_scoring import score_by_echo
from app.adapters.egress import Egress
from app.adapters.embedded_model import Endpoint
from app.adapters.label_scoring import LabelScorer
from app.adapters.openai_lane import OpenAiLane, Server
from app.costs.usage import NO_USAGE, Usage
from app.sdk.errors import NodeError
from app.sdk.gateway import LabelScores, ScoreRequest

Way: TypeAlias = Endpoint | Literal["echo", "none"]


class ServerScoring:
    """Scores whole labels on any server that can."""

    def __init__(self, egress: Egress, lane: OpenAiLane) -> None:
        self._egress = egress
        self._lane = lane
        self._scorers: dict[Reach, LabelScorer] = {}
        self._ways: dict[tuple[str, str], Way] = {}  # by address and model
        # What finding out has used, and whether that is a guess, until somebody pays it.
        self._tried: dict[tuple[str, str], tuple[Usage, bool]] = {}
        self._trying: dict[tuple[str, str], asyncio.Lock] = {}

    def works(self, url: str, model: str) -> bool | None:
        """Whether this model of this server scores; None: not tried yet."""
        way = self._ways.get((url, model))
        return None if way is None else way != "none"

    async def on_llama(self, endpoint: Endpoint, reach: Reach, request: ScoreRequest) -> LabelScores:
        """Scores by the interface of llama.cpp's server. Raises NodeError `model.*`."""
        begun = time.perf_counter()
        if reach not in self._scorers:
            self._scorers[reach] = LabelScorer(self._egress.session(reach))
        scored = await self._scorers[reach].score(endpoint, request.prompt, request.labels)
        return LabelScores(scored.probabilities, scored.usage, endpoint.model, time.perf_counter() - begun)

    async def on_server(
        self, server: Server, model: str, request: ScoreRequest, turn: Callable[[], Turn]
    ) -> LabelScores:
        """Scores by whatever way this server offers, a turn for each question.

        Raises NodeError `model.cannot_score`, `model.*`, `net.*`.
        """
        begun = time.perf_counter()
        way = await self._way(server, model, turn)
        if isinstance(way, Endpoint):
            async with turn():
                return await self.on_llama(way, server.reach, request)
        tried, is_guess = self._tried.pop((server.url, model), (NO_USAGE, False))
        try:
            if way == "none":
                raise NodeError("model.cannot_score")
            scores = await score_by_echo(self._egress, server, model, request.prompt, request.labels, turn)
        except NodeError as error:
            if tried != NO_USAGE:
                error.used = tried + (error.used or NO_USAGE)
                error.is_guess = error.is_guess or is_guess
            raise
        return replace(scores, usage=tried + scores.usage, seconds=time.perf_counter() - begun)

    async def _way(self, server: Server, model: str, turn: Callable[[], Turn]) -> Way:
        """Tried once, by whoever comes first; the others wait. Raises NodeError `model.*`, `net.*`: not known yet."""
        place = (server.url, model)
        async with self._trying.setdefault(place, asyncio.Lock()):
            if place not in self._ways:
                self._ways[place] = await self._llama(server, model) or await self._echo(server, model, turn)
            return self._ways[place]

    async def _echo(self, server: Server, model: str, turn: Callable[[], Turn]) -> Way:
        """A question of three words, so that a server that only pretends is not asked for all labels in vain."""
        try:
            scores = await score_by_echo(self._egress, server, model, "One and one is", [" two"], turn)
        except NodeError as error:
            if error.code != "model.cannot_score":
                raise
            self._tried[server.url, model] = error.used or NO_USAGE, error.is_guess
            return "none"
        self._tried[server.url, model] = scores.usage, False
        return "echo"

    async def _llama(self, server: Server, model: str) -> Endpoint | None:
        """The server's own interface where it is llama.cpp's."""
        root = server.url.removesuffix("/v1")
        try:
            props = await self._lane.get(replace(server, url=root), "/props")
            context = int(props["default_generation_settings"]["n_ctx"])
        except (NodeError, LookupError, TypeError, ValueError):
            return None
        slots, template = props.get("total_slots"), props.get("chat_template")
        return Endpoint(
            root, server.key, model, context, slots if isinstance(slots, int) else 1, bool(template)
        )
