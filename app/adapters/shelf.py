"""The shelf: the models, roles and connections of this machine, as pickers and Preferences show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

from app.adapters.connection import Connection
from app.adapters.model_places import Place, goes_to
from app.costs.price import Price
from app.document.problem import Problem
from app.sdk.fields import ModelChoice

PriceState: TypeAlias = Literal["free", "priced", "unknown"]
KeyPlace: TypeAlias = Literal["none", "stored", "session", "environment", "missing"]


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model of one connection.

    `input_price` and `output_price` are US dollars a million tokens, `price` is all that is asked for; None = not
    known. `abilities` are known to be there,
    `lacking` known not to be: some of chat, score, schema, tools, tools_by_schema, pictures, embed. `goes_to` is who
    gets the data: the provider's name, or a server's host; `country` where that is (ISO 3166, as far as
    known). `speed` is tokens a second, as seen in this person's own calls. `on_gpu` is the part of a loaded
    model that a GPU carries, 0 to 1.
    """

    connection: str
    kind: str
    model: str
    place: Place
    title: str = ""
    goes_to: str = ""
    price_state: PriceState = "unknown"
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    abilities: frozenset[str] = frozenset()
    lacking: frozenset[str] = frozenset()
    context: int | None = None
    size_bytes: int | None = None
    country: str = ""
    speed: float | None = None
    on_gpu: float | None = None
    built_in: bool = False
    problem: Problem | None = None
    price: Price | None = None

    @property
    def name(self) -> str:
        return self.title or self.model

    @property
    def wants_price(self) -> bool:
        """Whether a person may know what nobody else does: an unknown price, or that of a gateway on this computer."""
        is_gateway = self.kind == "openai_compatible" and self.place == "computer"
        return self.price_state == "unknown" or (self.price_state == "free" and is_gateway)

    @property
    def choice(self) -> ModelChoice:
        return ModelChoice(connection=self.connection, kind=self.kind, model=self.model)


@dataclass(frozen=True, slots=True)
class ConnectionLine:
    """One connection with what is known of it. `key` says where its key lies; `problem` is what the last use found."""

    connection: Connection
    place: Place
    key: KeyPlace = "none"
    problem: Problem | None = None

    @property
    def name(self) -> str:
        return self.connection.name

    @property
    def kind(self) -> str:
        return self.connection.kind

    @property
    def country(self) -> str:
        return goes_to(self.connection).country

    @property
    def goes_to(self) -> str:
        """Who gets the data: the provider's name, or the host of a server."""
        return goes_to(self.connection).to


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A server that was found on this computer: the connection that it would be, and its models.

    `wants_key`: it tells its models only to who has its key.
    """

    connection: Connection
    models: tuple[ModelLine, ...] = ()
    wants_key: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """One thing that was measured about the built-in model; `verdict` is yes, no or careful.

    `code` is the sentence (`built_in.<code>`), filled with the numbers in `args`.
    """

    verdict: Literal["yes", "no", "careful"]
    code: str
    args: Mapping[str, str | int] = field(default_factory=dict[str, str | int])


@dataclass(frozen=True, slots=True)
class Shelf:
    """Everything that model and connection pickers show. `prices_of` is the price list's date (ISO).

    `found` are servers that no connection leads to yet; None: nobody has looked for them.
    `loading`: nothing is known yet, so that a missing model is no reason to complain.
    """

    models: tuple[ModelLine, ...] = ()
    connections: tuple[ConnectionLine, ...] = ()
    found: tuple[FoundLine, ...] | None = None
    roles: Mapping[str, ModelChoice] = field(default_factory=dict[str, ModelChoice])
    prices_of: str = ""
    built_in: tuple[Measured, ...] = ()
    loading: bool = False

    def model(self, choice: ModelChoice) -> ModelLine | None:
        """The model that a choice leads to on this machine; an empty model name is the connection's first."""
        if choice.role:
            target = self.roles.get(choice.role) or self.roles.get(choice.otherwise)
            return self.model(target) if target is not None and not target.role else None
        of_connection = [line for line in self.models if line.connection == choice.connection]
        if not choice.model:
            return of_connection[0] if of_connection else None
        return next((line for line in of_connection if line.model == choice.model), None)

    def connection(self, name: str) -> ConnectionLine | None:
        return next((line for line in self.connections if line.name == name), None)


NO_SHELF = Shelf()
UNREAD_SHELF = Shelf(loading=True)  # until the engine has said what there is
