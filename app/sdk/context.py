"""What a running node sees: the powers that it may ask for, each behind the broker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias

from app.document.problem import Argument
from app.document.workflow import Json
from app.sdk.fields import ConnectionChoice
from app.sdk.gateway import Models
from app.sdk.lit_path import Turn
from app.sdk.memory import Memory
from app.sdk.spread import Spread

Decision: TypeAlias = Literal["approved", "edited", "rejected"]
Row: TypeAlias = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request. `connection` adds that account's authorisation, only ever towards its own hosts."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    connection: ConnectionChoice | None = None


@dataclass(frozen=True, slots=True)
class HttpReply:
    """The final answer after redirects; `headers` have lower-case names.

    `done`: the request itself had been taken, and what came of it was looked for where a redirect led to.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    done: bool = False


class Net(Protocol):
    """Raises `net.*`: not_granted, blocked_address, unreachable, timeout, too_large, too_many_redirects, bad_url."""

    async def request(self, request: HttpRequest) -> HttpReply: ...


class Files(Protocol):
    """Paths are the person's; relative ones are relative to the workflow's folder.

    Raises `file.*`: missing, not_granted, not_readable, not_text, too_large, exists, disk_full, bad_table.
    """

    async def read_text(self, path: str) -> str: ...

    async def read_table(self, path: str, sheet: str = "", most: int | None = None) -> Sequence[Row]:
        """Rows of a .csv, .xlsx or .jsonl file in order, the first `most` of them.

        Many rows are read while they are gone through, which raises `file.changed` where the file is another by then.
        """
        ...

    async def write_text(self, path: str, text: str, *, append: bool = False, replace: bool = False) -> str:
        """Gives the path written. Atomic; an existing file needs `replace` or `append`."""
        ...

    async def write_table(
        self, path: str, rows: Sequence[Row], *, append: bool = False, replace: bool = False
    ) -> str:
        """Writes .csv, .xlsx or .jsonl; cells that a spreadsheet would run get a leading quote.

        Raises `table.not_rows` too.
        """
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is to decide. `title` and `instructions` are the workflow author's own words."""

    title: str
    value: Json
    instructions: str = ""
    may_edit: bool = True
    timeout: float | None = None  # seconds; None = waits for ever


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person decided; `value` is the question's value, edited where they edited it."""

    decision: Decision
    value: Json
    comment: str = ""
    who: str = ""
    at: str = ""  # ISO 8601 with zone


class Surroundings(Protocol):
    """Given to `NodeType.compute`: what a step may know besides its inputs."""

    @property
    def row(self) -> int | None:
        """The number of the row (from 0) in a run over rows."""
        ...

    @property
    def values(self) -> Mapping[str, Json]:
        """The run's (or row's) input values by name; what Ask hands out."""
        ...


class RunContext(Surroundings, Protocol):
    """Given to `NodeType.run`. Nodes keep no state, open nothing themselves and never compute cost."""

    @property
    def models(self) -> Models: ...

    @property
    def net(self) -> Net: ...

    @property
    def files(self) -> Files: ...

    @property
    def memory(self) -> Memory: ...

    @property
    def spread(self) -> Spread:
        """How the calls of this step were shared out so far in this run, by all of its instances."""
        ...

    @property
    def spent(self) -> Decimal:
        """US dollars that limits count for this instance's calls so far: an estimate where nobody knows a price."""
        ...

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt of this instance, another one everywhere else; outside effects carry it."""
        ...

    def in_turn(self, what: str) -> AbstractAsyncContextManager[None]:
        """In here, no other instance of this run is at `what`. They have their turns in the order of their rows."""
        ...

    async def ask(self, question: Question) -> Answer:
        """Waits for a person. Raises `person.no_answer` (in time), `person.nobody` (nobody can answer here)."""
        ...

    def show(self, text: str) -> None:
        """Partial text for people who look; bounded, lossy, never a result."""
        ...

    def light(self, path: Sequence[Turn]) -> None:
        """Which models were asked so far and what came of each: shown while it runs, and kept with the result."""
        ...

    def tell(self, code: str, **args: Argument) -> None:
        """A message for the run's log (`message.<code>` in the catalogues)."""
        ...
