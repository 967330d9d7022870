"""The messages between the window and its engine process: what is asked, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from app.adapters.connection_check import ConnectionCheck
from app.adapters.connections import Connection
from app.adapters.keyring_secrets import SecretsState
from app.adapters.reviewed_store import Reviewed
from app.adapters.shelf import Shelf
from app.document.problem import Problem
from app.document.workflow import Json
from app.events.run_events import Scope
from app.sdk.context import Decision
from app.sdk.grants import Grants

VERSION = 1  # grows when either end would misread the other's lines


# --- replies ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    """There is nothing to say."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The request could not be met; may answer any request."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Pong:
    """The engine is there."""

    process: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What keeps a workflow from running, and whether it was reviewed on this machine."""

    problems: tuple[Problem, ...] = ()
    reviewed: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """A run was taken on; its events follow under this name."""

    run: str


@dataclass(frozen=True, slots=True)
class Content:
    """A whole value."""

    value: Json = None


@dataclass(frozen=True, slots=True)
class ReviewedList:
    """The workflows that were allowed to run on this machine, the latest first."""

    entries: tuple[Reviewed, ...] = ()


Reply: TypeAlias = (
    Done
    | Refused
    | Pong
    | Checked
    | Started
    | Content
    | Shelf
    | Connection
    | ConnectionCheck
    | SecretsState
    | ReviewedList
)
R = TypeVar("R")


# --- requests --------------------------------------------------------------------------------------------


class Request(Generic[R]):
    """What the window asks; `R` is the shape of the answer, where it isn't `Refused`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Ping(Request[Pong]):
    """Is the engine there?"""


@dataclass(frozen=True, slots=True)
class Check(Request[Checked]):
    """Looks at a workflow (the text of its file) without running anything. `folder` is where it lies, or ""."""

    workflow: str
    folder: str = ""


@dataclass(frozen=True, slots=True)
class RememberOwn(Request[Done]):
    """A workflow was made and saved here: from now on it counts as reviewed, with what stands in it."""

    workflow: str


@dataclass(frozen=True, slots=True)
class StartRun(Request[Started]):
    """Runs a workflow once with `values`, or over `rows`: "samples" or the path of a table.

    `grants` is what a person allowed just now; `own`: the workflow was made here, so what stands in it
    is allowed. With neither, what this machine remembers of its review holds.
    """

    workflow: str
    folder: str = ""
    own: bool = False
    grants: Grants | None = None
    values: Mapping[str, Json] = field(default_factory=dict[str, Json])
    rows: str = ""
    budget: str | None = None  # US dollars
    rows_at_a_time: int | None = None


@dataclass(frozen=True, slots=True)
class StopRun(Request[Done]):
    """No call starts after this; the run's last event says `cancelled`."""

    run: str


@dataclass(frozen=True, slots=True)
class AnswerPerson(Request[Done]):
    """What a person decided at a step that waits."""

    run: str
    node: str
    scope: Scope
    decision: Decision
    value: Json = None
    comment: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class RaiseBudget(Request[Done]):
    """A paused run goes on under a new cap in US dollars."""

    run: str
    budget: str


@dataclass(frozen=True, slots=True)
class GetValue(Request[Content]):
    """The whole value behind a preview's reference."""

    run: str
    ref: str


@dataclass(frozen=True, slots=True)
class TakePreferences(Request[Done]):
    """The person's preferences have changed and were saved: they hold from the next run on."""


@dataclass(frozen=True, slots=True)
class GetShelf(Request[Shelf]):
    """Models, roles and connections; `look_again` asks servers on this computer anew."""

    look_again: bool = False


@dataclass(frozen=True, slots=True)
class SaveConnection(Request[Connection]):
    """Adds a connection, or changes (and renames, with its key) the one named `replaces`."""

    connection: Connection
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class DeleteConnection(Request[Done]):
    """Removes a connection and its key."""

    name: str


@dataclass(frozen=True, slots=True)
class CheckConnection(Request[ConnectionCheck]):
    """Tries a connection, saved or not; `key` None: with the kept one."""

    connection: Connection
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class StoreKey(Request[SecretsState]):
    """Keeps a connection's key."""

    connection: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ForgetKey(Request[Done]):
    """Forgets a connection's key."""

    connection: str


@dataclass(frozen=True, slots=True)
class GetKeyState(Request[SecretsState]):
    """Where keys are kept."""


@dataclass(frozen=True, slots=True)
class UnlockKeys(Request[SecretsState]):
    """Opens the file of keys."""

    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProtectKeys(Request[SecretsState]):
    """Moves all keys into a file that this passphrase protects."""

    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StartKeysOver(Request[SecretsState]):
    """Puts a file of keys that can't be opened any more aside."""


@dataclass(frozen=True, slots=True)
class GetReviewed(Request[ReviewedList]):
    """Which workflows were allowed to run."""


@dataclass(frozen=True, slots=True)
class ForgetReviewed(Request[Done]):
    """The next run of that workflow asks again."""

    digest: str


@dataclass(frozen=True, slots=True)
class RememberReviewed(Request[Done]):
    """Allows this workflow (the text of its file) from now on."""

    workflow: str
    grants: Grants


@dataclass(frozen=True, slots=True)
class Quit(Request[Done]):
    """Ends every run and then the process."""
