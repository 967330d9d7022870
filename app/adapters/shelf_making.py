"""Makes the shelf: joins connections, models, prices and key places into what pickers show."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import chain, count
from urllib.parse import urlsplit

from app.adapters.built_in_model import built_in_model
from app.adapters.connection import Connection, normal_name
from app.adapters.connections import THIS_COMPUTER
from app.adapters.found_servers import ServerFinder
from app.adapters.gateway import Gateway
from app.adapters.keyring_secrets import Secrets
from app.adapters.listed_model import ListedModel
from app.adapters.litellm_prices import PriceList
from app.adapters.model_names import file_name, quantisation
from app.adapters.model_places import goes_to, is_free_here
from app.adapters.shelf import ConnectionLine, FoundLine, KeyPlace, ModelLine, PriceState, Shelf
from app.costs.ledger import Speed
from app.costs.price import Price
from app.document.problem import Problem, ProblemError
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ModelFacts
from app.settings import RoleTarget

_PATIENCE = 2.0  # seconds that a server on this computer gets to say which models it has
_MILLION = Decimal(1_000_000)


class ShelfMaker:
    """Asks only servers of connections that name no model, and on demand those on this computer; remembers
    their answers.
    """

    def __init__(self, models: Gateway, prices: PriceList, secrets: Secrets, finder: ServerFinder) -> None:
        self._models = models
        self._prices = prices
        self._secrets = secrets
        self._finder = finder
        self._listed: dict[Connection, tuple[str, ...] | Problem] = {}
        self._speeds: Mapping[tuple[str, str], Speed] = {}

    async def make(
        self,
        roles: Mapping[str, RoleTarget],
        speeds: Mapping[tuple[str, str], Speed] | None = None,
        *,
        look_again: bool = False,
        find: bool = False,
    ) -> Shelf:
        """The shelf as it is now; `find` looks for servers on this computer, `look_again` asks all anew.

        `speeds` are those seen before, by connection and model.
        """
        self._speeds = speeds or {}
        if look_again:
            self._listed.clear()
        connections = self._models.connections.all
        found, *_ = await asyncio.gather(
            self._find(connections, look_again=look_again) if find or look_again else _nobody_looks(),
            *(self._ask(one) for one in connections if _must_be_asked(one, find=find or look_again)),
        )
        keys = await asyncio.gather(*map(self._key_place, connections))
        lines = [
            ConnectionLine(one, goes_to(one).place, key, self._problem(one))
            for one, key in zip(connections, keys, strict=True)
        ]
        return Shelf(
            models=tuple(self._model(line, name) for line in lines for name in self._names(line.connection)),
            connections=tuple(lines),
            found=found,
            roles={"small": ModelChoice(connection=THIS_COMPUTER), **_choices(roles)},
            prices_of=self._prices.as_of,
            built_in=built_in_model().facts,
        )

    async def _ask(self, connection: Connection) -> None:
        if connection in self._listed:
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                models = await self._models.list_models(connection.name)
                self._listed[connection] = tuple(one.name for one in models)
        except TimeoutError:
            problem = Problem("model.timeout", args={"connection": connection.name, "seconds": _PATIENCE})
            self._listed[connection] = problem
        except NodeError as error:
            self._listed[connection] = Problem(error.code, args=error.args_by_name)

    async def _find(
        self, connections: tuple[Connection, ...], *, look_again: bool
    ) -> tuple[FoundLine, ...] | None:
        """Servers to which no connection leads yet, each under a name that is free."""
        known = {port_here(one) for one in connections}
        taken = {normal_name(one.name) for one in connections}
        lines: list[FoundLine] = []
        for server in await self._finder.find(look_again=look_again):
            if port_here(server.connection) not in known:
                connection = replace(server.connection, name=_free_name(server.connection.name, taken))
                taken.add(normal_name(connection.name))
                models = tuple(self._found_model(connection, model) for model in server.models)
                lines.append(FoundLine(connection, models, server.wants_key))
        return tuple(lines)

    def _names(self, connection: Connection) -> tuple[str, ...]:
        listed = self._listed.get(connection)
        own = connection.models or ((connection.model,) if connection.model else ())
        return own or (listed if isinstance(listed, tuple) else ())

    def _problem(self, connection: Connection) -> Problem | None:
        listed = self._listed.get(connection)
        return listed if isinstance(listed, Problem) else None

    async def _key_place(self, connection: Connection) -> KeyPlace:
        if connection.kind == "embedded":
            return "none"
        try:
            found = await self._secrets.get(connection.name)
        except ProblemError:
            return "stored"  # it is there, behind a store that is closed now
        if found is None:
            return "missing" if connection.facts.needs_key else "none"
        if connection.from_environment:
            return "environment"
        return "session" if self._secrets.is_forgotten(connection.name) else "stored"

    def _model(self, line: ConnectionLine, name: str) -> ModelLine:
        connection = line.connection
        facts = self._facts(connection, name)
        price = self._prices.price(
            connection.kind, name, connection.name, connection.provider, connection.address
        )
        seen = self._speeds.get((connection.name, name))
        said = self._models.said(connection, name)
        goes = goes_to(connection, name, said.remote)
        is_free = is_free_here(self._prices, connection, name, said.remote)
        state, price_in, price_out = _priced(price, is_free=is_free)
        return ModelLine(
            connection.name,
            connection.kind,
            name,
            goes.place,
            title=self._title(connection, name),
            goes_to=goes.to,
            price_state=state,
            input_price=price_in,
            output_price=price_out,
            abilities=_abilities(facts, has=True),
            lacking=_abilities(facts, has=False),
            context=facts.context,
            size_bytes=facts.size_bytes,
            country=goes.country,
            speed=seen.tokens if seen else None,
            on_gpu=said.on_gpu,
            built_in=connection.kind == "embedded" and name == built_in_model().model,
            problem=line.problem,
            price=price if state == "priced" else None,
        )

    def _found_model(self, connection: Connection, model: ListedModel) -> ModelLine:
        goes = goes_to(connection, model.name, model.remote)
        is_free = is_free_here(self._prices, connection, model.name, model.remote)
        return ModelLine(
            connection.name,
            connection.kind,
            model.name,
            goes.place,
            title=model.title,
            goes_to=goes.to,
            price_state="free" if is_free else "unknown",
            abilities=model.abilities,
            lacking=model.lacking,
            context=model.context,
            size_bytes=model.size_bytes,
            country=goes.country,
            on_gpu=model.on_gpu,
        )

    def _facts(self, connection: Connection, name: str) -> ModelFacts:
        choice = ModelChoice(connection=connection.name, kind=connection.kind, model=name)
        return self._models.facts(choice) or ModelFacts(name, connection.name, connection.kind)

    def _title(self, connection: Connection, name: str) -> str:
        """A model file's name for people; files that only their compression tells apart say it."""
        if connection.kind != "embedded":
            return self._models.said(connection, name).title
        titles = {
            one: file_name(one, str(self._facts(connection, one).extra.get("name", "")))
            for one in connection.models
        }
        title, bits = titles.get(name, name), quantisation(name)
        is_alone = list(titles.values()).count(title) < 2
        return title if is_alone or not bits else f"{title} ({bits})"


def port_here(connection: Connection) -> int | None:
    """The port of a server on this computer, by which two names for it are known to be one."""
    if connection.kind == "embedded" or not connection.is_local:
        return None
    parts = urlsplit(connection.address)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _must_be_asked(connection: Connection, *, find: bool) -> bool:
    if not connection.facts.has_models or connection.kind == "embedded":
        return False
    named = connection.models or connection.model
    return not named or (find and connection.is_local)


async def _nobody_looks() -> None:
    return None


def _free_name(title: str, taken: set[str]) -> str:
    numbers = chain((title,), (f"{title} {n}" for n in count(2)))
    return next(name for name in numbers if normal_name(name) not in taken)


def _priced(price: Price | None, *, is_free: bool) -> tuple[PriceState, Decimal | None, Decimal | None]:
    if is_free or (price is not None and price.is_free):
        return "free", None, None
    if price is None:
        return "unknown", None, None
    return "priced", price.input * _MILLION, price.output * _MILLION


def _abilities(facts: ModelFacts, *, has: bool) -> frozenset[str]:
    known = {
        "chat": facts.can_chat,
        "score": True if facts.can_score else None,  # others may turn out to score when they are asked
        "schema": facts.can_schema,
        "tools": facts.can_tools,
        "tools_by_schema": True if facts.tools_by_schema else None,
        "pictures": facts.can_see,
        "embed": facts.can_embed,
    }
    return frozenset(name for name, able in known.items() if able is has)


def _choices(roles: Mapping[str, RoleTarget]) -> dict[str, ModelChoice]:
    return {
        role: ModelChoice(connection=target.connection, model=target.model) for role, target in roles.items()
    }
