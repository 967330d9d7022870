"""The Gateway: the one door to models; finds out who answers and sends the call down the lane that speaks to them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from msgspec import structs

from app.adapters.addresses import Reach
from app.adapters.call_gate import CallGate, Turn
from app.adapters.connection import Connection, is_loopback
from app.adapters.connection_check import Ask, ConnectionCheck, check_connection
from app.adapters.connection_kinds import GENERAL
from app.adapters.connection_limits import ConnectionLimits
from app.adapters.connections import THIS_COMPUTER, Connections, closest, missing_model
from app.adapters.egress import Egress
from app.adapters.keyring_secrets import Secrets
from app.adapters.listed_model import ListedModel
from app.adapters.litellm_gateway import Account, LitellmLane
from app.adapters.litellm_prices import Mode, PriceList
from app.adapters.local_models import LocalModels
from app.adapters.model_lists import list_models
from app.adapters.model_places import is_free_here
from app.adapters.openai_lane import Hear, OpenAiLane, Server
from app.adapters.prompt_marks import marked_roles
from app.adapters.redaction import hide_known
from app.adapters.server_scoring import ServerScoring
from app.adapters.tools_by_schema import by_schema, with_calls
from app.document.problem import Problem, ProblemError
from app.executor.request_size import tokens_about
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import (
    ChatReply,
    ChatRequest,
    EmbedReply,
    EmbedRequest,
    LabelScores,
    Load,
    ModelFacts,
    ScoreRequest,
)
from app.settings import RoleTarget

AZURE_VERSION = "2024-10-21"  # of its API, unless the connection says another
_LIST = 5.0  # seconds that a server gets to name its models where one isn't there
_MADE_OF = "ft:"  # how OpenAI's names of fine-tuned models begin
KEPT = 1.0  # seconds for which a choice stays resolved: a key that was withdrawn stops working this soon


@dataclass(frozen=True, slots=True)
class Target:
    """Who answers a choice: a connection, its model, and the server or account with the key."""

    connection: Connection
    model: str
    server: Server


class Gateway:
    """Implements `app.sdk.gateway.Models`, and lists and tests connections. It belongs to one event loop.

    `roles` gives the roles as Preferences map them now. `rates` is the folder in which processes share the rates of
    connections; without it each keeps its own.
    """

    def __init__(
        self,
        connections: Connections,
        secrets: Secrets,
        egress: Egress,
        local_models: LocalModels,
        prices: PriceList,
        roles: Callable[[], Mapping[str, RoleTarget]],
        rates: Path | None = None,
    ) -> None:
        self.connections = connections
        self._secrets = secrets
        self._egress = egress
        self._local_models = local_models
        self._prices = prices
        self._roles = roles
        self._lane = OpenAiLane(egress)
        self._litellm = LitellmLane(egress)
        self._scoring = ServerScoring(egress, self._lane)
        self._limits = ConnectionLimits(local_models.slots, waits_for=local_models.waits_for, folder=rates)
        self._targets: dict[ModelChoice, tuple[float, tuple[Target, CallGate]]] = {}
        self._facts: dict[ModelChoice, tuple[float, ModelFacts]] = {}
        # By address: the models that were there when it was last asked.
        self._named: dict[str, frozenset[str]] = {}
        self._silent: set[str] = set()  # addresses that told no list when a model wasn't there
        self._naming: dict[str, asyncio.Lock] = {}
        self._said: dict[
            tuple[str, str], ListedModel
        ] = {}  # by address and name: what servers said of models

    def resolve(self, choice: ModelChoice) -> ModelFacts:
        """The model that a choice leads to; asks no server. Raises NodeError `role.*`, `connection.*`, `model.*`."""
        connection, model = self.connections.resolve(choice, self._roles())
        if connection.kind == "embedded":
            return self._local_facts(connection, model)
        listed = self._prices.facts(connection.kind, model, connection.provider)
        # What the server itself said comes first: it may serve less than the model could do.
        said = self.said(connection, model)
        chats = _first(said.can("chat"), listed.can_chat)
        return ModelFacts(
            id=model,
            connection=connection.name,
            kind=connection.kind,
            context=said.context or listed.context,
            can_chat=chats is not False,
            can_score=self._scoring.works(connection.address, model)
            if connection.facts.lane == "openai"
            else False,
            can_schema=_first(said.can("schema"), listed.can_schema),
            can_tools=_first(said.can("tools"), listed.can_tools),
            can_see=_first(said.can("pictures"), listed.can_see),
            can_embed=_first(said.can("embed"), listed.can_embed),
            local=is_free_here(self._prices, connection, model, said.remote),
            place=connection.place,
            size_bytes=said.size_bytes,
            extra={
                "provider": connection.provider,
                "address": connection.address,
                **self._doubt(connection, model),
            },
        )

    def said(self, connection: Connection, model: str) -> ListedModel:
        """What a server said of one of its models when it was last asked for all of them."""
        return self._said.get((connection.address, model)) or ListedModel(model)

    def facts(self, choice: ModelChoice) -> ModelFacts | None:
        known, now = self._facts.get(choice), time.monotonic()
        if known is not None and now < known[0]:
            return known[1]
        try:
            facts = self.resolve(choice)
        except NodeError:
            return None
        self._facts[choice] = (now + KEPT, facts)
        return facts

    def load(self, choice: ModelChoice) -> Load | None:
        try:
            connection, model = self.connections.resolve(choice, self._roles())
        except NodeError:
            return None
        return self._limits.gate(connection, model).load

    async def chat(self, request: ChatRequest) -> ChatReply:
        target, gate = self._known(request.model) or await self._found(request.model)
        try:
            async with gate.turn(lambda: tokens_about(request), request.waits) as turn:
                reply = await self._ask(target, request, turn.hear)
                turn.used(reply.usage)
            text = hide_known(reply.text)  # a server may echo the key that it was sent
            return reply if text == reply.text else structs.replace(reply, text=text)
        except NodeError as error:
            await self._explain(error, target, "chat")
            raise

    async def score(self, request: ScoreRequest) -> LabelScores:
        target, gate = self._known(request.model) or await self._found(request.model)

        def turn() -> Turn:
            return gate.turn(lambda: tokens_about(request), request.waits)

        try:
            if target.connection.kind == "embedded":
                async with turn(), self._local_models.lease(target.model, request.waits) as endpoint:
                    return await self._scoring.on_llama(endpoint, "loopback", request)
            if target.connection.facts.lane != "openai":
                raise NodeError("model.cannot_score")
            return await self._scoring.on_server(target.server, target.model, request, turn)
        except NodeError as error:
            if error.code == "model.cannot_score":
                self._facts.pop(request.model, None)  # the next step is told so, and asks in words at once
            await self._explain(error, target, "chat")
            raise

    async def embed(self, request: EmbedRequest) -> EmbedReply:
        target, gate = self._known(request.model) or await self._found(request.model)
        try:
            async with gate.turn(lambda: tokens_about(request), request.waits) as turn:
                reply = await self._embed(target, request, turn.hear)
                turn.used(reply.usage)
            return reply
        except NodeError as error:
            await self._explain(error, target, "embedding")
            raise

    async def _embed(self, target: Target, request: EmbedRequest, hear: Hear) -> EmbedReply:
        facts = self.facts(request.model)
        if facts is not None and facts.can_embed is False:
            raise NodeError("model.cannot_embed", field="model")
        match target.connection.facts.lane:
            case "openai":
                return await self._lane.embed(target.server, target.model, request, hear)
            case "litellm":
                return await self._litellm.embed(self._account(target), target.model, request, hear)
            case "embedded":
                return await self._local_embed(target, request)
            case _:
                raise NodeError("model.cannot_embed", field="model")

    async def list_models(self, name: str) -> tuple[ListedModel, ...]:
        """The models of a connection, asked of its server; where it has no list, the ones that we know of.

        Raises NodeError `connection.*`, `model.*`, `net.*`.
        """
        connection = self.connections.get(name)
        if connection is None:
            raise self.connections.missing(name)
        return await self._listed(connection, await self._server(connection))

    async def test_connection(
        self,
        connection: Connection,
        key: str | None = None,
        paid: Callable[[Ask], Ask] = lambda ask: ask,
    ) -> ConnectionCheck:
        """Says what is wrong with a connection, saved or not; `key` is the one just typed, else the kept one. The one
        call that may cost something goes through `paid`.
        """
        try:
            server = await self._server(connection, key)
        except NodeError as error:
            return ConnectionCheck(Problem(error.code, args=error.args_by_name))

        async def models() -> tuple[str, ...] | None:
            if connection.facts.lane == "web":
                await self._lane.reach(server)
                return ()
            return tuple(one.name for one in await self._listed(connection, server))

        async def ask(model: str, request: ChatRequest) -> ChatReply:
            return await self._ask(Target(connection, model, server), request)

        found = await check_connection(connection, models, paid(ask), lambda: self._has_told(connection))
        if found.tried:  # nobody has to wait any more for what the person has just set right
            self._limits.lift(connection.name)
        return found

    async def close(self) -> None:
        """Ends the models on this computer and everything that is still open."""
        await self._local_models.stop()
        await self._litellm.close()
        await self._egress.close()
        self._limits.close()

    def _ask(
        self, target: Target, request: ChatRequest, hear: Hear | None = None
    ) -> Coroutine[Any, Any, ChatReply]:
        match target.connection.facts.lane:
            case "embedded":
                return self._local_chat(target, request)
            case "litellm":
                return self._litellm.chat(self._account(target), target.model, request, hear)
            case _:
                return self._lane.chat(target.server, target.model, request, hear)

    def _known(self, choice: ModelChoice) -> tuple[Target, CallGate] | None:
        """Where a choice led a moment ago."""
        known = self._targets.get(choice)
        return known[1] if known is not None and time.monotonic() < known[0] else None

    async def _found(self, choice: ModelChoice) -> tuple[Target, CallGate]:
        until = time.monotonic() + KEPT
        connection, model = self.connections.resolve(choice, self._roles())
        server = await self._server(connection)
        if connection.facts.lane == "openai" and (roles := marked_roles(connection, model, self._prices)):
            server = replace(server, marked=roles)
        found = Target(connection, model, server), self._limits.gate(connection, model)
        self._targets[choice] = until, found
        return found

    async def _server(self, connection: Connection, key: str | None = None) -> Server:
        """Raises NodeError `connection.no_key`, `secrets.*`."""
        if connection.kind == "embedded":
            return Server(THIS_COMPUTER, "")  # its address and key come with each lease
        try:
            found = key or await self._secrets.get(connection.name)
        except ProblemError as error:
            problem = error.problems[0]
            raise NodeError(problem.code, **cast("dict[str, Any]", problem.args)) from error
        if connection.facts.needs_key and not found:
            raise NodeError("connection.no_key", connection=connection.name)
        # An address that the person typed may lie in their own networks; a provider's own never does.
        own = bool(connection.url) or is_loopback(connection.host)
        reach: Reach = "local" if own else "internet"
        headers = {"OpenAI-Organization": connection.organisation} if connection.organisation else {}
        if connection.header and found:
            headers, found = {**headers, connection.header: found}, None
        return Server(
            connection.name, connection.address, found or "", headers, reach, connection.facts.dialect
        )

    async def _listed(self, connection: Connection, server: Server) -> tuple[ListedModel, ...]:
        found = None if connection.kind == "embedded" else await list_models(self._lane, connection, server)
        if found is None:
            names = connection.models or self._prices.models(connection.kind, connection.provider)
            return tuple(map(ListedModel, names))
        if self.connections.get(connection.name) == connection:  # else it is only tried out
            self._prices.listed.take(connection.address, ((one.name, one.price) for one in found))
        self._named[connection.address] = frozenset(one.name for one in found)
        self._said.update({(connection.address, one.name): one for one in found})
        return found

    def _doubt(self, connection: Connection, model: str) -> dict[str, str]:
        """Why a model may not answer any more: the list's day, or that its server has named others; and one instead."""
        named = self._named.get(connection.address)
        # Servers take shorter names than they list, without a version or a date.
        if named is not None and any(name.startswith(model) for name in named):
            return {}
        retired = self._prices.retired(connection.kind, model, connection.provider)
        if named is None and not retired:
            return {}
        return {
            "retired": retired,
            "doubt": "yes",
            "instead": closest(model, self._others(connection, model)),
        }

    async def _explain(self, error: NodeError, target: Target, mode: Mode) -> None:
        """Names the connection and model; where that isn't there, raises what is said of one that might be meant.

        Only its server knows what a connection has: it is asked, once. What others know is said to be known elsewhere.
        """
        connection, model = target.connection, target.model
        if error.code != "model.missing":
            _name(error, target)
            return
        await self._ask_for_names(target)
        is_told = self._has_told(connection)
        others = self._others(connection, model, mode)
        raise missing_model(model, connection.name, others, is_told=is_told) from error

    def _has_told(self, connection: Connection) -> bool:
        """Whether it is known which models a connection itself has."""
        return connection.kind == "embedded" or connection.address in self._named

    async def _ask_for_names(self, target: Target) -> None:
        """Which models a server has; not again where it has no list, or told none when it was asked."""
        if self._has_told(target.connection):
            return
        address = target.connection.address
        async with self._naming.setdefault(address, asyncio.Lock()):
            if address not in self._named and address not in self._silent:
                with suppress(NodeError, TimeoutError):
                    async with asyncio.timeout(_LIST):
                        await self._listed(target.connection, target.server)
                if address not in self._named:
                    self._silent.add(address)

    def _others(self, connection: Connection, model: str, mode: Mode = "chat") -> Iterator[str]:
        """The models that might be meant instead: those that its server named, else those that people or the list know.

        What somebody made of a model is none that stands in for it.
        """
        kind, provider = connection.kind, connection.provider
        known = self._named.get(connection.address)
        if known is None:
            known = (*connection.models, *self._prices.models(kind, provider, mode))
        for name in sorted(known):
            is_made_of_it = name.startswith(_MADE_OF) and not model.startswith(_MADE_OF)
            if name != model and not is_made_of_it and not self._prices.retired(kind, name, provider):
                yield name

    def _account(self, target: Target) -> Account:
        connection, options = target.connection, dict[str, str]()
        if connection.kind == "azure":
            options["api_version"] = connection.version or AZURE_VERSION
        elif connection.kind == "bedrock":
            options["aws_region_name"] = connection.region or "us-east-1"
        elif connection.organisation:
            options["organization"] = connection.organisation
        if connection.kind == GENERAL and not connection.url:
            # litellm knows the way there; the key may go to that host and to no other
            options["api_base"] = ""
        server = target.server
        return Account(
            connection.name,
            connection.litellm_name,
            connection.address,
            server.key,
            server.reach,
            options,
            marked_roles(connection, target.model, self._prices),
        )

    async def _local_chat(self, target: Target, request: ChatRequest) -> ChatReply:
        facts = self._local_models.facts(target.model)
        if facts is not None and not facts.chat_template:
            raise NodeError("model.cannot_chat", model=target.model)
        async with self._local_models.lease(target.model, request.waits) as endpoint:
            server = Server(THIS_COMPUTER, f"{endpoint.url}/v1", endpoint.key, reach="loopback", streams=True)
            if not request.tools:
                return await self._lane.chat(server, endpoint.model, request)
            reply = await self._lane.chat(server, endpoint.model, by_schema(request))
            return with_calls(reply, request)

    async def _local_embed(self, target: Target, request: EmbedRequest) -> EmbedReply:
        async with self._local_models.lease(target.model, request.waits) as endpoint:
            server = Server(THIS_COMPUTER, f"{endpoint.url}/v1", endpoint.key, reach="loopback")
            return await self._lane.embed(server, endpoint.model, request)

    def _local_facts(self, connection: Connection, model: str) -> ModelFacts:
        facts = self._local_models.facts(model)
        if facts is None:
            raise NodeError("model.file_missing", model=model)
        return ModelFacts(
            id=model,
            connection=connection.name,
            kind=connection.kind,
            context=self._local_models.context(model),
            can_chat=facts.chat_template,
            can_score=not facts.embeds,
            can_schema=not facts.embeds,
            can_tools=facts.chat_template,
            tools_by_schema=facts.chat_template,
            can_embed=facts.embeds,
            local=True,
            size_bytes=facts.size_bytes,
            extra={"name": facts.name, "quantisation": facts.quantisation, "licence": facts.licence},
        )


def _first(*known: bool | None) -> bool | None:
    return next((one for one in known if one is not None), None)


def _name(error: NodeError, target: Target) -> None:
    """Whoever found the fault, people read which connection and model it was."""
    error.args_by_name = {"connection": target.connection.name, "model": target.model, **error.args_by_name}
